"""How a client becomes known to the server: by its document, or by registering itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..known_clients.known_client import DOCUMENT, PORT, REGISTRATION, STATIC
from ..protocol.masking import shown
from .conversation import Conversation
from .step import StepRefused

METHODS = "token_endpoint_auth_methods_supported"
GRANT_TYPES = "grant_types"


def identify(c: Conversation) -> str:
    """Take the first way of the client's order that the metadata of the server offer."""
    offered = set(c.metadata.get(METHODS, ()))
    for way in c.client.order:
        if way == DOCUMENT and c.client.client_id is not None:
            if c.metadata.get("client_id_metadata_document_supported") and offered.intersection(
                c.client.methods
            ):
                return _by_document(c, c.client.client_id)
        elif way == REGISTRATION and c.client.registration and _endpoint(c):
            return _register(c)
    raise StepRefused(
        "The metadata of the server offer no way by which this client becomes known",
        None,
        *_ways(c),
    )


def _by_document(c: Conversation, url: str) -> str:
    c.client_id = url
    if not c.pinned:
        return f"By its document: {url}"
    c.left_to_do = (pin(c),)
    return f"By its document, which is pinned for this run alone: {url}"


def pin(c: Conversation) -> str:
    """The command that pins its document."""
    return f"poauth2 INI client pin {c.client.name}"


def _endpoint(c: Conversation) -> str:
    return str(c.metadata.get("registration_endpoint") or "")


def _ways(c: Conversation) -> Iterator[str]:
    profile = None if c.settings is None else c.settings.profile
    if c.settings is not None and profile is None:
        yield "oauth2.profile = mcp"
    if DOCUMENT in c.client.order and profile is not None:
        # The application does not start with less (settings/profiles).
        yield "oauth2.client_id_metadata = pinned"
    elif DOCUMENT in c.client.order:
        host = (c.client.client_id or "").removeprefix("https://").partition("/")[0]
        yield f"oauth2.client_id_metadata = allowed, with oauth2.client_id_metadata.hosts = {host}"
    if REGISTRATION in c.client.order:
        yield "oauth2.registration = open"
    if STATIC in c.client.order:
        kind = "native" if any(map(_is_of_app, c.redirect_uris)) else "web"
        schemes = [f" --private-scheme {scheme}" for scheme in sorted(c.client.private_schemes)]
        # Without the port, any is accepted.
        uris = [f" --redirect-uri {uri.replace(f':{PORT}', '')}" for uri in c.client.redirect_uris]
        scopes = [f" --scope {scope}" for scope in sorted(c.scope)]
        options = "".join([*schemes, *uris, *scopes])
        yield (
            f"poauth2 INI client add --name {c.client.name} --kind {kind}{options}"
            "  # and the client_id that it prints in the client's settings"
        )


def _is_of_app(uri: str) -> bool:
    return not uri.startswith("https://")


def _register(c: Conversation) -> str:
    """Register the client (RFC 7591 section 3)."""
    assert c.client.registration is not None  # The caller has looked.
    body = dict(c.client.registration)
    body["redirect_uris"] = [*map(c.with_port, body["redirect_uris"])]
    grant_types = c.metadata.get("grant_types_supported", ())
    if "urn:ietf:params:oauth:grant-type:device_code" in body.get(GRANT_TYPES, ()):
        # Visual Studio Code leaves out what the server does not have.
        body[GRANT_TYPES] = [name for name in body[GRANT_TYPES] if name in grant_types]
    c.registered = members = _registered(c, body)
    if c.settings is not None:
        # Another user, behind the same address.
        _registered(c, body)
    c.client_id = str(members.get("client_id", ""))
    if members.get("token_endpoint_auth_method") not in c.client.methods:
        raise StepRefused("The registration has another method of authentication than the client")
    return "By registration: " + ", ".join(body["redirect_uris"])


def _registered(c: Conversation, body: Mapping[str, Any]) -> dict[str, Any]:
    response = c.post_json(_endpoint(c), body)
    members = response.members()
    if response.status not in (200, 201):
        said = members.get("error_description") or members.get("error") or response.status
        raise StepRefused(f"The registration is refused: {shown(str(said))}", response.refusal)
    return members
