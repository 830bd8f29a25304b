"""A storage of attempts that does not answer is not waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from pyramid_oauth2 import bounded_storage
from pyramid_oauth2.attempt_storage import make_throttle
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.bounded_storage import BoundedStorage
from pyramid_oauth2.settings import Settings
from tests.servers import redis_url  # noqa: F401
from tests.servers.faulty_proxy import DRIP, MUTE, FaultyProxy

SPARE = 1.5


class Stuck:
    """A client library that waits until the test ends."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.waiting = 0

    def incr(self, key: str, expiry: int) -> int:
        self.waiting += 1
        self.done.wait()
        return 1

    def get_expiry(self, key: str) -> float:
        raise OSError("no route to host")


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    stuck = Stuck()
    yield stuck
    stuck.done.set()


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded_storage, "SECONDS", 0.2)


def test_it_is_waited_for_a_short_time_only(stuck: Stuck):
    began = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer"):
        BoundedStorage(stuck).incr("key", 60)  # type: ignore[arg-type]
    assert time.monotonic() - began < SPARE


def test_its_error_is_raised(stuck: Stuck):
    with pytest.raises(OSError, match="no route to host"):
        BoundedStorage(stuck).get_expiry("key")  # type: ignore[arg-type]


def test_the_number_of_threads_is_limited(stuck: Stuck, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bounded_storage, "MOST", 2)
    storage = BoundedStorage(stuck)  # type: ignore[arg-type]
    for reason in ("no answer", "no answer", "too many", "too many"):
        with pytest.raises(TimeoutError, match=reason):
            storage.incr("key", 60)
    assert stuck.waiting == 2
    stuck.done.set()
    assert storage.incr("key", 60) == 1


@pytest.mark.parametrize("mode", [MUTE, DRIP])
def test_a_redis_behind_a_faulty_proxy(redis_url: str, mode: str):  # noqa: F811
    proxy = FaultyProxy(int(redis_url.rpartition(":")[2].partition("/")[0]))
    uri = f"redis://127.0.0.1:{proxy.port}/1"
    throttle = make_throttle(Settings(throttle_storage=uri), MemoryBackend())
    counter = throttle.counter
    assert counter.count(f"oauth2:test:{uuid4()}", 60) == 1
    proxy.mode = mode
    began = time.monotonic()
    assert counter.count(f"oauth2:test:{uuid4()}", 60) == 1, "counted in this process"
    assert time.monotonic() - began < SPARE
    proxy.close()
