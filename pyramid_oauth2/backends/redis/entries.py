"""Entries on Redis: there are few, so all are in one slot, each together with its index entries."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any
from urllib.parse import unquote

from zope.interface import implementer

from ...interfaces import IEntryStore
from ...protocol.contention import Contention
from ...protocol.records import Entry, Page, Purged
from .exchange import Command
from .indexes import page_of
from .key_names import ENTRY, entries_in_namespace, entries_of_owner, entry_key, entry_name
from .purging import entry_purge
from .scanning import Purging, export_page
from .scripts import PUT_ENTRY
from .server import Server, call
from .values import entry_of, entry_value, milliseconds, quoted

NONE, REMOVED = "-", b""
NEVER = 2**53
BATCH = 500


@implementer(IEntryStore)
class RedisEntryStore:
    """An entry lives until its end, and an index as long as its last entry.

    An index may name an entry that is gone, or that has another owner since: both are
    passed over.
    """

    expires_itself = True

    def __init__(self, server: Server) -> None:
        self._server = server
        self._purging = Purging(server, entry_purge)

    def get(self, namespace: str, key: str) -> Entry | None:
        """Return the entry."""
        (value,) = self._server.read(entry_key(namespace, key))
        return None if value is None else entry_of(namespace, key, value)

    def put(self, entry: Entry, version: int | None) -> bool:
        """Insert or replace an entry by compare and swap."""
        if version is None:
            return bool(self._server.run(PUT_ENTRY, *_putting(None, replace(entry, version=0))))
        new = replace(entry, version=version + 1)
        contention = Contention("the entry")
        while (old := self.get(entry.namespace, entry.key)) and old.version == version:
            if self._swap(old, new):
                return True
            contention.lost()
        # An earlier call, whose response was lost, may have written it.
        self._server.replicate(entry_key(entry.namespace, entry.key))
        return False

    def delete(self, namespace: str, key: str, version: int | None = None) -> bool:
        """Remove the entry."""
        contention = Contention("the entry")
        while (old := self.get(namespace, key)) and version in (None, old.version):
            if self._swap(old, None):
                return True
            contention.lost()
        self._server.replicate(entry_key(namespace, key))
        return False

    def list(
        self,
        namespace: str | None = None,
        owner: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Entry]:
        """List the entries of a namespace, of an owner, or of both together."""
        if owner is not None:
            index = entries_of_owner(owner)
        elif namespace is not None:
            index = entries_in_namespace(namespace)
        else:
            raise ValueError("give a namespace, an owner or both")

        def read(names: list[str]) -> Iterator[Entry]:
            return (
                entry
                for entry in self._read(names)
                if namespace in (None, entry.namespace) and owner in (None, entry.owner)
            )

        return page_of(self._server, index, cursor, limit, read)

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Scan the next *limit* keys, and remove what has expired."""
        return self._purging.purge(now, limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Entry]:
        """List everything."""
        return export_page(self._server, self._behind, cursor, limit)

    def import_(self, records: Iterable[Entry]) -> int:
        """Insert what is not there."""
        left = iter(records)
        new = 0
        while batch := list(islice(left, BATCH)):
            new += sum(self._server.many(map(_insertion, batch), writes=True))
        return new

    def _swap(self, old: Entry, new: Entry | None) -> bool:
        return bool(self._server.run(PUT_ENTRY, *_putting(old, new), replicated=True))

    def _behind(self, keys: Iterable[str]) -> Sequence[Entry]:
        found = [match["entry"] for match in map(ENTRY.fullmatch, keys) if match]
        return self._read(name for name in found if name)

    def _read(self, names: Iterable[str]) -> Sequence[Entry]:
        places = [*map(_place, names)]
        values = self._server.get_many(entry_key(*place) for place in places)
        return [
            entry
            for place, value in zip(places, values, strict=True)
            if value is not None and (entry := entry_of(*place, value))
        ]


def _place(name: str) -> tuple[str, str]:
    namespace, _, key = name.partition(":")
    return unquote(namespace), unquote(key)


def _putting(old: Entry | None, new: Entry | None) -> tuple[Any, ...]:
    """Return keys and arguments that replace *old* by *new*; None for no entry."""
    entry = new or old
    assert entry is not None
    # The contract passes no time here, and a time-to-live needs one.
    now = int(time.time())
    indexes: dict[str, int | str] = dict.fromkeys(_indexes(old), NONE)
    indexes |= dict.fromkeys(_indexes(new), _end(entry))
    return (
        [entry_key(entry.namespace, entry.key), *indexes],
        now,
        NONE if old is None else old.version,
        NONE if old is None or old.owner is None else quoted(old.owner),
        REMOVED if new is None else entry_value(new),
        NONE if entry.expires_at is None else milliseconds(entry.expires_at, now),
        entry_name(entry.namespace, entry.key),
        *indexes.values(),
    )


def _insertion(entry: Entry) -> Command:
    return call(PUT_ENTRY, *_putting(None, entry))


def _indexes(entry: Entry | None) -> tuple[str, ...]:
    if entry is None:
        return ()
    of_namespace = entries_in_namespace(entry.namespace)
    return (of_namespace,) if entry.owner is None else (of_namespace, entries_of_owner(entry.owner))


def _end(entry: Entry) -> int:
    return NEVER if entry.expires_at is None else entry.expires_at
