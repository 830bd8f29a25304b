"""A service whose stores are thrown away, in the place of an application's own."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import get_ident
from typing import Any

from zope.interface import implementer

from ..assembly import get_service, make_authorization_server
from ..backends.memory import MemoryBackend
from ..extensions.client_id_metadata import NAME
from ..extensions.client_id_metadata.document import UnusableDocument
from ..extensions.client_id_metadata.resolver import DocumentResolver
from ..extensions.client_id_metadata.settings import PINNED
from ..extensions.client_registration.settings import OPEN
from ..fetching.responses import FetchError, Response
from ..interfaces import IBackendFactory, IFetcher, IResourceOwners, IService
from ..interfaces.fetcher import Report
from ..known_clients import KnownClient
from ..protocol.clients.blocked_hosts import BlockedHosts, hosts_of
from ..protocol.clients.source import approved
from ..protocol.clients.writes import Writes
from ..protocol.records import Client
from ..service import OAuth2Service
from ..settings import Settings
from .played_registry import played_registry
from .signed import published
from .signed_in import SimulatedOwners

MEMORY = "memory"
PACKAGE = __name__.partition(".")[0]


@implementer(IFetcher)
@dataclass(frozen=True)
class Copies:
    """Has the copy of a client's document where the document would be fetched: no network.

    :param others: what else is at URLs.
    """

    client: KnownClient
    others: dict[str, bytes] = field(default_factory=dict)

    def get(self, url: str, most: int, report: Report, etag: str = "") -> Response:
        """See :class:`~pyramid_oauth2.interfaces.IFetcher`; no request is sent or reported."""
        if self.client.document is not None and url == self.client.client_id:
            return Response(200, json.dumps(dict(self.client.document)).encode())
        if (body := self.others.get(url)) is not None:
            return Response(200, body)
        raise FetchError("is not fetched in a simulation")


@dataclass(frozen=True, slots=True)
class Stage:
    """What a client is played on.

    :param registry: for the requests of the client: no others are served by it.
    :param owners: the users, of whom one is signed in.
    :param pinned: whether the client's document was pinned for this run alone.
    :param added: whether an operator has registered the client, with its name as the client_id.
    """

    registry: Any
    owners: SimulatedOwners
    pinned: bool
    added: bool


@contextmanager
def throw_away_service(registry: Any, client: KnownClient, subject: str) -> Iterator[Stage]:
    """An application whose stores are in memory, until the block is left.

    Of its own stores only what they say of this client is read, and whether a document is pinned;
    nothing is written: neither records nor counts of attempts. No event is emitted, and nothing of
    ours is logged. Requests that the application serves meanwhile are not touched.

    :param registry: of the application; it stays as it is.
    :param subject: the user who is signed in.
    :raises pyramid.exceptions.ConfigurationError: the application is no authorization server.
    :raises StoreUnavailable: its own store cannot be read.
    """
    own = get_service(registry)
    owners = SimulatedOwners(registry.queryUtility(IResourceOwners), subject)
    played = played_registry(registry)
    played.registerUtility(_memory, IBackendFactory, MEMORY)
    played.registerUtility(Copies(client, published(client)), IFetcher)
    made = make_authorization_server(played, _in_memory(own.settings), owners)
    try:
        _copy_records(own, made, client)
        pinned = _pin(own, made, client)
        played.registerUtility(made, IService)
        with _no_log_lines():
            yield Stage(played, owners, pinned, _has(made, client.name))
    finally:
        made.close()


def _memory(_settings: Settings) -> MemoryBackend:
    return MemoryBackend()


def _in_memory(settings: Settings) -> Settings:
    return replace(
        settings,
        backend=MEMORY,
        backend_clients=None,
        backend_grants=None,
        backend_consents=None,
        backend_entries=None,
        throttle_storage="memory://" if settings.throttle else None,
        metrics=False,
        read_only=False,
    )


def _copy_records(own: OAuth2Service, made: OAuth2Service, client: KnownClient) -> None:
    """Copy what an operator has decided on the client: its records, and blocks of its hosts."""
    for client_id in filter(None, (client.client_id, client.name)):
        _copy_record(own, made, client_id)
    hosts = hosts_of(Client(client.client_id or client.name, redirect_uris=client.redirect_uris))
    blocked, copied = BlockedHosts(own.server), BlockedHosts(made.server)
    for host in filter(blocked.blocks, hosts):
        copied.add(host)


def _copy_record(own: OAuth2Service, made: OAuth2Service, client_id: str) -> None:
    store = made.backends[MEMORY].clients
    if (stored := own.server.clients.get(client_id)) is not None:
        if stored.client_secrets:
            # Its secret is not known here: only a digest is.
            stored = replace(stored, client_secrets=(), token_endpoint_auth_method="none")
        Writes(made.server, made.server.clients).add(stored)
    elif own.server.clients.was_deleted(client_id):
        # It stays so for ever, also for a document.
        store.add(Client(client_id))
        store.delete(client_id, made.server.clock())


def _has(made: OAuth2Service, client_id: str) -> bool:
    return made.server.clients.get(client_id) is not None


def _pin(own: OAuth2Service, made: OAuth2Service, client: KnownClient) -> bool:
    """Pin the copy of the client's document where only pinned ones are used, and this is not.

    Where none is, the client registers itself, if it can and it is known what it registers.
    """
    resolver = made.server.plug_ins.client_resolvers.get(NAME)
    if not isinstance(resolver, DocumentResolver) or client.client_id is None:
        return False
    stored = made.server.clients.get(client.client_id)
    if resolver.settings.clients != PINNED or resolver.is_pinned(client.client_id, stored):
        return False
    if made.server.clients.was_deleted(client.client_id):
        return False
    uses_documents = own.server.plug_ins.server_metadata[NAME].members()
    if not uses_documents and client.registration and own.settings.values()["registration"] == OPEN:
        return False
    body = json.dumps(dict(client.document or {})).encode()
    try:
        found = resolver.reader.client(client.client_id, body, stored, made.server.clock())
    except UnusableDocument:
        return False
    if stored is None:
        Writes(made.server, made.server.clients).add(approved(found))
    return stored is None


@contextmanager
def _no_log_lines() -> Iterator[None]:
    """Drop what this thread would log; other threads may serve requests meanwhile."""
    thread = get_ident()

    def is_of_another(record: logging.LogRecord) -> bool:
        return record.thread != thread

    known = [*logging.root.manager.loggerDict]
    ours = [logging.getLogger(name) for name in known if f"{name}.".startswith(f"{PACKAGE}.")]
    for log in ours:
        log.addFilter(is_of_another)
    try:
        yield
    finally:
        for log in ours:
            log.removeFilter(is_of_another)
