"""The response with everything that is registered of a client (RFC 7591 section 3.2.1)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from ...protocol.clients.extra import value_of
from ...protocol.records import Client
from ...protocol.server import Server

NAME = "software_statement"

# Also where they are empty: clients read what they are registered for.
ALWAYS = frozenset({"redirect_uris", "grant_types", "response_types"})


def client_information(
    server: Server,
    client: Client,
    registration_access_token: str,
    secret: str | None = None,
    statement: str = "",
) -> dict[str, Any]:
    """The members: no null, no empty text, and what the server has chosen by default.

    :param registration_access_token: by which the client changes its registration.
    :param secret: in clear text, if it is new.
    :param statement: the software statement of its registration; empty if there is none.
    """
    members: dict[str, Any] = {
        "client_id": client.client_id,
        "client_id_issued_at": client.created_at,
        "registration_access_token": registration_access_token,
        "registration_client_uri": configuration_url(server, client.client_id),
    }
    if secret is not None:
        # RFC 7591 section 3.2.1: required beside a secret; 0: it does not expire.
        members |= {"client_secret": secret, "client_secret_expires_at": 0}
    if statement:
        # RFC 7591 section 3.2.1: "its value MUST be returned unmodified in the response".
        members[NAME] = statement
    for field in server.client_fields.values():
        value = value_of(field, client)
        if "registration" not in field.set_by or value is None:
            continue
        written = field.codec.write(value)
        if written not in ("", [], {}) or field.name in ALWAYS:
            members[field.name] = written
    return members


def configuration_url(server: Server, client_id: str) -> str:
    """The URL of a client's configuration (RFC 7592 section 3)."""
    return f"{server.url('client_configuration')}?client_id={quote(client_id, safe='')}"
