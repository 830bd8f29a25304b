"""Walking through all keys: for a copy of everything, and for purging.

A walk never holds up the server: it is made of small steps, and each call of
:meth:`Purging.purge` takes only as many as it may remove records.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from threading import Lock
from typing import TypeVar

from ...per_process import PerProcess
from ...protocol.records import Page, Purged
from .server import Command, Server, every_key

Record = TypeVar("Record")

# Keys that one call of `purge` looks at. Few, since issuing sweeps as well, and
# a time-to-live removes everything in the end.
STEP = 100


class Purging:
    """Removes what is over before its time-to-live does, a part of the keys a call.

    :param command_of: the command that purges a key at a time, None for a key
        of no concern. It answers how many records it removed, or a negative
        number if it has to be run again.
    """

    def __init__(self, server: Server, command_of: Callable[[str, int], Command | None]) -> None:
        self._server, self._command_of = server, command_of
        self._lock = PerProcess(Lock)
        self._walk: Iterator[str] | None = None

    def purge(self, now: int, limit: int) -> Purged:
        """Look at the next keys, *limit* at most; there is more until all have been looked at."""
        with self._lock():
            walk, self._walk = self._walk or every_key(self._server), None
            step = min(limit, STEP)
            keys = list(islice(walk, step))
            # By key: a scan may show one twice, and it is removed once.
            commands = {key: command for key in keys if (command := self._command_of(key, now))}
            answers = self._server.many(commands.values())
            again = [key for key, answer in zip(commands, answers, strict=True) if answer < 0]
            more = bool(again) or len(keys) == step
            if more:
                # Only now: after a failure the next call begins anew.
                self._walk = chain(again, walk)
            return Purged(sum(answer for answer in answers if answer > 0), more)


def export_page(
    server: Server,
    read: Callable[[list[str]], Sequence[Record]],
    cursor: str | None,
    limit: int,
) -> Page[Record]:
    """Read a page of all records.

    The cursor holds the keys that the last step brought beyond the page: the
    server gives them only once. While it lasts, a Cluster must keep its masters.

    :param read: reads the records behind some keys, fewer where one is gone
        or is no record.
    """
    node, position, pending = (0, 0, []) if cursor is None else json.loads(cursor)
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
