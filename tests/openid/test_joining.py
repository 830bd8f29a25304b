"""A sign-in joins a session: that of its browser, or the one that the application names."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.openid.session_record import CLIENTS, NAMESPACE
from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.records import Entry
from pyramid_oauth2.protocol.session import Session, SignIn
from tests.protocol.worlds import NOW

from .keepers import DAY, World

OWN = Authentication(NOW - 60, sid="s-1")


@pytest.fixture
def world() -> World:
    return World()


class TestJoining:
    def test_one_login_is_one_session(self, world: World):
        sid = world.join("web", authentication=Authentication(NOW - 60))
        world.clock.now += 5
        assert world.join("app") == sid
        assert world.sessions.list("bob") == [
            Session("bob", str(sid), NOW, None, (SignIn("app", NOW + 5), SignIn("web", NOW)))
        ]

    def test_the_same_client_again(self, world: World):
        world.join("web")
        world.join("app")
        world.clock.now += 5
        world.join("web", authentication=Authentication(NOW + 3))
        (session,) = world.sessions.list("bob")
        assert session.sign_ins == (SignIn("web", NOW + 5), SignIn("app", NOW))
        assert session.auth_time == NOW + 3

    @pytest.mark.parametrize("other", [{"browser": "other"}, {"subject": "ann"}])
    def test_another_browser_or_user_is_another_session(self, world: World, other: dict[str, Any]):
        assert world.join() != world.join(**other)

    def test_only_with_openid_connect(self, world: World):
        """Core section 3.1.2.1: without the scope openid, it is no request of OpenID Connect."""
        assert world.join(scope=frozenset({"read"})) is None
        assert world.sessions.list("bob") == []

    def test_it_is_drawn_at_random(self, world: World):
        first = world.join()
        world.sessions.end("bob", str(first))
        second = world.join()
        assert first != second
        assert len(str(first)) == 65
        assert "bob" not in str(first)

    def test_the_application_may_name_it(self, world: World):
        assert world.join(authentication=OWN) == "s-1"
        assert world.join("app", browser="other", authentication=OWN) == "s-1"
        (session,) = world.sessions.list("bob")
        assert session.of_application
        assert [each.client_id for each in session.sign_ins] == ["app", "web"]

    def test_what_the_application_names_is_of_its_user(self, world: World):
        world.join(authentication=OWN)
        assert world.join(subject="ann", authentication=OWN) == "s-1"
        assert not world.sessions.end("eve", "s-1")
        assert world.sessions.end("ann", "s-1")
        assert world.keeper.lasts("bob", "s-1")

    def test_one_that_the_application_names_like_ours(self, world: World):
        ours = str(world.join())
        assert world.join(browser="x", authentication=Authentication(sid=ours)) == ours
        first, second = world.sessions.list("bob")
        assert first.sid == second.sid == ours
        assert world.sessions.end("bob", ours)
        assert world.sessions.end("bob", ours)
        assert not world.keeper.lasts("bob", ours)

    def test_it_ends_by_itself_after_60_days_without_a_sign_in(self, world: World):
        sid = world.join()
        world.clock.now += 59 * DAY
        assert world.join() == sid
        world.clock.now += 60 * DAY - 1
        assert world.keeper.lasts("bob", str(sid))
        world.clock.now += 1
        assert not world.keeper.lasts("bob", str(sid))
        assert world.sessions.list("bob") == []
        assert world.join() != sid

    def test_a_hundred_clients_are_remembered(self, world: World):
        for number in range(CLIENTS + 2):
            world.join(f"c{number}")
        (session,) = world.sessions.list("bob")
        names = [each.client_id for each in session.sign_ins]
        assert names == [f"c{number}" for number in range(CLIENTS + 1, 1, -1)]

    @pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"sid":1}'])
    def test_a_record_that_cannot_be_read_is_replaced(self, world: World, data: bytes):
        key = str(world.join()).partition(".")[0]
        world.server.entries.put(Entry(NAMESPACE, key, "bob", data), 0)
        assert world.sessions.list("bob") == []
        assert world.join() == world.only_sid()

    def test_a_sid_is_not_in_a_repr(self, world: World):
        assert str(world.join()) not in repr(world.sessions.list("bob"))


class TestCurrent:
    def test_of_the_browser(self, world: World):
        world.join()
        (session,) = world.sessions.list("bob")
        assert world.keeper.current("bob", None, "b") == session
        assert world.keeper.current("bob", Authentication(NOW), "b") == session
        for subject, browser in (("ann", "b"), ("bob", "other")):
            assert world.keeper.current(subject, None, browser) is None

    def test_of_the_application(self, world: World):
        world.join(authentication=OWN)
        found = world.keeper.current("bob", OWN, "another browser")
        assert found is not None
        assert found.sid == "s-1"
        assert world.keeper.current("ann", OWN, "b") is None
