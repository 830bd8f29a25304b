"""``python.md``: the names that an application imports, and the attributes of a request."""

from __future__ import annotations

import inspect

from pyramid_oauth2 import assembly, per_process, service, testing
from pyramid_oauth2.backends.sqlalchemy import forks
from pyramid_oauth2.protection import cors, request, security
from pyramid_oauth2.protocol import (
    access,
    authentication,
    errors,
    http,
    kept_values,
    masking,
    parameters,
    refusal,
    requested_access,
    token_strings,
)
from pyramid_oauth2.protocol.authorization import authorization_request, source
from pyramid_oauth2.protocol.clients import codecs, field, registry, rules
from pyramid_oauth2.protocol.token import access_token, issuance, presentation, product
from pyramid_oauth2.protocol.token import request as token_request

from .classes import Entry
from .docstrings import inline

INTRODUCTION = """\
# Python

The names that an application may use in its code, besides [directives](directives.md),
[interfaces](interfaces.md), [events](events.md) and [records](records.md). A name without a module
is in `pyramid_oauth2`. Anything that is on none of these pages may change without notice."""

ENTRIES = {
    "Request attributes": (
        Entry(
            request,
            "RequestOAuth2",
            "request.oauth2",
            only=(
                *("token", "subject", "client", "scope", "clients", "require"),
                *("has_bearer", "is_bearer", "is_malformed", "userid", "identity"),
            ),
        ),
        Entry(access_token, "AccessToken", "request.oauth2.token"),
        Entry(registry, "ClientRegistry", "request.oauth2.clients"),
        Entry(request, "Request", only=()),
        Entry(authentication, "Authentication"),
    ),
    "Clients": (
        Entry(registry, "Registered"),
        Entry(rules, "InvalidClientMetadata"),
        Entry(registry, "UnknownClient"),
        Entry(registry, "ClientChangedMeanwhile"),
        Entry(token_strings, "new_client_secret"),
    ),
    "Outside of a request": (
        Entry(assembly, "get_service"),
        Entry(service, "OAuth2Service", only=("settings", "clients", "resolve", "close")),
        Entry(presentation, "bearer", f"{presentation.__name__}.bearer"),
    ),
    "Policies": (
        Entry(security, "Scope"),
        Entry(security, "BearerTokenHelper"),
        # Their methods are the methods of Pyramid's interfaces.
        Entry(security, "OAuth2SecurityPolicy", only=()),
        Entry(security, "OAuth2AuthenticationPolicy", only=()),
    ),
    "CORS": (Entry(cors, "cors_readable"), Entry(cors, "cors_preflight")),
    "Custom grant types": (
        Entry(parameters, "Parameter"),
        Entry(token_request, "TokenRequest", "pyramid_oauth2.protocol.token.request.TokenRequest"),
        Entry(access, "Access", f"{access.__name__}.Access", only=()),
        Entry(
            requested_access, "requested_access", f"{requested_access.__name__}.requested_access"
        ),
        *(
            Entry(issuance, name, f"{issuance.__name__}.{name}")
            for name in ("Issuance", "Open", "Redeem", "Reuse", "Repeat", "Add")
        ),
        Entry(errors, "OAuth2Error"),
        Entry(refusal, "Refusal", f"{refusal.__name__}.Refusal"),
        Entry(masking, "masked", f"{masking.__name__}.masked"),
    ),
    "Token response extensions": (Entry(issuance, "Issuing", f"{issuance.__name__}.Issuing"),),
    "Plug-ins of the authorization endpoint": (
        Entry(http, "Parameters", f"{http.__name__}.Parameters", only=("once", "if_once")),
        Entry(
            authorization_request,
            "AuthorizationRequest",
            f"{authorization_request.__name__}.AuthorizationRequest",
            only=("access",),
        ),
        Entry(kept_values, "KeptValues", f"{kept_values.__name__}.KeptValues", only=()),
        Entry(product, "Product", f"{product.__name__}.Product", only=()),
        *(
            Entry(source, name, f"{source.__name__}.{name}")
            for name in ("SourcedParameters", "StoredRequest", "PushedRequest")
        ),
    ),
    "Custom client fields": (
        Entry(field, "ClientField", only=()),
        Entry(codecs, "Codec", f"{codecs.__name__}.Codec", only=()),
        Entry(field, "Control", f"{field.__name__}.Control", only=()),
        Entry(field, "Option", f"{field.__name__}.Option", only=()),
    ),
    "Custom backends": (
        Entry(per_process, "PerProcess"),
        Entry(forks, "Uses", f"{forks.__name__}.Uses", only=()),
    ),
    "Testing": (
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
