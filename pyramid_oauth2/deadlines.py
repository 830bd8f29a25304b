"""Limits how long a thread waits for another machine, also for one that sends too slowly.

The time limits of drivers are for a single read each, or are kept by the server. A
server that sends a byte now and then, or only acknowledges what it receives, passes
all of them. So an operation has a deadline here, and at its end another thread shuts
down the sockets that the operation uses: its driver then reports a lost connection.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from time import monotonic, sleep

from .per_process import PerProcess

# For one operation. Longer than a database takes to end a slow statement by itself, which gives
# the more precise message.
SECONDS = 8.0
# For all operations of one request together. Longer than for one, so that a request whose first
# operation got no response has time to repeat it.
REQUEST_SECONDS = 11.0
OVERDUE = (
    "{} did not answer in time: it is overloaded, or something between here and there stops its "
    "responses."
)
TICK = 0.1  # seconds by which a socket may be shut down too late
IDLE_TICKS = 100  # after which the thread ends; the next socket starts it again


class Deadline:
    """The end of an operation; a context manager that makes it this thread's deadline.

    Within another deadline, the earlier end counts.

    :param seconds: for the operation; default :data:`SECONDS`.
    """

    __slots__ = ("_begin", "_end", "_outer", "_sockets", "_thread")

    def __init__(self, seconds: float | None = None) -> None:
        thread = self._thread = _thread()
        self._begin = monotonic()
        self._outer: Deadline | None = thread.deadline
        self._end: float = self._begin + min(SECONDS if seconds is None else seconds, thread.left)
        if self._outer is not None:
            self._end = min(self._end, self._outer._end)
        self._sockets: list[int] = []

    def __enter__(self) -> Deadline:
        self._thread.deadline = self
        return self

    def __exit__(self, *_error: object) -> None:
        thread = self._thread
        thread.deadline = self._outer
        for duplicate in self._sockets:
            _watchers().remove(duplicate)
        if self._outer is None:
            thread.left -= monotonic() - self._begin

    @property
    def passed(self) -> bool:
        """Whether the operation has taken too long, so that its connections are unusable."""
        return monotonic() >= self._end

    def check(self) -> None:
        """Raise :exc:`TimeoutError` if the deadline has passed."""
        if self.passed:
            raise TimeoutError("the time for this operation is over")

    def watch(self, descriptor: int) -> None:
        """Shut down the socket at the deadline, unless the operation has ended before.

        :raises TimeoutError: the deadline has passed already.
        """
        self.check()
        with suppress(OSError):  # No descriptor is left: better unwatched than refused.
            self._sockets.append(_watchers().add(descriptor, self._end))


class _Thread(threading.local):
    deadline: Deadline | None = None
    left: float = float("inf")  # seconds for which the request of this thread may still wait


# Also this: a process that is forked within a request is not limited by what is left of it.
_thread = PerProcess(_Thread)


class RequestLimit:
    """Limits all operations within, together, to :data:`REQUEST_SECONDS`: a context manager.

    Only the operations and :func:`pause` count, not what the application does between them.
    """

    # A class, since every request of the application pays for a generator's two microseconds.
    __slots__ = ("_before", "_thread")

    def __enter__(self) -> None:
        thread = self._thread = _thread()
        self._before, thread.left = thread.left, REQUEST_SECONDS
        # Should a time limit of the application have raised at the very end of one.
        thread.deadline = None

    def __exit__(self, *_error: object) -> None:
        self._thread.left = self._before


def pause(seconds: float) -> bool:
    """Wait before an operation is repeated, unless no time would be left for it.

    :return: whether it has waited.
    """
    thread = _thread()
    if thread.left <= seconds:
        return False
    sleep(seconds)
    thread.left -= seconds
    return True


def watch(descriptor: int) -> None:
    """Watch a socket under the deadline of this thread, if it has one.

    :raises TimeoutError: the deadline has passed already.
    """
    if (deadline := _thread().deadline) is not None:
        deadline.watch(descriptor)


def check() -> None:
    """Raise :exc:`TimeoutError` if this thread has a deadline that has passed."""
    if (deadline := _thread().deadline) is not None:
        deadline.check()


class _Watcher:
    """The sockets that this process waits for, and the thread that shuts down the overdue ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: dict[int, float] = {}
        self._running = False

    def add(self, descriptor: int, end: float) -> int:
        """Watch a duplicate of *descriptor*, and return it.

        The number of the original may belong to another socket by the time it is overdue.
        """
        duplicate = socket.dup(descriptor)
        with self._lock:
            self._ends[duplicate] = end
            if not self._running:
                # No thread can be started when the interpreter exits, or the machine has too many.
                with suppress(RuntimeError):
                    threading.Thread(target=self._run, name="oauth2-deadlines", daemon=True).start()
                    self._running = True
        return duplicate

    def remove(self, duplicate: int) -> None:
        """End the watch; without effect on what the parent process watches."""
        with self._lock:
            self._ends.pop(duplicate, None)
        with suppress(OSError):  # Other code has closed it.
            socket.close(duplicate)

    def _run(self) -> None:
        idle = 0
        while True:
            sleep(TICK)
            with self._lock:
                idle = 0 if self._ends else idle + 1
                if idle > IDLE_TICKS:
                    self._running = False
                    return
                self._shut_down_overdue()

    def _shut_down_overdue(self) -> None:
        now = monotonic()
        for duplicate in [each for each, end in self._ends.items() if end <= now]:
            del self._ends[duplicate]
            # The other side has closed it, or other code here: this thread must not end of that.
            with suppress(OSError):
                _shut_down(duplicate)


def _shut_down(descriptor: int) -> None:
    its = socket.socket(fileno=descriptor)
    try:
        its.shutdown(socket.SHUT_RDWR)
    finally:
        its.detach()


_watchers = PerProcess(_Watcher)
