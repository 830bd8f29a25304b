"""The demo's clients, registered in whichever store the ini selects.

``demo`` is for curl, ``demo-sample`` for :mod:`.sample`, ``demo-spa`` for the
single-page application, the others for the programs in ``examples/``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from pyramid_oauth2 import (
    Client,
    ClientChangedMeanwhile,
    DuplicateRecord,
    OAuth2Service,
    UnknownClient,
)

# Where `make example-relying-party` serves an application.
RELYING_PARTY = "http://localhost:6545"

DEMO_CLIENT = Client(
    client_id="demo",
    client_name="The demo's client",
    grant_types=("password", "client_credentials", "refresh_token"),
    scope=frozenset({"read", "write"}),
    token_endpoint_auth_method="client_secret_post",
)
SAMPLE_CLIENT = Client(
    client_id="demo-sample",
    client_name="The sample client",
    grant_types=("authorization_code", "refresh_token"),
    scope=frozenset({"read", "openid", "profile", "email"}),
)
SPA_CLIENT = Client(
    client_id="demo-spa",
    client_name="The single-page notes",
    scope=frozenset({"read", "write"}),
    optional_scope=frozenset({"write"}),
    token_endpoint_auth_method="none",
)
NATIVE_CLIENT = Client(
    client_id="demo-native",
    client_name="The native notes",
    grant_types=("authorization_code", "refresh_token"),
    scope=frozenset({"read"}),
    token_endpoint_auth_method="none",
    # With the loopback address, any port is accepted (RFC 8252 section 7.3).
    redirect_uris=("http://127.0.0.1/callback",),
)
API_CLIENT = Client(
    client_id="demo-api",
    client_name="An API elsewhere",
    grant_types=(),
    resource_server=True,
)
MCP_SERVER_CLIENT = Client(
    client_id="demo-mcp",
    client_name="An MCP server elsewhere",
    grant_types=(),
    resource_server=True,
)
JWT_CLIENT = Client(
    client_id="demo-jwt",
    client_name="The client with signed tokens",
    grant_types=("client_credentials",),
    scope=frozenset({"read"}),
    token_endpoint_auth_method="client_secret_post",
    extra={"access_token_format": "jwt"},
)
RELYING_PARTY_CLIENT = Client(
    client_id="demo-relying-party",
    client_name="A site without passwords",
    grant_types=("authorization_code",),
    scope=frozenset({"openid", "profile", "email"}),
    redirect_uris=(f"{RELYING_PARTY}/callback",),
    extra={
        "post_logout_redirect_uris": [f"{RELYING_PARTY}/"],
        "backchannel_logout_uri": f"{RELYING_PARTY}/back-channel-logout",
    },
)
# The suffix of the file that holds a client's secret.
SECRET_FILES = {
    client.client_id: client.client_id.removeprefix("demo")
    for client in (
        *(DEMO_CLIENT, SAMPLE_CLIENT, API_CLIENT, MCP_SERVER_CLIENT),
        *(JWT_CLIENT, RELYING_PARTY_CLIENT),
    )
}
SAMPLE_CALLBACK = "/sample/callback"
SPA_PATH = "/spa/"
# Where `python3 -m http.server` serves a folder.
ELSEWHERE = "http://localhost:8000"

# The fields that a later version of the demo may change.
METADATA = ("client_name", "grant_types", "scope", "optional_scope")


def ensure_clients(service: OAuth2Service, secrets: Mapping[str, str]) -> None:
    """Register the clients, or bring the registered ones up to date.

    :param secrets: the secrets of the clients in :data:`SECRET_FILES`, by client_id. The
        other clients are public.
    """
    known = service.server.known_scopes
    for client in _clients(service.settings.issuer, service.settings.resources):
        # Without oauth2.openid, its scopes and fields are unknown.
        if client is not RELYING_PARTY_CLIENT or "openid" in known:
            client = replace(client, scope=client.scope & known)
            _ensure(service, client, secrets.get(client.client_id))


def _clients(issuer: str, apis: Collection[str]) -> Iterator[Client]:
    yield DEMO_CLIENT
    yield replace(SAMPLE_CLIENT, redirect_uris=(f"{issuer}{SAMPLE_CALLBACK}",))
    yield replace(
        SPA_CLIENT,
        redirect_uris=(f"{issuer}{SPA_PATH}", f"{ELSEWHERE}/"),
        allowed_origins=(_origin(issuer), ELSEWHERE),
    )
    yield NATIVE_CLIENT
    yield API_CLIENT
    if apis:  # Without any, no client has this field.
        yield replace(MCP_SERVER_CLIENT, extra={"resources": list(apis)})
    yield JWT_CLIENT
    yield RELYING_PARTY_CLIENT


def _origin(issuer: str) -> str:
    # As browsers send it: without the default port.
    parts = urlsplit(issuer)
    default = {"https": ":443", "http": ":80"}[parts.scheme]
    return f"{parts.scheme}://{parts.netloc.removesuffix(default)}"


def _ensure(service: OAuth2Service, client: Client, secret: str | None) -> None:
    try:
        service.clients.add(client, secret)
    except DuplicateRecord:
        # Processes that start together may conflict here; all of them write the same.
        # A client that an operator deleted stays deleted.
        with suppress(ClientChangedMeanwhile, UnknownClient):
            _update(service, client, secret)


def _update(service: OAuth2Service, client: Client, secret: str | None) -> None:
    registered = service.clients.get(client.client_id)
    changes: dict[str, Any] = {name: getattr(client, name) for name in METADATA}
    # United, since a demo on another port may use the same store at this moment.
    for name in ("redirect_uris", "allowed_origins"):
        changes[name] = tuple(sorted({*getattr(registered, name), *getattr(client, name)}))
    service.clients.edit(client.client_id, registered.version, **changes)
    if secret is not None:
        service.clients.rotate_secret(client.client_id, secret=secret)
