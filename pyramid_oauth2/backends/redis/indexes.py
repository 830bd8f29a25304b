"""Sorted sets that lead to records in other slots.

An entry is written before the record that it leads to, and trimmed after its end. So
a record always has its entry, but an entry may lead to no record; or to the grant of another
user, whose decision about the same request was the one that won. A grant holds until when it has
its entries: :func:`~.values.indexed_until`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from ...protocol.listings import NotACursor, check_limit
from ...protocol.records import Grant, Page
from .exchange import Command
from .key_names import client_index, subject_index
from .scripts import INDEX, PAGE
from .server import Server, call
from .values import milliseconds

Entry = tuple[bytes, int]
Item = TypeVar("Item")

BATCH = 500
MOST_READS = 20  # for a page: an empty one has a cursor
DAY = 24 * 60 * 60
BEFORE_ALL = (b"", -(2**53))


def entry_command(index: str, name: str, end: int, now: int) -> Command:
    """Return the command that stores *name* in an index until *end*, or its later end if any."""
    return call(INDEX, [index], now, end, name, milliseconds(end, now))


def indexing_end(end: int, absolute_end: int, now: int) -> int:
    """Return until when a grant that lives until *end* should be in its indexes.

    A quarter longer, so that most refreshes do not write there: that saves the request two
    commands, on a Cluster two round trips. The grant of a code, which lives for a minute, is
    extended by far more.
    """
    margin = (end - now) // 4 if end - now > DAY else 0
    return min(end + margin, max(end, absolute_end))


def grant_entries(grant: Grant, end: int, now: int) -> tuple[Command, Command]:
    """Return the commands that make a grant findable by its user and by its client until *end*."""
    return (
        entry_command(subject_index(grant.subject), grant.id, end, now),
        entry_command(client_index(grant.client_id), grant.id, end, now),
    )


def is_of(grant: Grant, subject: str | None, client_id: str | None) -> bool:
    """Whether a grant is of that user, if one is given, and for that client, if one is given."""
    return subject in (None, grant.subject) and client_id in (None, grant.client_id)


def entries_after(server: Server, index: str, entry: Entry, limit: int) -> list[Entry]:
    """Read names and ends of at most *limit* entries after *entry*, which may be gone."""
    name, end = entry
    return entries_of(server.run(PAGE, [index], end, name, limit, repeatable=True))


def page_command(index: str, entry: Entry, limit: int) -> Command:
    """Return the command of :func:`entries_after`, for several indexes in one step."""
    name, end = entry
    return call(PAGE, [index], end, name, limit)


def entries_of(flat: Sequence[bytes]) -> list[Entry]:
    """Return the entries of a reply to :func:`page_command`."""
    return [(flat[at], int(float(flat[at + 1]))) for at in range(0, len(flat), 2)]


def page_after(
    server: Server, index: str, cursor: str | None, limit: int
) -> tuple[list[str], str | None]:
    """Read a page of an index; return its names, and the cursor of the next one.

    :raises NotACursor: *cursor* is not a cursor of this listing.
    :raises ValueError: *limit* is less than 1.
    """
    check_limit(limit)
    after = BEFORE_ALL if cursor is None else _decode(cursor)
    found = entries_after(server, index, after, limit + 1)
    shown = [(name.decode(), end) for name, end in found[:limit]]
    return [name for name, _ in shown], json.dumps(shown[-1]) if len(found) > limit else None


def page_of(
    server: Server,
    index: str,
    cursor: str | None,
    limit: int,
    read: Callable[[list[str]], Iterable[Item]],
) -> Page[Item]:
    """Read a page of what an index leads to.

    An entry may be there for longer than its record: read on while nothing is found, so that
    the page is empty only where very many are gone.

    :param read: reads what some names stand for; fewer if one is gone or not wanted.
    :raises NotACursor: *cursor* is not a cursor of this listing.
    :raises ValueError: *limit* is less than 1.
    """
    for _ in range(MOST_READS):
        names, cursor = page_after(server, index, cursor, limit)
        items = tuple(read(names))
        if items or cursor is None:
            break
    return Page(items, cursor)


def _decode(cursor: str) -> Entry:
    try:
        name, end = json.loads(cursor)
        after = (name.encode(), end)
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise NotACursor from None
    # Redis stores scores as doubles, which are exact only up to this integer.
    if type(end) is not int or abs(end) > 2**53 or json.dumps([name, end]) != cursor:
        raise NotACursor
    return after


def all_entries(server: Server, index: str) -> Iterator[list[Entry]]:
    """Read an index in batches."""
    last = BEFORE_ALL
    while batch := entries_after(server, index, last, BATCH):
        yield batch
        last = batch[-1]
