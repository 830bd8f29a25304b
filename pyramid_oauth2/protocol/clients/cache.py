"""A short-lived cache of clients, so that a token request needs one round trip to the store."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from zope.interface import implementer

from ...interfaces.storage import IClientStore
from ...per_process import PerProcess
from ..records import Client, Page

MAX_CLIENTS = 10_000


@implementer(IClientStore)
class ClientCache:
    """A client store with a cache for each process.

    A change made through it is visible to this process at once, and to others
    within *lifetime* seconds. An unknown client is never cached: it may be
    registered the next moment, and unauthenticated callers could fill the memory.

    :param lifetime: in seconds; 0 reads the store every time.
    :param clock: returns the time in seconds.
    """

    def __init__(self, store: IClientStore, lifetime: int, clock: Callable[[], float]) -> None:
        self._store = store
        self._lifetime = lifetime
        self._clock = clock
        self._lock = PerProcess(threading.Lock)
        self._known: dict[str, tuple[float, Client]] = {}
        self._changes = 0

    def within(self, store: IClientStore) -> IClientStore:
        """Wrap the *store* of a request's own transaction, without caching.

        A client that is changed through it is dropped from this cache.
        """
        return _WithinRequest(store, self)

    def get(self, client_id: str) -> Client | None:
        """The client as it was at most *lifetime* seconds ago."""
        return next(self.readings(client_id))

    def readings(self, client_id: str) -> Iterator[Client | None]:
        """The cached client, and then the stored one if it differs.

        Used before a client is refused: the secret that it presents may be newer
        than the cached record. A caller that consumes both has read the store
        exactly once, whether the client is known or not.
        """
        remembered = self._remembered(client_id)
        if remembered is not None:
            yield remembered
        stored = self._read(client_id)
        if remembered is None or stored != remembered:
            yield stored

    def _remembered(self, client_id: str) -> Client | None:
        read_at, client = self._known.get(client_id, (0.0, None))
        return client if 0 <= self._clock() - read_at < self._lifetime else None

    def _read(self, client_id: str) -> Client | None:
        now, changes = self._clock(), self._changes
        client = self._store.get(client_id)
        if client is None:
            self._known.pop(client_id, None)
        elif self._lifetime:
            self._remember(client, now, changes)
        return client

    def _remember(self, client: Client, now: float, changes: int) -> None:
        with self._lock():
            # A change during this read may not be in the result: caching the
            # result would hide a change that this process itself made.
            if changes != self._changes:
                return
            if len(self._known) >= MAX_CLIENTS:
                self._known.clear()
            self._known[client.client_id] = (now, client)

    def _forget(self, client_id: str) -> None:
        with self._lock():
            self._changes += 1
            self._known.pop(client_id, None)

    def was_deleted(self, client_id: str) -> bool:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        return self._store.was_deleted(client_id)

    def add(self, client: Client) -> None:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        self._store.add(client)

    def edit(self, client_id: str, version: int, changes: Mapping[str, Any]) -> bool:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        try:
            return self._store.edit(client_id, version, changes)
        finally:
            self._forget(client_id)

    def raise_epoch(self, client_id: str, now: int, disabled_at: int | None = None) -> int | None:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        try:
            return self._store.raise_epoch(client_id, now, disabled_at)
        finally:
            self._forget(client_id)

    def delete(self, client_id: str, now: int) -> bool:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        try:
            return self._store.delete(client_id, now)
        finally:
            self._forget(client_id)

    def forget(self, client_id: str) -> bool:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        return self._store.forget(client_id)

    def search(
        self,
        owner: str | None = None,
        prefix: str | None = None,
        sort: str = "client_name",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Client]:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        return self._store.search(owner, prefix, sort, cursor, limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Client | str]:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        return self._store.export(cursor, limit)

    def import_(self, records: Iterable[Client | str]) -> int:
        """See :class:`~pyramid_oauth2.interfaces.IClientStore`."""
        return self._store.import_(records)


class _WithinRequest(ClientCache):
    def __init__(self, store: IClientStore, shared: ClientCache) -> None:
        super().__init__(store, 0, shared._clock)
        self._shared = shared

    def _forget(self, client_id: str) -> None:
        # This happens before the commit, so another thread may still cache the old
        # record; it is then outdated as after a change by another process.
        self._shared._forget(client_id)
