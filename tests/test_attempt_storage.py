"""Where attempts are counted: bounded in this process, and in a storage while it works."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2.attempt_storage import (
    MOST_SOURCES,
    PAUSE,
    AttemptCounter,
    ProcessMemory,
    make_throttle,
)
from pyramid_oauth2.protocol.throttling import Uncounted
from pyramid_oauth2.settings import Settings
from tests.servers import redis_url  # noqa: F401

MINUTE = 60


class Time:
    """Two clocks: the system's, which can be set, and one that only goes on."""

    def __init__(self) -> None:
        self.set_by = 0.0
        self.passed = 1000.0  # seconds since the machine was started

    def __call__(self) -> float:
        return 1_800_000_000.0 + self.passed + self.set_by

    def monotonic(self) -> float:
        return self.passed


def counter_with(storage: Any, clock: Time) -> AttemptCounter:
    storages = None if storage is None else lambda: storage
    return AttemptCounter(storages, clock, clock.monotonic)


@pytest.fixture
def clock() -> Time:
    return Time()


class Failing:
    """A storage that cannot be reached."""

    def __init__(self) -> None:
        self.asked = 0

    def incr(self, key: str, expiry: int) -> int:
        self.asked += 1
        raise OSError("no route to host")

    get_expiry: Callable[[str], float] = incr  # type: ignore[assignment]


class TestProcessMemory:
    def test_a_window_begins_with_the_first_and_then_ends(self, clock: Time):
        memory = ProcessMemory(clock.monotonic)
        assert [memory.incr("a", MINUTE), memory.incr("a", MINUTE)] == [1, 2]
        clock.passed += 59
        assert memory.incr("a", MINUTE) == 3
        assert memory.get_expiry("a") == clock.passed + 1
        clock.passed += 1
        assert memory.incr("a", MINUTE) == 1

    def test_what_is_over_is_forgotten(self, clock: Time):
        memory = ProcessMemory(clock.monotonic)
        for number in range(100):
            memory.incr(str(number), MINUTE)
        clock.passed += MINUTE
        memory.incr("another", MINUTE)
        assert len(memory) == 1

    def test_a_hundred_thousand_sources(self, clock: Time):
        memory = ProcessMemory(clock.monotonic)
        for number in range(100_000):
            memory.incr(str(number), MINUTE)
        assert len(memory) == MOST_SOURCES
        assert memory.incr("99999", MINUTE) == 2, "the last ones are known"
        assert memory.incr("0", MINUTE) == 1, "the first are not"


class TestAttemptCounter:
    def test_blocked_until_the_window_ends(self, clock: Time):
        counter = counter_with(None, clock)
        assert counter.blocked_for("a") == 0
        counter.count("a", MINUTE)
        clock.passed += 20.5
        assert counter.block("a", MINUTE) == 40
        assert (counter.blocked_for("a"), counter.blocked_for("b")) == (40, 0)
        clock.passed += 40
        assert counter.blocked_for("a") == 0

    def test_a_hundred_thousand_blocked_sources(self, clock: Time):
        counter = counter_with(None, clock)
        for number in range(100_000):
            counter.count(str(number), MINUTE)
            counter.block(str(number), MINUTE)
        assert len(counter._blocked) == MOST_SOURCES
        assert counter.blocked_for("99999") == MINUTE

    def test_a_storage_whose_clock_is_wrong_blocks_no_longer_than_a_window(self, clock: Time):
        storage = ProcessMemory(lambda: clock() + 86400)
        counter = counter_with(storage, clock)
        counter.count("a", MINUTE)
        assert counter.block("a", MINUTE) == MINUTE

    @pytest.mark.parametrize("step", [-86400, -3600, 3600, 86400])
    def test_setting_the_clock_changes_no_block(self, clock: Time, step: int):
        counter = counter_with(None, clock)
        counter.count("a", MINUTE)
        counter.block("a", MINUTE)
        clock.passed += 20
        clock.set_by = step
        assert counter.blocked_for("a") == 40
        assert [counter.count("b", MINUTE), counter.count("b", MINUTE)] == [1, 2]
        clock.passed += 40
        assert counter.blocked_for("a") == 0
        assert counter.count("a", MINUTE) == 1

    @pytest.mark.parametrize("step", [-86400, -3600, 3600, 86400])
    def test_a_storage_whose_clock_was_set_blocks_no_longer_than_a_window(
        self, clock: Time, step: int
    ):
        storage = ProcessMemory(clock)
        counter = counter_with(storage, clock)
        counter.count("a", MINUTE)
        clock.set_by = step
        assert counter.block("a", MINUTE) in (1, MINUTE)

    @pytest.mark.parametrize("step", [-86400, 86400])
    def test_a_storage_that_failed_is_asked_again_also_if_the_clock_was_set(
        self, clock: Time, step: int
    ):
        storage: Any = Failing()
        counter = counter_with(storage, clock)
        counter.count("a", MINUTE)
        clock.set_by = step
        counter.count("a", MINUTE)
        assert storage.asked == 1
        clock.passed += PAUSE
        counter.count("a", MINUTE)
        assert storage.asked == 2

    def test_a_machine_that_was_just_started(self, clock: Time):
        """Its monotonic clock may be at zero."""
        clock.passed = 0.0
        storage = ProcessMemory(clock)
        counter_with(storage, clock).count("a", MINUTE)
        assert len(storage) == 1

    def test_a_storage_that_fails(self, clock: Time, caplog: pytest.LogCaptureFixture):
        storage = Failing()
        counter = counter_with(storage, clock)
        with caplog.at_level(logging.WARNING, "pyramid_oauth2"):
            assert [counter.count("a", MINUTE) for _ in range(20)] == list(range(1, 21))
            assert counter.block("a", MINUTE) == MINUTE
        assert storage.asked == 1, "nobody waits for it again and again"
        (record,) = caplog.records
        assert "OSError: no route to host" in record.message

    def test_a_storage_that_failed_is_asked_again(self, clock: Time):
        storage: Any = Failing()
        counter = counter_with(storage, clock)
        counter.count("a", MINUTE)
        clock.passed += PAUSE
        storage.incr = lambda key, expiry: 7
        assert counter.count("a", MINUTE) == 7


def settings_with(uri: str | None, **more: Any) -> Settings:
    return Settings(throttle_storage=uri, **more)


class WithStorage:
    """A backend whose processes count together."""

    def __init__(self, storage: Any) -> None:
        self.attempt_storage = lambda: storage


class TestTheIni:
    def test_the_backends_own_storage_is_the_default(self):
        storage = Failing()
        make_throttle(settings_with(None), WithStorage(storage)).counter.count("a", MINUTE)
        assert storage.asked == 1

    def test_each_process_alone_if_the_ini_says_so(self):
        storage = Failing()
        make_throttle(settings_with("memory://"), WithStorage(storage)).counter.count("a", MINUTE)
        assert storage.asked == 0

    def test_off(self):
        throttle = make_throttle(settings_with(None, throttle=False), object())
        assert isinstance(throttle.counter, Uncounted)

    def test_a_storage_of_the_limits_library(self, redis_url: str):  # noqa: F811
        one, other = (make_throttle(settings_with(redis_url), None).counter for _ in range(2))
        key = f"oauth2:throttle:test:{uuid4()}"
        assert (one.count(key, MINUTE), other.count(key, MINUTE)) == (1, 2)
        assert 0 < other.block(key, MINUTE) <= MINUTE

    @pytest.mark.parametrize(
        "uri",
        [
            "rediss:/hunter2",
            "radis://user:hunter2@localhost:6379",
            "redis://user:hunter2@localhost:port",
            "async+memory://hunter2",
            "hunter2",
        ],
    )
    def test_a_wrong_uri_stops_the_start_and_is_not_repeated(self, uri: str):
        settings = settings_with(uri)
        assert "hunter2" not in repr(settings)
        with pytest.raises(ConfigurationError) as caught:
            make_throttle(settings, None)
        assert "oauth2.throttle_storage" in str(caught.value)
        assert "redis://localhost:6379/1" in str(caught.value)
        assert "hunter2" not in str(caught.value)
