"""Entries in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from threading import Lock

from zope.interface import implementer

from pyramid_oauth2.interfaces import IEntryStore
from pyramid_oauth2.per_process import PerProcess
from pyramid_oauth2.protocol.records import Entry, Page, Purged

from .pages import page_of


@implementer(IEntryStore)
class MemoryEntryStore:
    """A dictionary of entries by namespace and key."""

    def __init__(self) -> None:
        self._lock = PerProcess(Lock)
        self._entries: dict[tuple[str, str], Entry] = {}

    def get(self, namespace: str, key: str) -> Entry | None:
        """Return the entry."""
        with self._lock():
            return self._entries.get((namespace, key))

    def put(self, entry: Entry, version: int | None) -> bool:
        """Insert or replace an entry by compare and swap."""
        place = (entry.namespace, entry.key)
        with self._lock():
            earlier = self._entries.get(place)
            if version != (None if earlier is None else earlier.version):
                return False
            self._entries[place] = replace(entry, version=0 if version is None else version + 1)
            return True

    def delete(self, namespace: str, key: str, version: int | None = None) -> bool:
        """Remove the entry."""
        with self._lock():
            entry = self._entries.get((namespace, key))
            if entry is None or version not in (None, entry.version):
                return False
            del self._entries[namespace, key]
            return True

    def list(
        self,
        namespace: str | None = None,
        owner: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Entry]:
        """List the entries of a namespace, of an owner, or of both together."""
        if namespace is None and owner is None:
            raise ValueError("give a namespace, an owner or both")
        with self._lock():
            chosen = (
                (place, entry)
                for place, entry in self._entries.items()
                if namespace in (None, entry.namespace) and owner in (None, entry.owner)
            )
            return page_of(chosen, cursor, limit)

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Remove expired entries."""
        with self._lock():
            expired = (
                place
                for place, entry in self._entries.items()
                if entry.expires_at is not None and entry.expires_at <= now
            )
            due = tuple(islice(expired, limit + 1))
            for place in due[:limit]:
                del self._entries[place]
            return Purged(len(due[:limit]), len(due) > limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Entry]:
        """List everything."""
        with self._lock():
            return page_of(self._entries.items(), cursor, limit)

    def import_(self, records: Iterable[Entry]) -> int:
        """Insert what is not there."""
        with self._lock():
            before = len(self._entries)
            for entry in records:
                self._entries.setdefault((entry.namespace, entry.key), entry)
            return len(self._entries) - before
