"""What would let a client become known that has no way to: by a setting, or a record."""

from __future__ import annotations

from collections.abc import Iterator

from ..extensions.client_id_metadata.settings import (
    ALLOWED,
    PINNED,
    ClientIDMetadataSettings,
)
from ..known_clients.known_client import DOCUMENT, PORT, REGISTRATION, STATIC
from ..protocol.clients.blocked_hosts import hosts_of
from ..protocol.records import Client
from .conversation import Conversation


def ways(c: Conversation) -> Iterator[str]:
    """The lines of the ini, and the commands, each of which is enough."""
    if c.settings is not None and c.settings.profile is None:
        yield "oauth2.profile = mcp"
    if DOCUMENT in c.client.order:
        yield documents(c)
    if REGISTRATION in c.client.order and c.client.registration is not None:
        yield "oauth2.registration = open"
    if STATIC in c.client.order:
        yield addition(c)


def documents(c: Conversation) -> str:
    """The line, or the command, by which its document counts.

    A profile refuses documents that are not pinned.
    """
    if c.settings is not None and c.settings.of(ClientIDMetadataSettings).clients == PINNED:
        # It would have been pinned for the run, if it could be.
        return f"{pin(c)}, which says what is wrong"
    if c.settings is not None and c.settings.profile is not None:
        return f"oauth2.client_id_metadata = {PINNED}"
    (host,) = hosts_of(Client(str(c.client.client_id)))
    own = f"oauth2.client_id_metadata.hosts = {host}"
    return f"oauth2.client_id_metadata = {ALLOWED}, with {own}"


def pin(c: Conversation) -> str:
    """The command that pins its document."""
    return f"poauth2 INI client pin {c.client.name}"


def addition(c: Conversation) -> str:
    """The command by which an operator registers it: its users type its name as the client_id."""
    client = c.client
    # Without the port, any is accepted.
    uris = [uri.replace(f":{PORT}", "") for uri in client.redirect_uris]
    kind = "web" if all(uri.startswith("https://") for uri in uris) else "native"
    options = [
        f"--kind {kind}",
        *(f"--private-scheme {scheme}" for scheme in sorted(client.private_schemes)),
        *(f"--redirect-uri {uri}" for uri in uris),
        *(f"--scope {scope}" for scope in sorted(c.scope | client.scopes)),
    ]
    words = f"poauth2 INI client add --client-id {client.name} --name {client.name}"
    left = "the client_id and the secret" if kind == "web" else "the client_id"
    return " ".join([words, *options, f" # and {left} in the client's settings"])
