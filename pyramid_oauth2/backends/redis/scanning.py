"""Scanning all keys: to copy everything, and to purge.

A scan never blocks the server: it is done in small steps, and one call of
:meth:`Purging.purge` scans no more keys than it may remove records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from threading import Lock
from typing import TypeVar

from ...per_process import PerProcess
from ...protocol.listings import NotACursor, check_limit
from ...protocol.records import Page, Purged
from .exchange import Command
from .server import Server

Record = TypeVar("Record")

# The most keys that one call of `purge` scans. Few, so that a call is short: a
# time-to-live removes everything in the end.
STEP = 100
BATCH = 100
MOST = 2**64  # The cursor of SCAN is an unsigned integer of 64 bits.


class Purging:
    """Removes expired records before their time-to-live does, some of the keys at each call.

    :param command_of: returns the command that purges one key, None for a key
        that is skipped. The command returns how many records it removed, or a
        negative number if it has to be run again.
    """

    def __init__(self, server: Server, command_of: Callable[[str, int], Command | None]) -> None:
        self._server, self._command_of = server, command_of
        self._lock = PerProcess(Lock)
        self._remaining: Iterator[str] | None = None

    def purge(self, now: int, limit: int) -> Purged:
        """Scan at most *limit* further keys; there is more until all have been scanned."""
        with self._lock():
            remaining, self._remaining = self._remaining or every_key(self._server), None
            step = min(limit, STEP)
            keys = list(islice(remaining, step))
            # A dictionary, since a scan may return a key twice.
            commands = {key: command for key in keys if (command := self._command_of(key, now))}
            answers = self._server.many(commands.values(), writes=True)
            again = [key for key, answer in zip(commands, answers, strict=True) if answer < 0]
            more = bool(again) or len(keys) == step
            if more:
                # Not stored before: after an error the next call starts a new scan.
                self._remaining = chain(again, remaining)
            return Purged(sum(answer for answer in answers if answer > 0), more)


def export_page(
    server: Server,
    read: Callable[[list[str]], Sequence[Record]],
    cursor: str | None,
    limit: int,
) -> Page[Record]:
    """Read a page of all records.

    The cursor holds the keys that the last step returned beyond the page, since
    the server returns them only once. As long as the cursor is used, the masters
    of a Cluster must stay the same.

    :param read: reads the records of some keys; fewer if one is gone or is not a
        record.
    :raises NotACursor: *cursor* is not a cursor of such a listing.
    :raises ValueError: *limit* is less than 1.
    """
    check_limit(limit)
    node, position, pending = (0, 0, []) if cursor is None else _decode(cursor)
    nodes = server.nodes()
    records: list[Record] = []
    while node < nodes or pending:
        if not pending:
            position, pending = server.scan(node, position, limit)
            node += position == 0
        room = limit - len(records)
        if not room:
            break
        records += read(pending[:room])
        pending = pending[room:]
    more = pending or node < nodes
    return Page(tuple(records), json.dumps([node, position, pending]) if more else None)


def every_key(server: Server) -> Iterator[str]:
    """Iterate over all our keys; a key that exists throughout is returned at least once."""
    for node in range(server.nodes()):
        cursor = -1
        while cursor:
            cursor, keys = server.scan(node, max(cursor, 0), BATCH)
            yield from keys


def _decode(cursor: str) -> tuple[int, int, list[str]]:
    try:
        node, position, pending = json.loads(cursor)
    except (ValueError, TypeError, RecursionError):
        raise NotACursor from None
    numbers = [type(number) is int and 0 <= number < MOST for number in (node, position)]
    names = isinstance(pending, list) and all(isinstance(key, str) for key in pending)
    if not all(numbers) or not names or json.dumps([node, position, pending]) != cursor:
        raise NotACursor
    return node, position, pending
