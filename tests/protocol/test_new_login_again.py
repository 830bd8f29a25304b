"""A new login is used once; its response can be repeated."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from pyramid_oauth2.protocol.authorization.flow import decide
from pyramid_oauth2.protocol.authorization.interaction import KEPT, WINDOW, begin_interaction
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.authorization.login_mark import LoginMark, Session
from pyramid_oauth2.protocol.authorization.results import (
    Again,
    Ask,
    Login,
    LoginAgain,
    Refuse,
    Respond,
)
from pyramid_oauth2.protocol.authorization.unusable import (
    UsedInteraction,
)
from pyramid_oauth2.protocol.authorization.user import browser_digest
from pyramid_oauth2.protocol.http import HTTPRequest, Parameters
from pyramid_oauth2.protocol.records import StoreUnavailable

from .login_worlds import LONG, Known, LoginWorld
from .test_flow import World, sent
from .worlds import NOW, make_request


@pytest.fixture
def unknown() -> LoginWorld:
    return LoginWorld()


@pytest.fixture(params=[LoginWorld, Known], ids=["time unknown", "time known"])
def world(request: pytest.FixtureRequest) -> LoginWorld:
    made: LoginWorld = request.param()
    return made


class TestUsedTwice:
    """One mark gives one grant."""

    def test_a_second_page_is_the_first_one(self, world: LoginWorld):
        login = world.sent_to_login()
        world.log_in()
        first: Any = world.follow(login.query)
        second: Any = world.follow(login.query)
        assert first.handle == second.handle
        assert "code" in sent(world.decide(first, decision="allow"))
        assert len(world.grants()) == 1

    def test_after_allow_a_new_login_is_demanded(self, world: LoginWorld):
        login = world.sent_to_login()
        world.log_in()
        world.decide(world.follow(login.query), decision="allow")
        assert isinstance(world.follow(login.query), Login if world.known else LoginAgain)
        assert len(world.grants()) == 1

    def test_silently(self, world: LoginWorld):
        world.decide(world.begin(), decision="allow")
        login = world.sent_to_login()
        world.log_in()
        first, second = (sent(world.follow(login.query))["code"] for _ in "12")
        assert first != second
        assert len(world.grants()) == 2
        world.clock.now += WINDOW
        assert not isinstance(world.follow(login.query), Respond | Ask)
        assert len(world.grants()) == 2

    def test_by_a_page_and_silently(self, world: LoginWorld):
        """The page is open when the user allows it elsewhere."""
        login = world.sent_to_login()
        world.log_in()
        page = world.follow(login.query)
        world.decide(world.begin(), decision="allow")
        assert "code" in sent(world.follow(login.query))
        assert isinstance(world.decide(page, decision="allow"), Refuse)
        assert len(world.grants()) == 2

    def test_stored(self, world: LoginWorld):
        login = world.sent_to_login(state=LONG)
        world.log_in()
        world.decide(world.follow(login.query), decision="allow")
        result = world.follow(login.query)
        assert isinstance(result, Refuse)
        assert isinstance(result.error, UsedInteraction)
        assert len(world.grants()) == 1

    def test_by_another_user(self, world: LoginWorld):
        """The first who returns with it has it; another one logs in for one of their own."""
        login = world.sent_to_login()
        world.log_in()
        assert isinstance(world.follow(login.query), Ask)
        alice = world.user("alice")
        other = world.follow(login.query, alice)
        assert isinstance(other, Login if world.known else LoginAgain)

    def test_signed_out_with_the_page_open(self, world: LoginWorld):
        login = world.sent_to_login()
        world.log_in()
        page: Any = world.follow(login.query)
        again = world.decide(page, world.user(None), decision="allow")
        assert again == Again(f"interaction={page.handle}")
        assert isinstance(world.follow(again.query, world.user(None)), Login)
        world.log_in()
        page = world.follow(again.query)
        assert isinstance(page, Ask)
        assert "code" in sent(world.decide(page, decision="allow"))

    def test_after_a_purge_by_a_clock_that_is_ahead(self, world: LoginWorld):
        lifetimes = replace(world.server.lifetimes, authorization_code=1000 + KEPT)
        world.server = replace(world.server, lifetimes=lifetimes)
        login = world.sent_to_login()
        world.log_in()
        world.decide(world.follow(login.query), decision="allow")
        world.server.grants.purge(NOW + 600 + KEPT)
        result = world.follow(login.query)
        assert isinstance(result, Refuse)
        assert isinstance(result.error, UsedInteraction)
        assert len(world.grants()) == 1

    def test_a_demand_of_the_same_second_has_a_mark_of_its_own(self, world: LoginWorld):
        for number in (1, 2):
            login = world.sent_to_login(prompt="login consent")
            # Where its time is known, a new login is later than the one before.
            world.clock.now += number - 1
            world.log_in()
            world.decide(world.follow(login.query), decision="allow")
            assert len(world.grants()) == number

    def test_the_handle_is_of_the_browser(self, world: LoginWorld):
        mark = LoginMark(NOW, Session.NONE, "text")
        assert mark.handle("a" * 32) == mark.handle("a" * 32)
        assert mark.handle("a" * 32).value != mark.handle("b" * 32).value
        assert "text" not in repr(mark)


class Failing:
    """A grant store in which an operation fails once."""

    def __init__(self, store: Any, operation: str) -> None:
        self.store, self.operation = store, operation

    def __getattr__(self, name: str) -> Any:
        if name != self.operation:
            return getattr(self.store, name)
        self.operation = ""
        raise StoreUnavailable("down")


class TestDecisionAgain:
    def page(self, world: LoginWorld) -> tuple[Any, str]:
        login = world.sent_to_login()
        world.log_in()
        return world.follow(login.query), login.query

    def test_another_code_of_the_same_grant(self, world: LoginWorld):
        page, _ = self.page(world)
        codes = {sent(world.decide(page, decision="allow"))["code"] for _ in range(3)}
        assert len(codes) == 3
        assert len(world.grants()) == 1

    @pytest.mark.parametrize("silently", [False, True])
    def test_after_a_failure_of_the_store(self, world: LoginWorld, silently: bool):
        if silently:
            world.decide(world.begin(), decision="allow")
        login = world.sent_to_login()
        world.log_in()
        page = None if silently else world.follow(login.query)
        server = world.server
        world.server = replace(server, grants=Failing(server.grants, "redeem"))
        for whole in (False, True):
            result = world.decide(page, decision="allow") if page else world.follow(login.query)
            if whole:
                assert "code" in sent(result)
            else:
                assert isinstance(result, Refuse)
                assert isinstance(result.error, StoreUnavailable)

    def test_a_form_without_its_page(self, world: LoginWorld):
        """The handle of a stored request is known before the login."""
        begun = world.ask(world.user(None), state=LONG)
        handle = dict(parse_qsl(begun.query))["interaction"]
        form = Parameters({"decision": ("allow",)})
        result = decide(world.server, HTTPRequest("POST", ""), handle, world.user(), form)
        assert result == Again(begun.query)
        assert world.grants() == ()


class TestRecordOfTheVersionBefore:
    """It stored each request with ``prompt=login``, and when it demanded the login."""

    def stored(self, world: World, **members: Any) -> str:
        request = make_request(prompt=frozenset({"login"}))
        interaction = Interaction(request, browser_digest("b"))
        handle, pending = begin_interaction(world.server, interaction)
        data = {**json.loads(interaction.encode()), **members}
        world.server.grants.amend(pending.token.ref, 0, {"data": json.dumps(data).encode()})
        return handle

    def test_a_user_who_was_sent_to_the_login_is_sent_there_again(self, unknown: LoginWorld):
        handle = self.stored(unknown, login_demanded_at=NOW)
        page = unknown.follow(f"interaction={handle}")
        login = unknown.follow(unknown.press(page).query, unknown.user(None))
        assert isinstance(login, Login)
        page = unknown.follow(login.query)
        assert isinstance(page, Ask)
        assert "code" in sent(unknown.decide(page, decision="allow"))

    def test_a_page_that_is_open_can_be_decided(self, world: LoginWorld):
        handle = self.stored(world, login_demanded_at=NOW, subject="bob")
        world.log_in()
        form = Parameters({"decision": ("allow",)})
        result = decide(world.server, HTTPRequest("POST", ""), handle, world.user(), form)
        assert "code" in sent(result)
