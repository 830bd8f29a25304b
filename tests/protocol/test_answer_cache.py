"""The cache of a resource server: for a while, and bounded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.token.access_token import AccessToken
from pyramid_oauth2.resource_server.cache import AnswerCache


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Asked:
    """A fake request that returns None, and counts."""

    count = 0

    def __call__(self) -> None:
        self.count += 1


def test_it_is_bounded_and_forgets_what_nobody_asked_for(clock: Clock):
    cache, asked = AnswerCache(60, clock, size=3), Asked()
    for key in (b"a", b"b", b"c", b"a", b"d"):
        cache.recall(key, asked)
    assert (len(cache._inactive), asked.count) == (3, 4)
    cache.recall(b"a", asked)
    assert asked.count == 4
    cache.recall(b"b", asked)
    assert asked.count == 5


def test_invented_tokens_push_out_no_good_one(clock: Clock):
    cache, asked = AnswerCache(60, clock, size=3), Asked()
    good = AccessToken(Client("web"), Access(frozenset()), 0, 1)
    cache.recall(b"good", lambda: good)
    for number in range(100):
        cache.recall(bytes([number]), asked)
    assert cache.recall(b"good", asked) is good
    clock.now += 60
    cache.recall(b"good", asked)
    assert (len(cache._active), len(cache._inactive)) == (0, 3)


def test_its_age_counts_from_the_question(clock: Clock):
    """A revocation while the response is on its way does not lengthen the delay."""
    cache, asked = AnswerCache(10, clock), Asked()

    def slow() -> None:
        clock.now += 9
        asked()

    cache.recall(b"a", slow)
    clock.now += 1
    cache.recall(b"a", asked)
    assert asked.count == 2


def test_a_clock_that_goes_back_is_not_believed(clock: Clock):
    cache, asked = AnswerCache(10, clock), Asked()
    clock.now = 100
    cache.recall(b"a", asked)
    clock.now = 0
    cache.recall(b"a", asked)
    assert asked.count == 2


def test_a_question_that_fails_leaves_nothing(clock: Clock):
    cache, asked = AnswerCache(10, clock), Asked()
    with pytest.raises(ZeroDivisionError):
        cache.recall(b"a", lambda: 1 / 0)  # type: ignore[arg-type, return-value]
    cache.recall(b"a", asked)
    assert asked.count == 1


def test_threads(clock: Clock):
    cache, line = AnswerCache(60, clock, size=5), threading.Barrier(8)

    def work(number: int) -> None:
        line.wait(10)
        for step in range(2000):
            cache.recall(bytes([(number + step) % 9]), lambda: None)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(cache._inactive) <= 5
