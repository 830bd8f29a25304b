"""Prevents a fork while an SQLite file is in use, and one that inherits a connection to it.

SQLite keeps one list of its locks for each process, and a fork copies it. A
child that inherits an open connection assumes that the process has locked the
file, and does not lock it again. If the last other process that has locked the
file then closes it, that process removes the write-ahead log, and what the child
writes is lost. So the connections are closed *before* a fork
(https://sqlite.org/howtocorrupt.html section 2.6).
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic, sleep

from ...protocol.records import StoreUnavailable

log = logging.getLogger(__name__)

PATIENCE = 6  # seconds, longer than a statement waits for another process's lock
TICK = 0.001  # seconds

IN_USE = (
    "This process forks while it waits for its SQLite file, which the child cannot use then: fork "
    "before the file is used, or use another database."
)
INHERITED = (
    "This process was forked while its SQLite file was open, so that what it writes could be lost. "
    "Fork before the file is used (uWSGI: lazy-apps = true), or use another database."
)


class Uses:
    """The uses of SQLite files by the threads of this process: a context manager for each.

    No process is forked within one: a fork waits for them, and no new one begins
    meanwhile. (SQLite has internal locks too, which would stay held in a child.)

    :param disconnect: closes the connections, when none is in use; not needed
        where each use has a connection of its own.
    """

    def __init__(self, disconnect: Callable[[], None] = lambda: None) -> None:
        self._disconnect = disconnect
        # A list, since append and pop are atomic: a lock might be held at the fork.
        self._running: list[None] = []
        # The process whose connections may be open; never a parent.
        self._process = os.getpid()
        self._opened = False
        _files.append(weakref.ref(self, _files.remove))

    def __enter__(self) -> None:
        """Begin a use.

        :raises StoreUnavailable: the parent process had the file open when it forked,
            because its hooks were not run or a use took too long.
        """
        if self._process != os.getpid():
            if self._opened:
                raise StoreUnavailable(INHERITED)
            self._process = os.getpid()
        # Appended before the check, so that of two threads one always sees the other.
        self._running.append(None)
        while _forking:
            self._running.pop()
            sleep(TICK)
            self._running.append(None)
        self._opened = True

    def __exit__(self, *_error: object) -> None:
        # The list is empty in the child of a fork within a use. Not by suppress(), which
        # takes as long as all the rest of a use.
        try:  # noqa: SIM105
            self._running.pop()
        except IndexError:
            pass

    def closed(self) -> None:
        """Record that no connection is open, unless a use is in progress."""
        self._opened = bool(self._running)

    def before_fork(self) -> None:
        """Wait until no use is in progress, and close the connections."""
        deadline = monotonic() + PATIENCE
        try:
            while self._running:
                if monotonic() > deadline:
                    log.warning(IN_USE)
                    return
                sleep(TICK)
            self._opened = False
        finally:
            self._disconnect()

    def after_fork_in_child(self) -> None:
        """Start with no uses: the threads that waited or worked belong to the parent."""
        self._running.clear()


_files: list[weakref.ref[Uses]] = []
# One entry for each fork in progress, in any thread.
_forking: list[None] = []


def _before() -> None:
    _forking.append(None)
    _each(Uses.before_fork)


def _after_in_child() -> None:
    _forking.clear()
    _each(Uses.after_fork_in_child)


def _each(method: Callable[[Uses], None]) -> None:
    # All of them, even if Ctrl-C interrupts one that waits.
    with ExitStack() as stack:
        for file in tuple(_files):
            if (uses := file()) is not None:
                stack.callback(method, uses)


if hasattr(os, "register_at_fork"):  # A platform without it has no fork.
    os.register_at_fork(
        before=_before, after_in_parent=_forking.pop, after_in_child=_after_in_child
    )
