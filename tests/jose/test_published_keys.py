"""The keys that others publish: when they are fetched again (RFC 7517 section 5, RFC 9111)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from joserfc.jwk import ECKey

from pyramid_oauth2.jose.published_keys import MAX_KEYS, Document, PublishedKeys, Refreshing
from pyramid_oauth2.protocol.records import StoreUnavailable
from tests.jose.forgeries import public

KEYS = {kid: {**public(ECKey.generate_key("P-256")), "kid": kid} for kid in ("a", "b", "c")}


class Party:
    """Publishes keys, and counts who asks."""

    def __init__(self, *kids: str, cache_control: str = "max-age=600") -> None:
        self.kids: Iterable[str] = kids
        self.cache_control = cache_control
        self.body: bytes | None = None
        self.asked = 0
        self.away = False
        self.now = 1000.0
        self.keys = PublishedKeys("The key set", self.fetch, clock=lambda: self.now)

    def fetch(self) -> Document:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("The key set does not answer.")
        body = json.dumps({"keys": [KEYS[kid] for kid in self.kids]}).encode()
        return Document(body if self.body is None else self.body, self.cache_control)

    def has(self, kid: str | None) -> bool:
        return bool(self.keys.fitting(kid, "ES256"))


def test_it_is_fetched_once_for_as_long_as_its_headers_say():
    party = Party("a")
    assert party.has("a")
    party.now += 599
    assert party.has("a")
    assert party.asked == 1
    party.now += 1
    assert party.has("a")
    assert party.asked == 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("", 300),
        ("no-store", 300),
        ("max-age=0", 300),
        ("max-age=299", 300),
        ("public, max-age=900", 900),
        ("public,max-age=900", 900),
        ('MAX-AGE="900"', 900),
        ("s-maxage=900", 300),
        ("max-age=-1", 300),
        ("max-age=99999999", 86_400),
        ("max-age=9999999999999999999999", 300),
        ("max-age=x", 300),
    ],
)
def test_headers_are_clamped_to_five_minutes_and_a_day(header, seconds):
    party = Party("a", cache_control=header)
    assert party.has("a")
    party.now += seconds - 1
    assert party.has("a")
    assert party.asked == 1
    party.now += 1
    assert party.has("a")
    assert party.asked == 2


def test_a_key_that_is_new_is_found():
    party = Party("a")
    assert party.has("a")
    party.kids = ("a", "b")
    party.now += 60
    assert party.has("b")
    assert party.asked == 2


def test_unknown_keys_cost_one_fetch_a_minute():
    party = Party("a")
    assert party.has("a")
    for number in range(150):
        party.now += 0.5
        assert not party.has(f"unknown{number}")
    assert party.asked == 2, "75 seconds"


def test_a_revoked_key_is_unknown_after_the_lifetime():
    party = Party("a", "b")
    assert party.has("b")
    party.kids = ("a",)
    party.now += 600
    assert not party.has("b")


def test_a_failure_leaves_the_set_for_a_day():
    party = Party("a")
    assert party.has("a")
    party.away = True
    party.now += 600
    for _ in range(10):
        assert party.has("a")
    assert party.asked == 2, "a party that does not answer is asked once a minute"
    party.now += 86_399
    assert party.has("a")
    party.now += 1
    with pytest.raises(StoreUnavailable):
        party.has("a")
    party.away = False
    party.now += 2
    assert party.has("a")


def test_without_a_set_nothing_is_accepted():
    party = Party("a")
    party.away = True
    for _ in range(5):
        with pytest.raises(StoreUnavailable):
            party.has("a")
    assert party.asked == 1
    party.away = False
    party.now += 2
    assert party.has("a")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"{",
        b"{}",
        b'{"keys": {}}',
        b'{"keys": null}',
        b'{"keys": [], "keys": []}',
        json.dumps({"keys": [KEYS["a"]] * (MAX_KEYS + 1)}).encode(),
    ],
)
def test_a_document_that_is_no_set_is_a_failure(body):
    party = Party("a")
    party.body = body
    with pytest.raises(StoreUnavailable):
        party.has("a")
    party.body = None
    party.now += 2
    assert party.has("a")
    party.body = body
    party.now += 600
    assert party.has("a"), "the set before it is still good"


def test_a_set_without_a_usable_key_refuses_everything():
    party = Party()
    assert not party.has("a")
    assert not party.has(None)


def test_threads_wait_for_the_first_set_and_for_nothing_else():
    party = Party("a")
    entered, go_on = threading.Event(), threading.Event()
    fetch = party.fetch

    def slow() -> Document:
        entered.set()
        assert go_on.wait(10)
        return fetch()

    party.keys._fetch = slow
    results: list[Any] = []
    threads = [threading.Thread(target=lambda: results.append(party.has("a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    assert entered.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert results == [True] * 8
    assert party.asked == 1

    entered.clear()
    go_on.clear()
    party.now += 600
    fetching = threading.Thread(target=lambda: party.has("a"))
    fetching.start()
    assert entered.wait(10)
    assert party.has("a"), "the set that is there is used while another thread fetches"
    go_on.set()
    fetching.join(10)
    assert party.asked == 2


def test_every_time_can_be_scaled():
    assert Refreshing().scaled(0.5) == Refreshing(150, 43_200, 30, 43_200, 1)


def test_threads_share_a_failure_of_a_silent_party():
    party = Party("a")
    go_on = threading.Event()

    def silent() -> Document:
        party.asked += 1
        assert go_on.wait(10)
        party.now += 5
        raise StoreUnavailable("The key set does not answer.")

    party.keys._fetch = silent
    failures: list[str] = []

    def want() -> None:
        try:
            party.has("a")
        except StoreUnavailable as error:
            failures.append(str(error))

    threads = [threading.Thread(target=want) for _ in range(6)]
    for thread in threads:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(failures) == 6
    assert party.asked == 1, "the time that it took is no rest"


class TestASenderWhoMayCauseNoMore:
    """Its own limit is no failure of the party: those who wait for it ask themselves."""

    @staticmethod
    def beside(party: Party, kid: str) -> list[bool]:
        """What one gets who may ask and waits for one who, it turns out, may not."""
        asked, go_on, got = threading.Event(), threading.Event(), list[bool]()

        def may_not() -> bool:
            asked.set()
            assert go_on.wait(10)
            return False

        def refused() -> None:
            with suppress(StoreUnavailable):
                party.keys.fitting(kid, "ES256", may_not)

        first = threading.Thread(target=refused)
        second = threading.Thread(target=lambda: got.append(party.has(kid)))
        first.start()
        assert asked.wait(10)
        second.start()
        second.join(0.05)
        go_on.set()
        first.join(10)
        second.join(10)
        return got

    def test_before_the_set_is_known(self) -> None:
        party = Party("a")
        assert self.beside(party, "a") == [True]
        assert party.asked == 1

    def test_for_a_new_key(self) -> None:
        party = Party("a")
        assert party.has("a")
        party.kids = ("a", "b")
        party.now += 60
        assert self.beside(party, "b") == [True]
        assert party.asked == 2

    def test_what_is_known_is_used_without_asking(self) -> None:
        party = Party("a")
        assert party.has("a")
        party.now += 600
        assert party.keys.fitting("a", "ES256", lambda: False)
        assert party.asked == 1
