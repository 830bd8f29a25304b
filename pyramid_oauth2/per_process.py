"""Keeps what a process must not inherit from its parent by a fork: connections and locks.

A fork copies them. Two processes on one connection read each other's replies,
so that a request with one user's token is answered as another user. A lock
that a thread of the parent holds at that moment is held in the child for ever.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class PerProcess(Generic[Value]):
    """A value of which each process has its own, made at the first call in that process.

    The process is compared at each call. A hook of :func:`os.register_at_fork`
    alone is not enough: by default uWSGI forks its workers without running these hooks.

    :param make: makes the value. Two threads whose first calls coincide may both
        run it; both get the same one of the two values.
    """

    def __init__(self, make: Callable[[], Value]) -> None:
        self._make = make
        # The parent's value stays referenced: to free a connection may mean to write to it.
        self._values: dict[tuple[int, int], Value] = {}

    def __call__(self) -> Value:
        """Return the value of this process."""
        process = (os.getpid(), _forks)
        if (value := self._values.get(process)) is not None:
            return value
        # Without a lock, which might have been held at the fork: setdefault is atomic.
        return self._values.setdefault(process, self._make())

    def made(self) -> Value | None:
        """Return the value of this process, None if it has not been made."""
        return self._values.get((os.getpid(), _forks))


_forks = 0  # since the first process; needed because process ids are reused


def _count() -> None:
    global _forks
    _forks += 1


if hasattr(os, "register_at_fork"):  # A platform without it has no fork.
    os.register_at_fork(after_in_child=_count)
