"""``python.md``: what an application's code imports, and what a request has."""

from __future__ import annotations

import inspect

from pyramid_oauth2 import assembly, per_process, service, testing
from pyramid_oauth2.backends.sqlalchemy import forks
from pyramid_oauth2.protection import cors, request, security
from pyramid_oauth2.protocol import errors, scopes, token_strings
from pyramid_oauth2.protocol.clients import registry, rules
from pyramid_oauth2.protocol.token import issuance, presentation
from pyramid_oauth2.protocol.token import request as token_request

from .classes import Entry
from .docstrings import inline

INTRODUCTION = """\
# Python

What an application's own code uses, beside [directives](directives.md),
[interfaces](interfaces.md), [events](events.md) and [records](records.md). Where no module is
named, a name is in `pyramid_oauth2`. What is in none of these pages may change without notice."""

ENTRIES = {
    "What a request has": (
        Entry(
            request,
            "RequestOAuth2",
            "request.oauth2",
            only=(
                *("token", "subject", "client", "scope", "clients", "require"),
                *("has_bearer", "is_bearer", "is_malformed", "userid", "identity"),
            ),
        ),
        Entry(presentation, "AccessToken", "request.oauth2.token"),
        Entry(registry, "ClientRegistry", "request.oauth2.clients"),
    ),
    "Clients": (
        Entry(registry, "Registered"),
        Entry(rules, "InvalidClientMetadata"),
        Entry(registry, "UnknownClient"),
        Entry(registry, "ClientChangedMeanwhile"),
        Entry(token_strings, "new_client_secret"),
    ),
    "Code without a request": (
        Entry(assembly, "get_service"),
        Entry(service, "OAuth2Service", only=("settings", "clients", "resolve", "close")),
    ),
    "Policies": (
        Entry(security, "Scope"),
        Entry(security, "BearerTokenHelper"),
        # Their methods are those of Pyramid's interfaces.
        Entry(security, "OAuth2SecurityPolicy", only=()),
        Entry(security, "OAuth2AuthenticationPolicy", only=()),
    ),
    "Other origins": (Entry(cors, "cors_readable"), Entry(cors, "cors_preflight")),
    "Grant types of your own": (
        Entry(token_request, "Parameter"),
        Entry(token_request, "TokenRequest", "pyramid_oauth2.protocol.token.request.TokenRequest"),
        Entry(scopes, "grant_scope", "pyramid_oauth2.protocol.scopes.grant_scope"),
        *(
            Entry(issuance, name, f"{issuance.__name__}.{name}")
            for name in ("Issuance", "Open", "Redeem", "Reuse", "Repeat", "Add")
        ),
        Entry(errors, "OAuth2Error"),
    ),
    "Backends of your own": (
        Entry(per_process, "PerProcess"),
        Entry(forks, "Uses", f"{forks.__name__}.Uses", only=()),
    ),
    "Tests": (
        Entry(testing, "memory_backend", "pyramid_oauth2.testing.memory_backend"),
        Entry(testing, "bearer", "pyramid_oauth2.testing.bearer"),
    ),
}


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for section, entries in ENTRIES.items():
        parts.append(f"## {section}")
        for entry in entries:
            parts += entry.parts("###")
            if entry.name == "OAuth2Error":
                parts += ["These are in `pyramid_oauth2.protocol.errors`:", _errors()]
    return "\n\n".join(parts) + "\n"


def _errors() -> str:
    rows = [
        f"| `{error.__name__}` | `{error.code}` | {error.status} | {_meaning(error)} |"
        for error in errors.OAuth2Error.__subclasses__()
        if error.__module__ == errors.__name__
    ]
    return "\n".join(("| class | code | status | when |", "| --- | --- | --- | --- |", *rows))


def _meaning(error: type) -> str:
    return inline((inspect.getdoc(error) or "").partition("\n")[0])
