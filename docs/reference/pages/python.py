"""``python.md``: the names that an application imports, and the attributes of a request."""

from __future__ import annotations

from pyramid_oauth2 import assembly, page_protection, per_process, service, testing
from pyramid_oauth2.backends.sqlalchemy import forks
from pyramid_oauth2.known_clients import known_client
from pyramid_oauth2.protection import cors, request, security
from pyramid_oauth2.protocol import (
    authentication,
    session,
    sessions,
    token_strings,
    user_grants,
    users,
)
from pyramid_oauth2.protocol.clients import outcomes, registry, rules
from pyramid_oauth2.protocol.token import access_token, presentation
from pyramid_oauth2.simulation import step
from pyramid_oauth2.testing import clients

from .classes import Entry

INTRODUCTION = """\
# Python

The names that an application may use in its code, besides [directives](directives.md),
[interfaces](interfaces.md), [events](events.md), [records](records.md) and those for
[plug-ins](plug-ins.md). A name without a module is in `pyramid_oauth2`. Anything that is on none of
these pages may change without notice."""

ENTRIES = {
    "Request attributes": (
        Entry(
            request,
            "RequestOAuth2",
            "request.oauth2",
            only=(
                *("token", "subject", "client", "scope", "clients", "users", "require"),
                "end_session",
                *("has_bearer", "is_bearer", "is_malformed", "userid", "identity"),
            ),
        ),
        Entry(access_token, "AccessToken", "request.oauth2.token"),
        Entry(registry, "ClientRegistry", "request.oauth2.clients"),
        Entry(users, "Users", "request.oauth2.users"),
        Entry(request, "Request", only=()),
        Entry(authentication, "Authentication"),
    ),
    "Users": (
        Entry(users, "Ended"),
        Entry(user_grants, "Authorizations"),
        Entry(user_grants, "Authorization"),
        Entry(
            sessions, "Sessions", "get_service(registry).sessions", only=("list", "end", "end_all")
        ),
        Entry(session, "Session"),
        Entry(session, "SignIn"),
    ),
    "Clients": (
        Entry(outcomes, "Registered"),
        Entry(rules, "InvalidClientMetadata"),
        Entry(outcomes, "UnknownClient"),
        Entry(outcomes, "ClientChangedMeanwhile"),
        Entry(token_strings, "new_client_secret"),
        Entry(token_strings, "new_server_secret"),
    ),
    "Outside of a request": (
        Entry(assembly, "get_service"),
        Entry(
            service,
            "OAuth2Service",
            only=("settings", "clients", "users", "sessions", "resolve", "close"),
        ),
        Entry(presentation, "bearer", f"{presentation.__name__}.bearer"),
    ),
    "Policies": (
        Entry(security, "Scope"),
        Entry(security, "BearerTokenHelper"),
        # Their methods are the methods of Pyramid's interfaces.
        Entry(security, "OAuth2SecurityPolicy", only=()),
        Entry(security, "OAuth2AuthenticationPolicy", only=()),
    ),
    "Login pages": (
        Entry(page_protection, "page_headers"),
        Entry(page_protection, "cookie_options"),
    ),
    "CORS": (Entry(cors, "cors_readable"), Entry(cors, "cors_preflight")),
    "Custom backends": (
        Entry(per_process, "PerProcess"),
        Entry(forks, "Uses", f"{forks.__name__}.Uses", only=()),
    ),
    "Testing": (
        Entry(testing, "memory_backend", "pyramid_oauth2.testing.memory_backend"),
        Entry(testing, "bearer", "pyramid_oauth2.testing.bearer"),
        Entry(clients, "play", f"{clients.__name__}.play"),
        Entry(step, "Step", f"{clients.__name__}.Step"),
        Entry(known_client, "KnownClient", "pyramid_oauth2.known_clients.known_clients()"),
    ),
}


def page() -> str:
    """The page."""
    parts = [INTRODUCTION]
    for section, entries in ENTRIES.items():
        parts.append(f"## {section}")
        for entry in entries:
            parts += entry.parts("###")
    return "\n\n".join(parts) + "\n"
