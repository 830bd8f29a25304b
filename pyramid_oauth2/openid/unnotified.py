"""Sessions that have ended, and whose clients have no notice yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from ..interfaces.server import IServer
from ..protocol.listings import every
from ..protocol.lost_responses import until_known
from ..protocol.records import Entry
from .back_channel import LEASE, Outbox
from .session_record import ENDED, NAMESPACE, Ended, ended_entry, unnotified

PAGE = 100


class Unnotified:
    """Writes their notices. A process that ends meanwhile, or a store that is away, loses none.

    :param outbox: gets them.
    """

    def __init__(self, server: IServer, outbox: Outbox) -> None:
        self._server, self._outbox = server, outbox

    def write(self, subject: str) -> int:
        """Write the notices of a user's sessions; return how many.

        :raises StoreUnavailable: the store cannot read or write; the next call writes the rest.
        """
        return self._write(lambda ended: ended.session.subject == subject)

    def write_left(self) -> int:
        """The same for what a call has left that does not run any more."""
        return self._write(lambda ended: ended.at + LEASE <= self._server.clock())

    def _write(self, of: Callable[[Ended], bool]) -> int:
        return sum(self._written(entry, ended) for entry, ended in self._found() if of(ended))

    def _written(self, entry: Entry, ended: Ended) -> int:
        written = self._outbox.write(ended)
        marked = ended_entry(entry, self._server.clock(), self._server.random)
        # If another call has written them too, it has written the same.
        until_known(partial(self._server.entries.put, marked, entry.version))
        return written

    def _found(self) -> Iterator[tuple[Entry, Ended]]:
        entries = self._server.entries
        for entry in every(lambda at: entries.list(NAMESPACE, ENDED, at, PAGE)):
            if (ended := unnotified(entry)) is not None:
                yield entry, ended
