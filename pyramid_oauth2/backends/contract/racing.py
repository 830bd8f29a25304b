"""Calls that start at the same moment, in many threads and in several processes.

A race is a list of rounds, a round a list of calls, a call a function of one
store, by default that of the grants. All calls of a round are released
together; the next round starts when all have returned. Between processes the
calls travel by pickle: ``operator.methodcaller("redeem", ...)`` is one.
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
    """How often a race is run: 100 times the environment's TEST_ROUNDS (0.1), at least 3."""
    return max(3, round(100 * float(os.environ.get("TEST_ROUNDS", "0.1"))))


def race_of_threads(backend: IBackend, races: Rounds, role: str = "grants") -> list[list[Any]]:
    """Run each round with a thread for each call.

    :param role: whose store the calls are for, an attribute of *backend*.
    :return: the results by round and call; a :exc:`DuplicateRecord` is a
        result, any other exception is raised.
    """
    return _run(getattr(backend, role), races, ready=lambda: None)


def race_of_processes(
    opener: Callable[[], IBackend], races: Rounds, role: str = "grants"
) -> list[list[Any]]:
    """Run each round with its calls dealt out to processes, and there to threads.

    :return: as :func:`race_of_threads`.
    """
    hands = [[calls[number::PROCESSES] for calls in races] for number in range(PROCESSES)]
    pool = _processes()
    try:
        playing = [pool.submit(_play, opener, hand, role) for hand in hands]
        wait(playing)
        # The cause first: whoever waits with a racer that fails only sees the barrier break.
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
                # A process that was dealt none: the others wait for it all the same.
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
    # Spawned: a fork would copy locks that another thread of ours may hold.
    # Kept for all races: a spawned process needs half a second to import.
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
    """Runs every race between threads, and between processes with threads of their own."""

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
        """How many want one record: 16 a process, where there are processes."""
        return 16 * (PROCESSES if getattr(race, "func", None) is race_of_processes else 1)
