"""How a client becomes known to the server: by its document, or by registering itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..known_clients.known_client import DOCUMENT, REGISTRATION
from ..protocol.masking import shown
from .conversation import Conversation
from .step import StepRefused
from .ways import pin, ways

METHODS = "token_endpoint_auth_methods_supported"
GRANT_TYPES = "grant_types"


def identify(c: Conversation) -> str:
    """Take the first way of the client's order that the metadata of the server offer.

    If an operator has registered it, its users type the client_id, and it takes no other way.
    """
    if c.added:
        c.client_id = c.client.name
        return f"By the client_id {c.client_id}, which you have registered, and its users type"
    offered = set(c.metadata.get(METHODS, ()))
    for way in c.client.order:
        if way == DOCUMENT and c.client.client_id is not None:
            if c.metadata.get("client_id_metadata_document_supported") and offered.intersection(
                c.client.methods
            ):
                return _by_document(c, c.client.client_id)
        elif way == REGISTRATION and c.client.registration and _endpoint(c):
            return _register(c)
    text = "The metadata of the server offer no way by which this client becomes known"
    if REGISTRATION in c.client.order and _endpoint(c):
        text = "This client registers itself here, and it is not known what it then sends"
    raise StepRefused(text, None, *ways(c))


def _by_document(c: Conversation, url: str) -> str:
    c.client_id = url
    if not c.pinned:
        return f"By its document: {url}"
    c.left_to_do = (pin(c),)
    return f"By its document, which is pinned for this run alone: {url}"


def _endpoint(c: Conversation) -> str:
    return str(c.metadata.get("registration_endpoint") or "")


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
