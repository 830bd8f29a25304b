"""Issuing removes expired records, a bounded number at a time."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.factories import new_grant, new_token
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.protocol.purging import EVERY, LIMIT, PAUSE, Purger
from pyramid_oauth2.protocol.records import Purged, StoreUnavailable


def test_it_is_its_turn_at_every_so_many_issues():
    calls: list[tuple[str, int, int]] = []

    class Store:
        def __init__(self, name: str) -> None:
            self.name = name

        def purge(self, now: int, limit: int) -> Purged:
            calls.append((self.name, now, limit))
            return Purged(0, more=False)

    purger = Purger(Store("grants"), Store("consents"), lambda: 1000)
    for _ in range(EVERY - 1):
        purger.after_issue()
    assert calls == []
    purger.after_issue()
    assert calls == [("grants", 1000, LIMIT), ("consents", 1000, LIMIT)]


def test_or_when_it_has_not_swept_for_a_while():
    """A sealed answer is removed soon after its grace, also on a server with little traffic."""
    calls: list[int] = []
    now = 1000

    class Store:
        def purge(self, now: int, limit: int) -> Purged:
            calls.append(now)
            return Purged(0, more=False)

    class Other:
        expires_itself = True

    purger = Purger(Store(), Other(), lambda: now)  # type: ignore[arg-type]
    for _ in range(3):
        now += PAUSE - 1
        purger.after_issue()
        now += 1
        purger.after_issue()
    assert calls == [1000 + PAUSE, 1000 + 2 * PAUSE, 1000 + 3 * PAUSE]


def test_a_store_whose_records_end_by_themselves_is_left_alone():
    class Store:
        expires_itself = True

        def purge(self, now: int, limit: int) -> Purged:
            raise AssertionError("swept")

    purger = Purger(Store(), Store(), lambda: 0)
    for _ in range(EVERY):
        purger.after_issue()


def test_a_store_that_only_issues_stays_bounded():
    """One grant and one token per second, each valid for ten seconds."""
    backend, now = MemoryBackend(), 1_000_000
    purger = Purger(backend.grants, backend.consents, lambda: now)
    for _ in range(20 * EVERY):
        now += 1
        grant = new_grant(created_at=now, expires_at=now + 10, absolute_end=now + 10)
        backend.grants.open(grant, [new_token(grant=grant)], now)
        purger.after_issue()
    assert len(backend.grants.export(limit=10_000).items) <= 2 * (EVERY + 10)


def test_a_store_that_is_included_later_is_purged_too():
    calls: list[str] = []

    class Store:
        def __init__(self, name: str) -> None:
            self.name = name

        def purge(self, now: int, limit: int) -> Purged:
            calls.append(self.name)
            return Purged(0, more=False)

    class ExpiresItself(Store):
        expires_itself = True

    entries, redis = Store("entries"), ExpiresItself("redis")
    purger = Purger(Store("grants"), Store("consents"), lambda: 1000)
    for _ in range(2):
        purger.include(entries)
        purger.include(redis)
    for _ in range(EVERY):
        purger.after_issue()
    assert calls == ["grants", "consents", "entries"]


@pytest.mark.parametrize("error", [StoreUnavailable("away"), KeyError("an error of a driver")])
def test_a_purge_that_fails_is_no_failure_of_the_issue(caplog: Any, error: Exception):
    """With any error; and the next store is purged all the same."""
    purged: list[int] = []

    class Failing:
        def purge(self, now: int, limit: int) -> Purged:
            raise error

    class Sound:
        def purge(self, now: int, limit: int) -> Purged:
            purged.append(now)
            return Purged(0, more=False)

    purger = Purger(Failing(), Sound(), lambda: 0)
    with caplog.at_level(logging.WARNING):
        for _ in range(EVERY):
            purger.after_issue()
    assert str(error) in caplog.text
    assert purged == [0]
