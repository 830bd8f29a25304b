"""The records of the grant store, and when each is next due for a purge."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import heappop, heappush
from typing import TypeAlias

from pyramid_oauth2.protocol.records import (
    DuplicateRecord,
    Grant,
    Purged,
    Reservation,
    Token,
    TokenRef,
    kept_until,
)

Record: TypeAlias = Grant | Token | Reservation
Key: TypeAlias = tuple[str, ...]


def key_of(record: Record) -> Key:
    """Return the identity of a record."""
    match record:
        case Grant():
            return ("grant", record.id)
        case Token():
            # Without the kind, since a token knows only the digest of its parent.
            return ("token", record.family, record.digest.hex())
        case Reservation():
            return ("reservation", record.namespace, record.digest.hex())


class ExpiringRecords:
    """A dictionary of records, and a heap of times. The caller holds the store's lock."""

    def __init__(self) -> None:
        self.records: dict[Key, Record] = {}
        # Every record has an entry no later than its `_due`. An entry may be too early,
        # or belong to a removed record: purge checks the record itself.
        self._agenda: list[tuple[int, Key]] = []

    def token(self, ref: TokenRef) -> Token | None:
        """Return the token if *ref* matches in every part."""
        token = self.token_of(ref.family, ref.digest)
        return token if token is not None and token.kind == ref.kind else None

    def token_of(self, family: str, digest: bytes) -> Token | None:
        """Return the token, of any kind."""
        token = self.records.get(("token", family, digest.hex()))
        return token if isinstance(token, Token) else None

    def grant(self, grant_id: str | None) -> Grant | None:
        """Return the grant; None also if *grant_id* is None."""
        grant = None if grant_id is None else self.records.get(("grant", grant_id))
        return grant if isinstance(grant, Grant) else None

    def grants(self, subject: str | None, client_id: str | None) -> Iterator[Grant]:
        """Iterate over the grants of *subject* and *client_id*; None matches any."""
        for record in self.records.values():
            if (
                isinstance(record, Grant)
                and subject in (None, record.subject)
                and client_id in (None, record.client_id)
            ):
                yield record

    def insert(self, records: Iterable[Record]) -> None:
        """Insert new records, all or none.

        :raises DuplicateRecord: one of them exists.
        """
        new = tuple(records)
        keys = {key_of(record) for record in new}
        if len(keys) < len(new) or not keys.isdisjoint(self.records):
            raise DuplicateRecord("a grant or a token of that identity exists")
        for record in new:
            self.keep(record)

    def keep(self, record: Record) -> None:
        """Insert or replace a record."""
        key = key_of(record)
        earlier = self.records.get(key)
        self.records[key] = record
        if earlier is None or self._due(record) < self._due(earlier):
            heappush(self._agenda, (self._due(record), key))

    def purge(self, now: int, limit: int) -> Purged:
        """Process at most *limit* entries that are due."""
        removed = 0
        for _ in range(limit):
            if not self._something_due(now):
                break
            at, key = heappop(self._agenda)
            removed += self._tidy(key, at, now)
        return Purged(removed, self._something_due(now))

    def _tidy(self, key: Key, at: int, now: int) -> bool:
        record = self.records.get(key)
        if record is None:
            return False
        if (due := self._due(record)) > at:
            # In its turn: a spent token after its grant, which could be extended without it.
            heappush(self._agenda, (due, key))
            return False
        if self._end(record) <= now:
            del self.records[key]
            return True
        if isinstance(record, Token) and self._due(record) <= now:
            record = self.records[key] = replace(record, sealed_answer=None)
        heappush(self._agenda, (self._due(record), key))
        return False

    def _end(self, record: Record) -> int:
        if not isinstance(record, Token):
            return record.expires_at
        grant = self.grant(record.grant_id)
        return kept_until(record, grant.expires_at if grant else None)

    def _due(self, record: Record) -> int:
        # The end of the record is never before that of its sealed answer.
        if isinstance(record, Token) and record.sealed_answer is not None:
            return record.sealed_answer.expires_at
        return self._end(record)

    def _something_due(self, now: int) -> bool:
        return bool(self._agenda) and self._agenda[0][0] <= now
