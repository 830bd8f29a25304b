"""Guessing, without HTTP: the token endpoint's decisions, and a clock that the test sets."""

from __future__ import annotations

import base64
import os
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from pyramid_oauth2.attempt_storage import AttemptCounter
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.clients.secrets import keep_secret
from pyramid_oauth2.protocol.errors import InvalidClient, OAuth2Error, TemporarilyUnavailable
from pyramid_oauth2.protocol.events import AttemptsThrottled, OAuth2Event
from pyramid_oauth2.protocol.http import FORM, HTTPRequest
from pyramid_oauth2.protocol.throttling import Limit, Throttle
from pyramid_oauth2.protocol.token.endpoint import process_token_request
from pyramid_oauth2.protocol.token.request import TokenRequest
from pyramid_oauth2.protocol.token_strings import new_client_secret

from .worlds import NOW, Clock, make_client, make_server

pytestmark = pytest.mark.usefixtures("cheap_secrets")

SECRET = "a secret that a person chose"
DRAWN = new_client_secret(os.urandom)
EVIL, CLEAN = "192.0.2.66", "198.51.100.1"


class Nobody:
    """Users whose passwords are never the one that is sent."""

    asked = 0

    def authenticate(self, username: str, password: str) -> str | None:
        self.asked += 1
        return None


class World:
    """A server with the client ``robot``, and requests to it."""

    def __init__(self, clients: str = "10/minute") -> None:
        attempts, _, period = clients.partition("/")
        limit = Limit(int(attempts), period)
        self.clock = Clock()
        self.counter = AttemptCounter(None, monotonic=self.clock)
        throttle = Throttle(limit, limit, limit, limit, limit, self.counter)
        self.server: AuthorizationServer = make_server(self.clock, throttle=throttle)
        self.heard: list[OAuth2Event] = []
        self.server.clients.add(
            make_client(
                client_id="robot",
                grant_types=("client_credentials",),
                client_secrets=(keep_secret(SECRET, NOW), keep_secret(DRAWN, NOW)),
            )
        )

    def ask(self, address: str | None, secret: str = "wrong", client_id: str = "robot") -> int:
        """The status of the response to a token request; 200 if it is granted."""
        pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        http = HTTPRequest(
            "POST",
            "https://auth.example.com/oauth2/token",
            headers={"authorization": f"Basic {pair}", "content-type": FORM},
            body=b"grant_type=client_credentials&scope=read",
            remote_addr=address,
        )
        try:
            process_token_request(self.server, http, Nobody(), self.heard.append)
        except OAuth2Error as error:
            self.refusal = error
            return error.status
        return 200

    def guesses(self, number: int, *address: Any, **more: str) -> dict[int, int]:
        """How often each status is the response to a wrong secret."""
        return dict(Counter(self.ask(*address, **more) for _ in range(number)))

    @property
    def throttled(self) -> list[OAuth2Event]:
        return [event for event in self.heard if isinstance(event, AttemptsThrottled)]


@pytest.fixture
def world() -> World:
    return World()


def test_ten_guesses_are_answered_and_the_eleventh_is_one_too_many(world: World):
    """RFC 6749 section 2.3.1."""
    assert [world.ask(EVIL) for _ in range(12)] == [401] * 10 + [429] * 2
    assert isinstance(world.refusal, TemporarilyUnavailable)
    assert world.refusal.retry_after == 60
    assert "wait 60 seconds" in world.refusal.description


def test_a_dictionary_of_ten_thousand(world: World):
    """From one source: throttled; the real client elsewhere is not affected, nothing grows."""
    answers = Counter[int]()
    for number in range(10_000):
        answers[world.ask(EVIL, f"word-{number}")] += 1
        if number % 1000 == 0:
            assert world.ask(CLEAN, SECRET) == 200
    assert answers == {401: 10, 429: 9_990}
    assert len(world.throttled) == 1
    assert len(world.server.grants.export().items) == 10, "only the rightful client's tokens"
    assert len(world.server.clients.export().items) == 1
    assert len(world.counter._memory) == 2


def test_a_blocked_source_is_not_answered_even_if_it_is_right(world: World):
    """Otherwise guessing would go on."""
    world.guesses(11, EVIL)
    assert world.ask(EVIL, SECRET) == 429


def test_what_nobody_can_guess_is_let_in_from_a_blocked_source(world: World):
    """256 random bits: a client that shares an address with an attacker is still accepted."""
    world.guesses(11, EVIL)
    assert world.ask(EVIL, DRAWN) == 200
    heard = len(world.heard)
    assert world.ask(EVIL, new_client_secret(os.urandom)) == 429
    assert len(world.heard) == heard, "a blocked one that fails is not told each time"


def test_the_client_comes_in_from_a_clean_source(world: World):
    world.guesses(1000, EVIL)
    assert world.ask(CLEAN, SECRET) == 200


def test_another_client_comes_in_from_the_same_address(world: World):
    world.guesses(1000, EVIL, client_id="nobody")
    assert world.ask(EVIL, SECRET) == 200


def test_right_again_within_a_minute_after_the_guesses(world: World):
    for _ in range(170):
        world.ask(EVIL)
        world.clock.now += 1
    world.clock.now += 60
    assert world.ask(EVIL, SECRET) == 200


def test_the_wait_is_until_the_window_ends(world: World):
    world.guesses(5, EVIL)
    world.clock.now += 40
    world.guesses(6, EVIL)
    assert world.refusal.retry_after == 20
    world.clock.now += 19
    assert world.ask(EVIL, SECRET) == 429
    assert world.refusal.retry_after == 1
    world.clock.now += 1
    assert world.ask(EVIL, SECRET) == 200


def test_a_new_window_is_a_new_limit(world: World):
    for _ in range(3):
        assert world.guesses(20, EVIL) == {401: 10, 429: 10}
        world.clock.now += 60


def test_right_ones_are_not_counted(world: World):
    assert world.guesses(20, EVIL, secret=SECRET) == {200: 20}


def test_many_client_ids_from_one_address(world: World):
    statuses = [world.ask(EVIL, client_id=f"client-{number}") for number in range(102)]
    assert statuses == [401] * 100 + [429] * 2
    assert world.ask(EVIL, SECRET) == 429
    assert world.ask(CLEAN, SECRET) == 200


def test_an_ipv6_address_counts_with_its_neighbours(world: World):
    """The holder of one address has 2**64 of them."""
    statuses = [world.ask(f"2001:db8:0:1::{number:x}") for number in range(1, 12)]
    assert statuses == [401] * 10 + [429]
    assert world.ask("2001:db8:0:2::1", SECRET) == 200


def test_no_address_is_one_source(world: World):
    assert world.guesses(11, None) == {401: 10, 429: 1}
    assert world.ask(CLEAN, SECRET) == 200


def test_no_guess_no_count(world: World):
    """A request without credentials guesses nothing."""
    http = HTTPRequest(
        "POST",
        "https://auth.example.com/oauth2/token",
        headers={"content-type": FORM},
        body=b"grant_type=client_credentials",
        remote_addr=EVIL,
    )
    for _ in range(200):
        with pytest.raises(InvalidClient):
            process_token_request(world.server, http, Nobody(), world.heard.append)
    assert len(world.counter._memory) == 0


@pytest.mark.parametrize("limit", ["1/second", "3/hour", "25/day"])
def test_another_limit(limit: str):
    world = World(limit)
    attempts, _, period = limit.partition("/")
    assert world.guesses(50, EVIL) == {401: int(attempts), 429: 50 - int(attempts)}
    assert world.refusal.retry_after == Limit(1, period).seconds


def test_the_event_names_a_registered_client_only(world: World):
    """Text from an unauthenticated caller may be a secret in the wrong field."""
    world.guesses(20, EVIL)
    world.guesses(20, EVIL, client_id="a secret in the wrong field")
    events = [(event.limit, event.client_id, event.remote_addr) for event in world.throttled]
    assert events == [("clients", "robot", EVIL), ("clients", None, EVIL)]


def test_what_is_typed_is_not_kept(world: World):
    with suppress(OAuth2Error):
        world.ask(EVIL, client_id="typed")
    (windows,) = world.counter._memory._windows.values()
    assert "typed" not in repr(windows)
    assert all(key.startswith("oauth2:throttle:clients:") for key in windows)


def test_a_grant_is_counted_by_its_id(world: World):
    client = world.server.clients.get("robot")
    assert client is not None
    http = HTTPRequest("POST", "https://auth.example.com/oauth2/token")
    request = TokenRequest("refresh_token", client, {}, http, Nobody(), world.heard.append)
    attempt = world.server.throttle.rotation(request, "grant")
    # 10 in a minute: the tenth is answered, and blocks the next one.
    assert attempt.sources == {"oauth2:throttle:rotations:grant": 9}
