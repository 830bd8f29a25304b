"""While a server does not answer, one request at a time waits for it."""

from __future__ import annotations

import pytest

from pyramid_oauth2.circuit_breaker import CircuitBreaker
from pyramid_oauth2.protocol.records import StoreUnavailable


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def breaker(clock: Time) -> CircuitBreaker:
    return CircuitBreaker("The store", 10, clock=clock)


def refused(breaker: CircuitBreaker) -> bool:
    try:
        breaker.check()
    except StoreUnavailable:
        return True
    return False


def test_one_tries_and_the_others_are_refused(breaker: CircuitBreaker):
    breaker.failed(5)
    assert [refused(breaker) for _ in range(3)] == [False, True, True]
    breaker.failed(5)
    assert [refused(breaker) for _ in range(3)] == [False, True, True]
    breaker.answered()
    assert [refused(breaker) for _ in range(3)] == [False] * 3


def test_a_quick_failure_holds_no_thread(breaker: CircuitBreaker):
    breaker.failed(0.9)
    assert [refused(breaker) for _ in range(3)] == [False] * 3


def test_one_lost_connection_among_others_that_work(breaker: CircuitBreaker, clock: Time):
    clock.now += 5
    breaker.answered()
    clock.now += 5
    breaker.failed(10)
    assert [refused(breaker) for _ in range(3)] == [False] * 3


def test_a_trial_whose_end_is_not_reported_does_not_block_for_ever(
    breaker: CircuitBreaker, clock: Time
):
    breaker.failed(5)
    assert [refused(breaker), refused(breaker)] == [False, True]
    clock.now += 10
    assert [refused(breaker), refused(breaker)] == [False, True]


def test_between_two_trials_is_a_rest(clock: Time):
    breaker = CircuitBreaker("The store", 10, 2, clock)
    breaker.failed(5)
    assert refused(breaker)
    clock.now += 2
    assert [refused(breaker), refused(breaker)] == [False, True]
