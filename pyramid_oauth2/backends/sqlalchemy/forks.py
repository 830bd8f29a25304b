"""No fork while an SQLite file is in use, and none with a connection to it.

SQLite keeps one list of its locks for a process, and a fork copies it. A child
that inherits an open connection believes that the process has locked the file,
and locks it no more. Whoever closes the file then as the last one that has it
locked removes the write-ahead log, and what the child writes is lost. So the
connections are closed *before* a fork (https://sqlite.org/howtocorrupt.html
section 2.6).
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable
from time import monotonic, sleep

log = logging.getLogger(__name__)

PATIENCE = 6  # seconds, longer than a statement waits for another process's lock
TICK = 0.001  # seconds

IN_USE = (
    "This process forks while it waits for its SQLite file. What the child writes may be lost: "
    "fork before the file is used, or use another database."
)


class Uses:
    """The uses of a file by the threads of this process: a context manager for each.

    While a fork waits, no new use begins.

    :param disconnect: closes the connections, when none is in use.
    """

    def __init__(self, disconnect: Callable[[], None]) -> None:
        self._disconnect = disconnect
        # Lists, since append and pop are atomic: a lock might be held at the fork.
        self._running: list[None] = []
        self._forks: list[None] = []
        _files.append(weakref.ref(self, _files.remove))

    def __enter__(self) -> None:
        # Said before it is asked, so that one of the two threads sees the other.
        self._running.append(None)
        while self._forks:
            self._running.pop()
            sleep(TICK)
            self._running.append(None)

    def __exit__(self, *_error: object) -> None:
        self._running.pop()

    def before_fork(self) -> None:
        """Wait until nothing runs, and close the connections."""
        self._forks.append(None)
        deadline = monotonic() + PATIENCE
        while self._running and monotonic() < deadline:
            sleep(TICK)
        if self._running:
            log.warning(IN_USE)
        self._disconnect()

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._forks.pop()

    def after_fork_in_child(self) -> None:
        """Begin anew: the threads that waited or worked are the parent's."""
        self._forks.clear()
        self._running.clear()


_files: list[weakref.ref[Uses]] = []


def _each(method: Callable[[Uses], None]) -> Callable[[], None]:
    def call() -> None:
        for file in tuple(_files):
            if (uses := file()) is not None:
                method(uses)

    return call


os.register_at_fork(
    before=_each(Uses.before_fork),
    after_in_parent=_each(Uses.after_fork_in_parent),
    after_in_child=_each(Uses.after_fork_in_child),
)
