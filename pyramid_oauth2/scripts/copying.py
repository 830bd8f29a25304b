"""Copying one store into another, and comparing the two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Protocol, TypeVar

from ..protocol.listings import every
from ..protocol.records import Page, Token, kept_until
from .exported import Record, content_of, end_of, key_of, kind_of, name_of

BATCH = 500
# The most records that a comparison holds in memory at once, at about 150 bytes a
# record; both sides of a larger store are read once for each such part.
MOST_AT_ONCE = 1_000_000
EXAMPLES = 10

Item = TypeVar("Item")
Progress = Callable[[int], None]


class Store(Protocol):
    """What the stores of all roles have in common."""

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Any]:
        """Return one page of everything."""

    def import_(self, records: Iterable[Any]) -> int:
        """Insert what is not there; return how many were new."""


@dataclass
class Copied:
    """What was read from the old store, by kind, and how much of it the new one did not have."""

    read: Counter[str] = field(default_factory=Counter)
    new: int = 0


@dataclass
class Findings:
    """How many records of one sort were found, and the names of the first ones."""

    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, record: Record) -> None:
        """Count one more record."""
        self.count += 1
        if self.count <= EXAMPLES:
            self.examples.append(name_of(record))


@dataclass
class Comparison:
    """What the new store lacks, what is different in it, and what only it has."""

    missing: Findings = field(default_factory=Findings)
    different: Findings = field(default_factory=Findings)
    extra: Findings = field(default_factory=Findings)


def copy_store(old: Store, new: Store, progress: Progress) -> Copied:
    """Copy what *new* does not have. It may be stopped and called again to continue.

    :param progress: called after every batch with the number of records just read.
    """
    copied = Copied()
    for batch in _batches(every(old.export)):
        copied.new += new.import_(batch)
        copied.read.update(map(kind_of, batch))
        progress(len(batch))
    return copied


def compare_stores(
    old: Store, new: Store, count: int, clock: Callable[[], int], progress: Progress
) -> Comparison:
    """Look up everything of *old* in *new*, and the other way round.

    :param count: about how many records *old* has.
    :param clock: returns the time in UTC seconds; an expired record need not be in both.
    :param progress: called after every batch with the number of records just compared.
    """
    comparison = Comparison()
    parts = 1 + count // MOST_AT_ONCE
    for part in range(parts):
        there = {key: content for _, key, content in _hashed(new, part, parts)}
        extra = set(there)
        for batch in _batches(_hashed(old, part, parts)):
            for record, key, content in batch:
                extra.discard(key)
                if key in there:
                    if there[key] != content:
                        comparison.different.add(record)
                elif not _has_ended(old, record, clock()):
                    comparison.missing.add(record)
            progress(len(batch))
        for record in _records(new, part, parts, extra):
            if not _has_ended(new, record, clock()):
                comparison.extra.add(record)
    return comparison


def _batches(items: Iterator[Item]) -> Iterator[list[Item]]:
    while batch := list(islice(items, BATCH)):
        yield batch


def _hashed(store: Store, part: int, parts: int) -> Iterator[tuple[Record, int, int]]:
    # 64 bits are enough to find damage and changes. Forging a record with the same hash
    # gains nothing: an attacker who could do that could write any record.
    for record in every(store.export):
        key = hash(key_of(record))
        if key % parts == part:
            yield record, key, hash(content_of(record))


def _records(store: Store, part: int, parts: int, keys: set[int]) -> Iterator[Record]:
    # Read again, if there are any: holding all of them in memory for their names would
    # cost far more.
    if keys:
        yield from (record for record, key, _ in _hashed(store, part, parts) if key in keys)


def _has_ended(store: Any, record: Record, now: int) -> bool:
    end = end_of(record)
    if isinstance(record, Token) and record.consumed_at is not None:
        found = store.find(record.ref)
        grant = found[1] if found else None
        end = kept_until(record, grant.expires_at if grant else None)
    return end is not None and end <= now
