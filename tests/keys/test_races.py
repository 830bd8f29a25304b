"""Eight processes at the same moment, on every store: one first key, and one of each generation."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.racing import rounds
from pyramid_oauth2.interfaces import IBackend
from pyramid_oauth2.jose.public_keys import KeySet
from tests.backends import redis_contract
from tests.backends.openers import Opener, opener_of

from .rings import NOW, World

PROCESSES = 8
PATIENCE = 60  # seconds that one waits for the others
ROTATION, ANNOUNCED = World().schedule.rotation, World().schedule.announced
DATA = b"signed by each of them"

Signed = list[tuple[str, bytes]]
"""The key and the signature of one process, by moment."""

_start: Any = None


def _join(start: Any) -> None:
    global _start
    _start = start


def _life(opener: Opener, algorithm: str, moments: Sequence[float]) -> Signed:
    """Sign at each of the moments, together with the other processes."""
    backend = opener()
    try:
        world = World(backend.entries)
        ring, signed = world.ring(), []
        for world.now in moments:
            _start.wait(PATIENCE)
            kid = ring.key_for(algorithm)
            signed.append((kid, ring.sign(DATA, kid, algorithm)))
        return signed
    finally:
        backend.close()


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    # Spawned: a fork would copy locks that another of our threads may hold.
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, _join, (start,)) as pool:
        yield pool


@pytest.fixture
def threads() -> Iterator[Executor]:
    _join(threading.Barrier(PROCESSES))
    with ThreadPoolExecutor(PROCESSES) as pool:
        yield pool


# In a Cluster one server has all entries.
STORES = ("memory", "sqlite", "postgresql", "mariadb", "redis")


@dataclass(frozen=True)
class Store:
    """An empty store, and the processes that open it."""

    opener: Opener
    pool: Executor
    backend: IBackend

    @property
    def world(self) -> World:
        return World(self.backend.entries)

    def signed(self, algorithm: str, moments: Sequence[float]) -> list[Signed]:
        """What each process has signed."""
        lives = [self.pool.submit(_life, self.opener, algorithm, moments) for _ in range(PROCESSES)]
        return [life.result() for life in lives]


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    name = request.param
    opener = opener_of(name, request, tmp_path)
    pool = request.getfixturevalue("threads" if name == "memory" else "processes")
    backend = opener()
    if name.startswith("redis"):
        redis_contract.flush(backend)
    yield Store(opener, pool, backend)
    backend.close()


# To make an RSA key takes long, and of each process another time.
@pytest.mark.parametrize(("algorithm", "times"), [("ES256", 3), ("RS256", 1)])
def test_the_first_key(store: Store, algorithm: str, times: int) -> None:
    for _ in range(times):
        signed = [first for (first,) in store.signed(algorithm, [NOW])]
        assert store.world.names() == [f"{algorithm}.1"]
        (key,) = KeySet.of(store.world.ring().published()).keys
        assert {kid for kid, _ in signed} == {key.kid}
        assert all(key.verifies(algorithm, DATA, signature) for _, signature in signed)
        store.backend.entries.delete("signing_keys", f"{algorithm}.1")


def test_each_next_key(store: Store) -> None:
    changes = range(1, rounds() + 1)
    announced = [NOW + number * ROTATION - ANNOUNCED for number in changes]
    active = [NOW + number * ROTATION for number in changes]
    moments = sorted([NOW, *announced, *active])
    by_moment = zip(*store.signed("ES256", moments), strict=True)
    kids = [{kid for kid, _ in signed} for signed in by_moment]
    assert [len(each) for each in kids] == [1] * len(moments)
    # The first signs when it is made and when the second is announced, and so on.
    assert kids[0:-1:2] == kids[1::2]
    last = len(changes) + 1
    assert len(set.union(*kids)) == last
    assert store.world.names() == [f"ES256.{last - 1}", f"ES256.{last}"]
