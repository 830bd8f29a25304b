"""An end is finished also after a failure: its grants end, and its clients are notified.

Back-Channel Logout 1.0 sections 2.5 and 2.7.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.openid import back_channel, session_record
from pyramid_oauth2.openid.back_channel import LEASE
from pyramid_oauth2.openid.delivery import Delivery
from pyramid_oauth2.protocol.events import GrantRevoked
from pyramid_oauth2.protocol.records import Entry, StoreUnavailable
from pyramid_oauth2.protocol.sessions import ENDED_LATER

from .notifying import World
from .test_sessions import Away

URL = "https://client.example/logout"


class FailingWorld(World):
    """A store that fails at a certain write to a namespace."""

    def __init__(self) -> None:
        super().__init__(MemoryBackend())
        self.store = self.backend.entries.put
        for name in ("one", "two"):
            self.register(name, URL)

    def fail(self, namespace: str, at: int = 1) -> None:
        """Let the write number *at* fail, and each one after it until :meth:`mend`."""
        writes = 0

        def put(entry: Entry, version: int | None) -> bool:
            nonlocal writes
            if entry.namespace == namespace:
                writes += 1
                if writes >= at:
                    raise StoreUnavailable("down")
            stored: bool = self.store(entry, version)
            return stored

        self.backend.entries.put = put

    def mend(self) -> None:
        self.backend.entries.put = self.store


@pytest.fixture
def woken() -> list[Delivery]:
    return []


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, woken: list[Delivery]) -> Iterator[FailingWorld]:
    monkeypatch.setattr(Delivery, "wake", lambda self: woken.append(self))
    world = FailingWorld()
    yield world
    world.delivery.close()


@pytest.mark.parametrize("at", [1, 2])
def test_the_next_call_writes_what_the_first_one_could_not(world: FailingWorld, at: int):
    world.join("one")
    world.join("two")
    sid = world.only_sid()
    world.fail(back_channel.NAMESPACE, at)
    assert world.sessions.end("bob", sid)
    world.mend()
    assert not world.sessions.end("bob", sid)
    assert world.waiting() == ["one", "two"]
    assert not world.sessions.end("bob", sid)
    assert world.waiting() == ["one", "two"]


def test_the_next_round_writes_what_a_process_has_left(world: FailingWorld):
    world.join("one")
    assert world.keeper.remove("bob", world.only_sid())  # After which its process ended.
    world.delivery.finish_left()
    assert world.waiting() == []
    world.clock.now += LEASE
    world.delivery.finish_left()
    assert world.waiting() == ["one"]


def test_the_next_session_does_not_lose_it(world: FailingWorld, woken: list[Delivery]):
    grant_id = world.sign_in("one")
    assert world.keeper.remove("bob", world.only_sid())
    world.join("two")
    assert world.waiting() == ["one"]
    assert woken == [world.delivery]
    assert grant_id not in world.living()
    world.sessions.end_all("bob")
    assert world.waiting() == ["one", "two"]


class TestGrants:
    """No refresh token outlives the sign-out, because a store was away for a moment."""

    @pytest.fixture
    def grant_id(self, world: FailingWorld, woken: list[Delivery]) -> str:
        """A grant of a session that has ended, where the grants could not be read."""
        grant_id, store = world.sign_in("one"), world.server.grants
        object.__setattr__(world.server, "grants", Away())
        with pytest.raises(StoreUnavailable):
            world.sessions.end("bob", world.only_sid())
        object.__setattr__(world.server, "grants", store)
        assert woken == [world.delivery]
        assert world.waiting() == []
        return grant_id

    def test_the_next_round_ends_them(self, world: FailingWorld, grant_id: str):
        world.delivery.finish_left()
        assert grant_id in world.living()
        world.clock.now += LEASE
        world.delivery.finish_left()
        assert grant_id not in world.living()
        assert world.waiting() == ["one"]
        (revoked,) = (each for each in world.emitted if isinstance(each, GrantRevoked))
        assert revoked.reason == ENDED_LATER

    def test_so_does_the_end_of_another_session(self, world: FailingWorld, grant_id: str):
        sid = world.join("two", browser="other")
        assert world.sessions.end("bob", str(sid))
        assert grant_id not in world.living()
        assert world.waiting() == ["one", "two"]

    def test_the_thread_waits_for_it(self, world: FailingWorld, grant_id: str):
        assert world.delivery.due_at() == world.clock.now + LEASE
        world.clock.now += LEASE
        world.delivery.finish_left()
        assert world.delivery.due_at() == world.clock.now

    def test_nothing_is_left_of_others(self, world: FailingWorld):
        kept = world.sign_in("one", browser="other")
        assert world.sessions.end("bob", str(world.join("two")))
        world.clock.now += LEASE
        world.delivery.finish_left()
        assert kept in world.living()


@pytest.mark.parametrize("call", ["end_all", "revoke"])
def test_an_end_of_all_fails_at_the_second_session(world: FailingWorld, call: str):
    for name in ("one", "two"):
        world.join(name, browser=name)
    ends: Any = {"end_all": world.sessions.end_all, "revoke": world.users.revoke}[call]
    world.fail(session_record.NAMESPACE, 2)
    with pytest.raises(StoreUnavailable):
        ends("bob")
    assert len(world.ended) == 1
    world.mend()
    ends("bob")
    assert world.waiting() == ["one", "two"]
    assert len(world.ended) == 2


def test_a_client_that_cannot_be_read_is_asked_for_later(
    world: FailingWorld, monkeypatch: pytest.MonkeyPatch
):
    world.join("one")
    world.join("two")
    client = type(world.server).client

    def failing(self: Any, client_id: str) -> Any:
        if client_id == "two":
            raise StoreUnavailable("down")
        return client(self, client_id)

    monkeypatch.setattr(type(world.server), "client", failing)
    assert world.sessions.end("bob", world.only_sid())
    assert world.waiting() == ["one", "two"]


def test_a_user_who_is_named_like_the_mark(world: FailingWorld):
    sid = str(world.join("one", subject=session_record.ENDED))
    world.join("two")
    assert world.sessions.end("bob", world.only_sid())
    world.delivery.finish_left()
    assert world.waiting() == ["two"]
    assert world.keeper.lasts(session_record.ENDED, sid)
    assert world.sessions.end(session_record.ENDED, sid)
    assert world.waiting() == ["one", "two"]


def test_all_grants_are_listed_once(world: FailingWorld, monkeypatch: pytest.MonkeyPatch):
    for number in range(5):
        world.sign_in(browser=str(number))
    grants, calls = world.backend.grants.grants, []

    def counted(*args: Any, **named: Any) -> Any:
        calls.append(args)
        return grants(*args, **named)

    monkeypatch.setattr(world.backend.grants, "grants", counted)
    assert world.sessions.end_all("bob") == 5
    assert len(calls) == 1
    assert [event.grants for event in world.ended] == [1] * 5
