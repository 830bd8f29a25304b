"""Sessions: which clients a user has signed in at with one login, and how that ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.openid.back_channel import Notice
from pyramid_oauth2.openid.session_record import MARKED, NAMESPACE
from pyramid_oauth2.protocol import lost_responses
from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.envelope import dumps, loads
from pyramid_oauth2.protocol.events import GrantRevoked, SessionEnded
from pyramid_oauth2.protocol.records import Entry, OutcomeUnknown, StoreUnavailable
from pyramid_oauth2.protocol.session import SignIn
from pyramid_oauth2.protocol.users import Ended
from tests.protocol.worlds import LIFETIMES, NOW, make_server

from .keepers import DAY, OFFLINE, World

OWN = Authentication(NOW - 60, sid="s-1")


@pytest.fixture
def world() -> World:
    return World()


class TestEnding:
    def test_the_grants_of_the_session_end(self, world: World):
        ended = {world.sign_in("web"), world.sign_in("app")}
        other = world.sign_in("web", browser="other")
        sid = str(world.keeper.current("bob", None, "b").sid)  # type: ignore[union-attr]
        assert world.sessions.end("bob", sid)
        assert world.living() == {other}
        *revoked, last = world.emitted[-3:]
        assert {event.grant_id for event in revoked} == ended
        assert {type(event) for event in revoked} == {GrantRevoked}
        assert last == SessionEnded(
            subject="bob",
            sid=sid,
            clients=frozenset({"app", "web"}),
            grants=2,
            reason="session ended by the application",
        )

    def test_a_grant_for_offline_access_stays(self, world: World):
        """Back-Channel Logout section 2.7."""
        kept, ended = world.sign_in("web", OFFLINE), world.sign_in("app")
        assert world.sessions.end("bob", world.only_sid())
        assert world.living() == {kept}
        assert ended not in world.living()

    def test_a_grant_of_no_session_stays(self, world: World):
        world.sign_in()
        kept = world.sign_in("app", frozenset({"read"}))
        assert world.sessions.end("bob", world.only_sid())
        assert world.living() == {kept}

    def test_a_sign_in_that_has_read_it_before_does_not_bring_it_back(self, world: World):
        """The versions of its entry count on."""
        sid, entries = str(world.join()), world.server.entries

        class Reading:
            def __getattr__(self, name: str) -> Any:
                return getattr(entries, name)

            def get(self, *name: str) -> Any:
                found = entries.get(*name)
                object.__setattr__(world.server, "entry_store", lambda: entries)
                assert world.sessions.end("bob", sid)
                assert world.join("app") != sid
                return found

        object.__setattr__(world.server, "entry_store", Reading)
        assert world.join("late") == world.only_sid()
        (session,) = world.sessions.list("bob")
        assert session.sid != sid
        assert [each.client_id for each in session.sign_ins] == ["late", "app"]

    def test_what_is_left_of_it_ends_soon(self, world: World):
        key = str(world.join()).partition(".")[0]
        world.sessions.end("bob", world.only_sid())
        entry = world.server.entries.get(NAMESPACE, key)
        assert entry is not None
        assert (entry.owner, entry.expires_at) == (None, NOW + MARKED)

    @pytest.mark.parametrize("subject", ["bob", "ann"])
    def test_none(self, world: World, subject: str):
        world.sign_in()
        sid = world.only_sid() if subject == "ann" else "unknown"
        assert not world.sessions.end(subject, sid)
        assert len(world.living()) == 1
        assert world.ended == []

    @pytest.mark.parametrize("subject", [None, 1, "", "x" * 300])
    def test_what_names_no_user(self, world: World, subject: Any):
        """A listing without an owner would be that of all users."""
        world.join()
        for call in (world.sessions.list, world.sessions.end_all):
            with pytest.raises((TypeError, ValueError)):
                call(subject)
        with pytest.raises((TypeError, ValueError)):
            world.sessions.end(subject, world.only_sid())

    @pytest.mark.parametrize("sid", ["\0" * 32, "", ".", "x" * 32, "a" * 300, "a.b", "ä"])
    def test_a_text_that_is_no_sid(self, world: World, sid: str):
        assert not world.sessions.end("bob", sid)

    def test_twice(self, world: World):
        world.sign_in()
        sid = world.only_sid()
        assert world.sessions.end("bob", sid)
        assert not world.sessions.end("bob", sid)
        assert len(world.ended) == 1

    def test_the_second_call_ends_what_the_first_one_could_not(self, world: World):
        grant_id, sid = world.sign_in(), world.only_sid()
        assert world.keeper.remove("bob", sid)  # After which its process ended.
        assert not world.sessions.end("bob", sid)
        assert grant_id not in world.living()

    @pytest.mark.parametrize("over", ["by itself", "but its grants"])
    def test_all_reaches_the_grants_of_a_session_that_is_over(self, over: str):
        """Back-Channel Logout section 2.7: no refresh token of a session outlives the logout."""
        year = 365 * DAY
        world = World(lifetimes=replace(LIFETIMES, refresh_token=year, grant=year))
        world.sign_in(browser="old")
        kept = world.sign_in("app", OFFLINE, browser="old")
        if over == "by itself":
            world.clock.now += 61 * DAY
        else:
            assert world.keeper.remove("bob", world.only_sid())
        world.sign_in(browser="new")
        assert world.sessions.end_all("bob") == 1
        assert world.living() == {kept}

    def test_all(self, world: World):
        for browser in ("a", "b", "c"):
            world.sign_in(browser=browser)
        world.sign_in(subject="ann")
        assert world.sessions.end_all("bob") == 3
        assert world.sessions.list("bob") == []
        assert world.living() == set()
        assert len(world.living("ann")) == 1

    def test_the_application_ends_its_own(self, world: World):
        world.sign_in(authentication=OWN)
        world.sign_in("app")
        world.sessions.end_all("bob")
        assert world.ended_by_application == [("bob", "s-1")]

    def test_the_latest_is_first(self, world: World):
        for browser in ("a", "b", "c"):
            world.join(browser=browser)
            world.clock.now += 1
        world.join("app", browser="a")
        listed = [session.sign_ins[0] for session in world.sessions.list("bob")]
        assert listed == [SignIn("app", NOW + 3), SignIn("web", NOW + 2), SignIn("web", NOW + 1)]

    def test_without_sessions(self):
        world = World(factories=make_server().factories)
        assert world.sessions.list("bob") == []
        assert not world.sessions.end("bob", "s-1")
        assert world.sessions.end_all("bob") == 0
        assert world.users.revoke("bob") == Ended(0, 0)


class TestUsers:
    """Ending everything of a user ends their sessions too."""

    @pytest.mark.parametrize("end", ["revoke", "forget"])
    def test_all_sessions_end(self, world: World, end: str):
        world.sign_in("web", OFFLINE)
        world.sign_in("app", browser="other")
        assert getattr(world.users, end)("bob") == Ended(2, 0, sessions=2)
        assert world.living() == set()
        assert world.sessions.list("bob") == []
        reason = {"revoke": "revoked by the application", "forget": "the user was forgotten"}[end]
        assert sorted(([*each.clients], each.grants, each.reason) for each in world.ended) == [
            (["app"], 1, reason),
            (["web"], 1, reason),
        ]

    def test_of_one_client_no_session_ends(self, world: World):
        """The user is still signed in at the others."""
        world.sign_in("web")
        world.sign_in("app")
        assert world.users.revoke("bob", "web") == Ended(1, 0)
        assert len(world.sessions.list("bob")) == 1


class LosesResponses:
    """A store of entries that carries out the next change, and does not respond."""

    def __init__(self, store: Any) -> None:
        self._store, self.left = store, 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, entry: Entry, version: int | None) -> bool:
        written: bool = self._store.put(entry, version)
        if not self.left:
            return written
        self.left -= 1
        raise OutcomeUnknown("the response is lost")


class TestLaterVersion:
    """While a version is rolled out, what it has written stays (its members are added here)."""

    def test_of_a_session(self, world: World):
        sid = str(world.join())
        entries = world.server.entries
        (entry,) = entries.list(NAMESPACE, "bob", limit=2).items
        later = {**loads(entry.data), "later": 1}
        assert entries.put(replace(entry, data=dumps(later)), entry.version)
        assert world.join("app") == sid
        (entry,) = entries.list(NAMESPACE, "bob", limit=2).items
        assert loads(entry.data)["later"] == 1

    def test_of_a_notice(self, world: World):
        notice = Notice("n", "web", "bob", "s-1", 0, 1, 60, 0)
        later = {**loads(notice.entry().data), "later": 1}
        read = Notice.of(replace(notice.entry(), data=dumps(later)))
        assert read is not None
        assert loads(replace(read, attempts=1).entry().data) == {**later, "attempts": 1}


class TestLostResponses:
    @pytest.fixture(autouse=True)
    def _at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lost_responses, "PAUSES", (0, 0, 0))

    @pytest.mark.parametrize("before", [0, 1])
    def test_of_a_sign_in(self, before: int):
        world = World()
        for _ in range(before):
            world.join("app")
        losing = LosesResponses(world.server.entries)
        object.__setattr__(world.server, "entry_store", lambda: losing)
        assert world.join() == world.only_sid()
        assert losing.left == 0

    def test_of_an_end(self):
        world = World()
        grant_id, sid = world.sign_in(), world.only_sid()
        losing = LosesResponses(world.server.entries)
        object.__setattr__(world.server, "entry_store", lambda: losing)
        assert world.sessions.end("bob", sid)
        assert grant_id not in world.living()
        assert len(world.ended) == 1


class Away:
    def __getattr__(self, name: str) -> Any:
        raise StoreUnavailable("away")


def test_a_store_that_is_away_ends_nothing(world: World):
    world.sign_in()
    sid = world.only_sid()
    object.__setattr__(world.server, "entry_store", Away)
    with pytest.raises(StoreUnavailable):
        world.sessions.end("bob", sid)
    assert len(world.living()) == 1
    assert world.ended == []


def test_the_session_has_ended_even_if_the_grants_cannot_be_read(world: World):
    """So the clients are notified, and the event is emitted; the next call ends the grants."""
    grant_id, sid, store = world.sign_in(), world.only_sid(), world.server.grants
    object.__setattr__(world.server, "grants", Away())
    with pytest.raises(StoreUnavailable):
        world.sessions.end("bob", sid)
    object.__setattr__(world.server, "grants", store)
    assert [event.sid for event in world.ended] == [sid]
    world.sessions.end("bob", sid)
    assert grant_id not in world.living()
