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


@pytest.fixture
def opened(breaker: CircuitBreaker, clock: Time) -> CircuitBreaker:
    began = breaker.check()
    clock.now += 5
    breaker.failed(began)
    return breaker


def test_one_tries_and_the_others_are_refused(opened: CircuitBreaker, clock: Time):
    for _ in range(2):
        trial = opened.check()
        assert [refused(opened) for _ in range(3)] == [True] * 3
        clock.now += 5
        opened.failed(trial)
    assert not refused(opened)
    opened.answered()
    assert [refused(opened) for _ in range(3)] == [False] * 3


def test_those_that_began_before_are_not_replaced(breaker: CircuitBreaker, clock: Time):
    attempts = [breaker.check() for _ in range(4)]
    clock.now += 5
    results = []
    for began in attempts:
        breaker.failed(began)
        results.append(refused(breaker))
    assert results == [False, True, True, True]


def test_a_quick_failure_holds_no_thread(breaker: CircuitBreaker, clock: Time):
    began = breaker.check()
    clock.now += 0.9
    breaker.failed(began)
    assert [refused(breaker) for _ in range(3)] == [False] * 3


def test_one_lost_connection_among_others_that_work(breaker: CircuitBreaker, clock: Time):
    began = breaker.check()
    clock.now += 5
    breaker.answered()
    clock.now += 5
    breaker.failed(began)
    assert [refused(breaker) for _ in range(3)] == [False] * 3


def test_a_trial_whose_end_is_not_reported_does_not_block_for_ever(
    opened: CircuitBreaker, clock: Time
):
    assert [refused(opened), refused(opened)] == [False, True]
    clock.now += 10
    assert [refused(opened), refused(opened)] == [False, True]


def test_a_trial_that_ends_without_a_result_is_followed_by_another(
    opened: CircuitBreaker, clock: Time
):
    earlier = opened.check()
    clock.now += 3
    opened.ended(earlier)
    trial = opened.check()
    opened.ended(earlier)
    assert refused(opened), "the end of another attempt"
    opened.ended(trial)
    assert not refused(opened)


def test_between_two_trials_is_a_rest(clock: Time):
    breaker = CircuitBreaker("The store", 10, 2, clock)
    began = breaker.check()
    clock.now += 5
    breaker.failed(began)
    breaker.ended(began)
    assert refused(breaker)
    clock.now += 2
    assert [refused(breaker), refused(breaker)] == [False, True]


def test_the_message_names_the_server(opened: CircuitBreaker):
    opened.check()
    with pytest.raises(StoreUnavailable, match="The store did not answer a moment ago"):
        opened.check()
