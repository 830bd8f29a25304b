"""The client of an authorization request: from the store, or from a resolver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from ..authorization_server import AuthorizationServer
from ..clients.announced_keys import announce_keys
from ..clients.authentication_methods import NONE, methods_of
from ..clients.blocked_hosts import BlockedHosts
from ..clients.document import client_document, client_from_document
from ..clients.fixed_fields import with_those_of
from ..clients.rules import InvalidClientMetadata, check_client
from ..clients.source import DOCUMENT, from_source, is_unchecked, source_of
from ..clients.writes import Writes
from ..contention import Contention
from ..errors import InvalidRequest, UnauthorizedClient
from ..events import ClientChanged, Emit
from ..http import Parameters
from ..records import CLIENT_ID_LENGTH, Client, DuplicateRecord
from ..token_strings import is_drawn_client_id
from . import checks
from .client_lookup import ClientLookup, Count

if TYPE_CHECKING:
    from ...interfaces.authorization import IClientResolver


OF_SERVER = ("created_at", "disabled_at", "version", "epoch")
CONFIRMED = 86_400  # seconds after which it is written that nothing has changed


def find_client(
    server: AuthorizationServer, parameters: Parameters, count: Count | None = None
) -> Client:
    """The client that a request names.

    :param count: limits look-ups; None: no resolver is asked.
    :raises OAuth2Error: there is none; to be shown on a page.
    """
    client_id = parameters.once("client_id")
    if client_id is None:
        raise InvalidRequest("The parameter client_id is missing.", refusal=checks.CLIENT_ID)
    client = _found(server, client_id, count) if len(client_id) <= CLIENT_ID_LENGTH else None
    if client is None and is_drawn_client_id(client_id):
        # It is no secret: this server drew it. The client has registered itself perhaps, and was
        # removed since.
        raise UnauthorizedClient("There is no such client any more.", refusal=checks.GONE)
    if client is None or client.disabled_at is not None:
        raise UnauthorizedClient(
            "There is no such client.", refusal=checks.usable_client(client), client=client
        )
    return client


def _found(server: AuthorizationServer, client_id: str, count: Count | None) -> Client | None:
    stored = server.clients.get(client_id)
    if count is None or not server.plug_ins.client_resolvers:
        return stored
    if stored is not None and (stored.disabled_at is not None or not _is_resolved(stored)):
        return stored
    return _resolved(server, ClientLookup(client_id, stored, count))


def _is_resolved(client: Client) -> bool:
    """Whether a resolver has found a stored client: one that an operator registered is never it."""
    return source_of(client) == DOCUMENT


def resolved_document(server: AuthorizationServer, client: Client) -> dict[str, Any] | None:
    """The document of a client that a resolver has found; None if the store has it so."""
    if not server.plug_ins.client_resolvers or server.clients.get(client.client_id) == client:
        return None
    return client_document(client)


def recorded_client(
    server: AuthorizationServer, client_id: str, document: Mapping[str, Any] | None
) -> Client | None:
    """The client of a request that was stored for a while; None if there is none any more.

    :param document: what :func:`resolved_document` returned; nothing is looked up again.
    """
    stored = server.clients.get(client_id)
    if document is None:
        return stored
    if stored is None and server.clients.was_deleted(client_id):
        return None
    try:
        found = _as_found(server, client_from_document(document), stored)
    except ValueError:  # Of another version.
        return None
    # An operator may have blocked its host while a user saw the page: of such a client the store
    # has nothing yet that could be disabled.
    blocked = is_unchecked(found) and BlockedHosts(server).of(found) is not None
    return None if blocked else found


def _as_found(server: AuthorizationServer, found: Client, stored: Client | None) -> Client:
    """The client as it was found, with what the server itself and people say about it."""
    if stored is None:
        return found
    own: dict[str, Any] = {name: getattr(stored, name) for name in OF_SERVER}
    found = replace(found, **own, updated_at=found.updated_at or stored.updated_at)
    return with_those_of(server.client_fields, found, stored)


def needs_resolver(server: AuthorizationServer, parameters: Parameters) -> bool:
    """Whether the client of a request can only be found by a resolver."""
    client_id = parameters.if_once("client_id") if server.plug_ins.client_resolvers else None
    if client_id is None or len(client_id) > CLIENT_ID_LENGTH:
        return False
    return server.clients.get(client_id) is None and bool(_resolvers(server, client_id))


def store_resolved(server: AuthorizationServer, client: Client, emit: Emit) -> None:
    """Write a client to the store that a resolver has found, for what is issued to it.

    :param emit: receives the event.
    :raises UnauthorizedClient: it was deleted.
    """
    if not server.plug_ins.client_resolvers:
        return
    contention = Contention("the client")
    while True:
        stored = server.clients.get(client.client_id)
        if stored == client:
            return
        if stored is None:
            if _add(server, client, emit):
                return
        elif not _is_resolved(stored) or _edit(server, stored, client, emit):
            return
        contention.lost()


def _add(server: AuthorizationServer, client: Client, emit: Emit) -> bool:
    now = server.clock()
    added = replace(client, created_at=now, updated_at=client.updated_at or now)
    try:
        Writes(server, server.clients).add(added)
    except DuplicateRecord:
        # Added by another request at this moment, or deleted: then its client_id is barred.
        if server.clients.get(client.client_id) is None:
            raise UnauthorizedClient(
                "There is no such client any more.", refusal=checks.usable_client(None)
            ) from None
        return False
    announce_keys(server, None, client)
    emit(ClientChanged(client_id=client.client_id, change="resolved"))
    return True


def _edit(server: AuthorizationServer, stored: Client, found: Client, emit: Emit) -> bool:
    """Bring a stored client up to date; return False if it was changed meanwhile."""
    found = _as_found(server, found, stored)
    changes = {
        name: value for name, value in _values(found).items() if value != getattr(stored, name)
    }
    later = found.updated_at - stored.updated_at
    # What another user has allowed since is newer than what this one was shown.
    if later < 0 or (not changes.keys() - {"updated_at"} and later < CONFIRMED):
        return True
    changed = Writes(server, server.clients).edit(stored, changes) is not None
    if changed:
        announce_keys(server, stored, found)
        emit(ClientChanged(client_id=found.client_id, change="resolved again"))
        if NONE in methods_of(found) - methods_of(stored):
            # Its client_id alone is enough from now on, for what users allow it from now on.
            emit(ClientChanged(client_id=found.client_id, change="authenticates by none"))
    return changed


def _values(client: Client) -> dict[str, Any]:
    return {each.name: getattr(client, each.name) for each in fields(client)}


def _resolved(server: AuthorizationServer, lookup: ClientLookup) -> Client | None:
    for resolver in _resolvers(server, lookup.client_id):
        client = resolver.resolve(lookup)
        if client is not None and client.client_id != lookup.client_id:
            raise ValueError("a client resolver has found another client than the one named")
        if client is not None:
            # As one of that source also in the store, if the resolver is no longer there.
            found = _as_found(server, from_source(client, DOCUMENT), lookup.stored)
            return found if found == lookup.stored else _checked(server, found)
    return lookup.stored


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
    return client


def _resolvers(server: AuthorizationServer, client_id: str) -> list[IClientResolver]:
    """Those that may find a client which is not in the store."""
    resolvers = server.plug_ins.client_resolvers.values()
    found = [each for each in resolvers if each.recognises(client_id)]
    # A client_id that was deleted is barred for ever: that is the operator's word.
    return [] if found and server.clients.was_deleted(client_id) else found
