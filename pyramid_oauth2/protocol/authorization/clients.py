"""The client of an authorization request: from the store, or from a resolver."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..authorization_server import AuthorizationServer
from ..clients.announced_keys import announce_keys
from ..clients.rules import InvalidClientMetadata, check_client
from ..clients.source import DOCUMENT, from_source
from ..clients.writes import Writes
from ..errors import InvalidRequest, UnauthorizedClient
from ..events import ClientChanged, Emit
from ..http import Parameters
from ..records import CLIENT_ID_LENGTH, Client, DuplicateRecord
from . import checks

if TYPE_CHECKING:
    from ...interfaces.authorization import IClientResolver


def find_client(server: AuthorizationServer, parameters: Parameters) -> Client:
    """The client that a request names.

    :raises OAuth2Error: there is none; to be shown on a page.
    """
    client_id = parameters.once("client_id")
    if client_id is None:
        raise InvalidRequest("The parameter client_id is missing.", refusal=checks.CLIENT_ID)
    client = known_client(server, client_id) if len(client_id) <= CLIENT_ID_LENGTH else None
    if client is None or client.disabled_at is not None:
        raise UnauthorizedClient(
            "There is no such client.", refusal=checks.usable_client(client), client=client
        )
    return client


def known_client(server: AuthorizationServer, client_id: str) -> Client | None:
    """The client of that identifier, also a disabled one; None if there is none.

    :raises OAuth2Error: a resolver cannot find it now.
    """
    client = server.clients.get(client_id)
    return _resolved(server, client_id) if client is None else client


def needs_resolver(server: AuthorizationServer, parameters: Parameters) -> bool:
    """Whether the client of a request can only be found by a resolver."""
    client_id = parameters.if_once("client_id") if server.plug_ins.client_resolvers else None
    if client_id is None or len(client_id) > CLIENT_ID_LENGTH:
        return False
    return server.clients.get(client_id) is None and bool(_resolvers(server, client_id))


def store_resolved(server: AuthorizationServer, client: Client, emit: Emit) -> None:
    """Add a client to the store that a resolver has found, for what is issued to it.

    :param emit: receives the event.
    :raises UnauthorizedClient: it was deleted.
    """
    if not server.plug_ins.client_resolvers or server.clients.get(client.client_id) is not None:
        return
    now = server.clock()
    try:
        Writes(server.clients).add(replace(client, created_at=now, updated_at=now))
        announce_keys(server, None, client)
        emit(ClientChanged(client_id=client.client_id, change="resolved"))
    except DuplicateRecord:
        # Added by another request at this moment, or deleted: then its client_id is barred.
        if server.clients.get(client.client_id) is None:
            raise UnauthorizedClient(
                "There is no such client any more.", refusal=checks.usable_client(None)
            ) from None


def _resolved(server: AuthorizationServer, client_id: str) -> Client | None:
    for resolver in _resolvers(server, client_id):
        client = resolver.resolve(client_id)
        if client is not None and client.client_id != client_id:
            raise ValueError("a client resolver has found another client than the one named")
        if client is not None:
            return _checked(server, client)
    return None


def _checked(server: AuthorizationServer, client: Client) -> Client:
    # The rules of every client: no other party may bring in a redirect URI, or a right, that
    # an operator could not register.
    try:
        check_client(server, client)
    except InvalidClientMetadata as error:
        fields = checks.CLIENT_METADATA.comparing(fields=error.problems)
        raise UnauthorizedClient(
            "The metadata of this client is not valid.", refusal=fields
        ) from None
    # Also in the store, if the resolver is no longer there.
    return from_source(client, DOCUMENT)


def _resolvers(server: AuthorizationServer, client_id: str) -> list[IClientResolver]:
    """Those that may find a client which is not in the store."""
    resolvers = server.plug_ins.client_resolvers.values()
    found = [each for each in resolvers if each.recognises(client_id)]
    # A client_id that was deleted is barred for ever: that is the operator's word.
    return [] if found and server.clients.was_deleted(client_id) else found
