"""Sessions that have ended, and whose end is not finished: grants, and notices for clients.

A process may end in between, and a store may be away for a moment. So the entry of such a session
keeps it until both are done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from ..interfaces.server import IServer
from ..protocol.listings import every
from ..protocol.lost_responses import until_known
from ..protocol.records import Entry
from .back_channel import LEASE, Outbox
from .session_record import ENDED, NAMESPACE, Ended, ended_entry, unfinished

PAGE = 100


@dataclass(frozen=True, slots=True)
class UnfinishedEnd:
    """An ended session, and its entry."""

    entry: Entry
    ended: Ended


class UnfinishedEnds:
    """Those in the store.

    :param outbox: gets the notices.
    """

    def __init__(self, server: IServer, outbox: Outbox) -> None:
        self._server, self._outbox = server, outbox

    def of_user(self, subject: str) -> tuple[UnfinishedEnd, ...]:
        """Those of a user."""
        return tuple(each for each in self._all() if each.ended.session.subject == subject)

    def left(self) -> frozenset[str]:
        """The users of those at which no call is any more that has begun them."""
        now = self._server.clock()
        return frozenset(
            each.ended.session.subject for each in self._all() if each.ended.at + LEASE <= now
        )

    def left_at(self) -> int | None:
        """When the next one is left, in UTC seconds; None if there is none."""
        return min((each.ended.at + LEASE for each in self._all()), default=None)

    def finish(self, found: Iterable[UnfinishedEnd]) -> int:
        """Write their notices, now that their grants have ended; return how many.

        :raises StoreUnavailable: the store cannot write; those that are left stay unfinished.
        """
        return sum(map(self._finish, found))

    def _finish(self, each: UnfinishedEnd) -> int:
        written = self._outbox.write(each.ended)
        marked = ended_entry(each.entry, self._server.clock(), self._server.random)
        # If another call has written them too, it has written the same.
        until_known(partial(self._server.entries.put, marked, each.entry.version))
        return written

    def _all(self) -> Iterator[UnfinishedEnd]:
        entries = self._server.entries
        for entry in every(lambda at: entries.list(NAMESPACE, ENDED, at, PAGE)):
            if (ended := unfinished(entry)) is not None:
                yield UnfinishedEnd(entry, ended)
