"""Calls that start at the same moment, in many threads and in several processes.

A race is a list of rounds, a round is a list of calls, a call is a function of one
store, by default the grant store. All calls of a round are started together; the
next round starts when all have returned. Calls are sent to other processes by
pickle: use ``operator.methodcaller("redeem", ...)``, for example.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from functools import cache, partial
from multiprocessing.synchronize import Barrier
from typing import Any, Protocol, TypeAlias

import pytest

from pyramid_oauth2.interfaces import IBackend
from pyramid_oauth2.protocol.records import DuplicateRecord

from .harness import Contract

Call: TypeAlias = Callable[[Any], Any]
Rounds: TypeAlias = Sequence[Sequence[Call]]

PROCESSES = 4
RACERS = 8
PATIENCE = 60  # seconds that one racer waits for the others


class Race(Protocol):
    """Runs rounds on the store of a role, and returns the results by round and call."""

    def __call__(self, races: Rounds, role: str = "grants") -> list[list[Any]]:
        """Run them."""


def rounds() -> int:
    """How many rounds a race has: 100 times the environment's TEST_ROUNDS (0.1), at least 3."""
    return max(3, round(100 * float(os.environ.get("TEST_ROUNDS", "0.1"))))


def race_of_threads(backend: IBackend, races: Rounds, role: str = "grants") -> list[list[Any]]:
    """Run each round with one thread for each call.

    :param role: the store that the calls are for, an attribute of *backend*.
    :return: the results by round and call; a :exc:`DuplicateRecord` is a
        result, any other exception is raised.
    """
    return _run(getattr(backend, role), races, ready=lambda: None)


def race_of_processes(
    opener: Callable[[], IBackend], races: Rounds, role: str = "grants"
) -> list[list[Any]]:
    """Run each round with its calls distributed to processes, and to threads in each.

    :return: as :func:`race_of_threads`.
    """
    hands = [[calls[number::PROCESSES] for calls in races] for number in range(PROCESSES)]
    pool = _processes()
    try:
        playing = [pool.submit(_play, opener, hand, role) for hand in hands]
        wait(playing)
        # The cause first: a racer that waits for one that failed only sees the barrier break.
        failures = [error for future in playing if (error := future.exception())]
        for error in sorted(failures, key=lambda e: isinstance(e, threading.BrokenBarrierError)):
            raise error
        played = [future.result() for future in playing]
    except BaseException:
        _processes.cache_clear()  # Its barrier is broken.
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return [_undeal([hand[number] for hand in played]) for number in range(len(races))]


def _undeal(hands: list[list[Any]]) -> list[Any]:
    results = [None] * sum(map(len, hands))
    for number, hand in enumerate(hands):
        results[number::PROCESSES] = hand
    return results


def _run(store: Any, races: Rounds, ready: Callable[[], Any]) -> list[list[Any]]:
    results = []
    with ThreadPoolExecutor(max(1, *map(len, races))) as pool:
        for calls in races:
            if not calls:
                # This process has no calls in this round: the others wait for it nevertheless.
                ready()
            start = threading.Barrier(max(1, len(calls)), action=ready, timeout=PATIENCE)
            running = [pool.submit(_start, call, store, start) for call in calls]
            results.append([future.result() for future in running])
    return results


def _start(call: Call, store: Any, start: threading.Barrier) -> Any:
    start.wait()
    try:
        return call(store)
    except DuplicateRecord as duplicate:
        return duplicate


@cache
def _processes() -> ProcessPoolExecutor:
    # Spawned: a fork would copy locks that another of our threads may hold.
    # Kept for all races: a spawned process needs half a second for its imports.
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES, timeout=PATIENCE)
    return ProcessPoolExecutor(PROCESSES, context, initializer=_join, initargs=(barrier,))


_barrier: Barrier | None = None


def _join(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def _play(opener: Callable[[], IBackend], races: Rounds, role: str) -> list[list[Any]]:
    assert _barrier is not None
    backend = opener()
    try:
        return _run(getattr(backend, role), races, ready=_barrier.wait)
    except BaseException:
        _barrier.abort()
        raise
    finally:
        backend.close()


class Racecourse(Contract):
    """Runs every race between threads, and between processes that have several threads."""

    @pytest.fixture(params=["threads", "processes"])
    def race(self, request: pytest.FixtureRequest) -> Race:
        """How to run a race."""
        if request.param == "threads":
            return partial(race_of_threads, self.backend)
        opener = self.open_elsewhere()
        if opener is None:
            pytest.skip("no races between processes: the store is in one (no open_elsewhere())")
        return partial(race_of_processes, opener)

    def crowd(self, race: Race) -> int:
        """How many calls compete for one record: 16 for each process, if there are processes."""
        return 16 * (PROCESSES if getattr(race, "func", None) is race_of_processes else 1)
