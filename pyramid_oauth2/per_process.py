"""What a process must not take over from the one that forked it: connections and locks.

A fork copies them. Two processes on one connection read each other's answers,
so that a request with one user's token is answered as another user; a lock
that a thread of the parent holds at that moment is held in the child for ever.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class PerProcess(Generic[Value]):
    """A value of which each process has one of its own, made when it first asks.

    The process is compared at each call. A hook of :func:`os.register_at_fork`
    alone would not do: by default uWSGI forks its workers without running them.

    :param make: makes the value. Two threads that ask first at the same moment
        may both call it; both get the value that one of them made.
    """

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make
        # A value of the parent stays here: to free a connection may mean to write to it.
        self._values: dict[tuple[int, int], Value] = {}

    def __call__(self) -> Value:
        """Return the value of this process."""
        process = (os.getpid(), _forks)
        if process not in self._values:
            # No lock, which might have been held at the fork: setdefault is atomic.
            self._values.setdefault(process, self._make())
        return self._values[process]

    def made(self) -> Value | None:
        """Return the value of this process, None if it never asked for one."""
        return self._values.get((os.getpid(), _forks))


_forks = 0  # between the first process and this one: a process id is used again some day


def _count() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):  # Where there is no fork, there is none to count.
    os.register_at_fork(after_in_child=_count)
