"""What a request says about the login (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.authorization.authorization_request import AuthorizationRequest
from pyramid_oauth2.protocol.authorization.flow import begin
from pyramid_oauth2.protocol.authorization.results import (
    Again,
    Ask,
    Login,
    LoginAgain,
    Respond,
)
from pyramid_oauth2.protocol.grant_data import GrantData
from pyramid_oauth2.protocol.http import HTTPRequest, Parameters

from .login_worlds import LONG, Known, LoginWorld, session_in
from .test_flow import REQUEST, World, sent
from .worlds import NOW, make_request


@pytest.fixture
def known() -> Known:
    return Known()


class TestPrompt:
    @pytest.mark.parametrize("prompt", ["other consent", "consent create"])
    def test_what_is_not_known_has_no_effect(self, world: World, prompt: str):
        page: Any = world.begin(prompt=prompt)
        assert page.pending.interaction.request.prompt == {"consent"}

    @pytest.mark.parametrize("prompt", ["other", "create", "none other", "none select_account"])
    def test_alone_or_beside_none_it_is_an_error(self, world: World, prompt: str):
        assert sent(world.begin(prompt=prompt))["error"] == "invalid_request"

    def test_an_account_is_selected_on_the_consent_page(self, world: World):
        world.decide(world.begin(), decision="allow")
        assert isinstance(world.begin(), Respond), "remembered"
        assert isinstance(world.begin(prompt="select_account"), Ask)

    def test_a_new_user_is_sent_to_register_if_the_application_has_a_page_for_it(self):
        world = World(prompt_values=frozenset({"create", "none", "login", "consent"}))
        login = world.begin(world.user(None), prompt="create")
        assert isinstance(login, Login)
        assert login.hints == {"prompt": "create"}
        assert isinstance(world.follow(login.query), Ask), "they have registered"


@pytest.fixture
def world() -> World:
    return World()


class TestMaxAge:
    """A login that is older than the client accepts."""

    @pytest.mark.parametrize(("max_age", "enough"), [(59, False), (60, True), (61, True)])
    def test_at_the_edge(self, known: Known, max_age: int, enough: bool):
        result = known.begin(max_age=str(max_age))
        assert isinstance(result, Ask) is enough
        if not enough:
            assert session_in(result) == "kept"

    def test_zero_is_prompt_login(self, known: Known):
        known.log_in()
        assert isinstance(known.begin(max_age="0"), Login)

    @pytest.mark.parametrize("changes", [{}, {"state": LONG}], ids=["in the URL", "stored"])
    def test_a_new_login_is_enough(self, known: Known, changes: dict[str, str]):
        login = known.sent_to_login(prompt="", max_age="10", **changes)
        assert login.hints["prompt"] == "login"
        known.clock.now += 5
        known.log_in()
        page = known.follow(login.query)
        assert isinstance(page, Ask)
        assert "code" in sent(known.decide(page, decision="allow"))

    def test_the_reload_of_an_old_session_is_not(self, known: Known):
        login = known.sent_to_login(prompt="", max_age="10")
        assert isinstance(known.follow(login.query), LoginAgain)
        assert known.grants() == ()

    def test_as_another_user(self, known: Known):
        """A request that is stored is not bound to a user whose login is too old."""
        login = known.sent_to_login(prompt="", max_age="10", state=LONG)
        known.log_in()
        alice = known.user("alice")
        page = known.follow(login.query, alice)
        assert isinstance(page, Ask)
        assert "code" in sent(known.decide(page, alice, decision="allow"))

    def test_a_page_that_is_read_for_long_demands_nothing_anew(self, known: Known):
        page = known.begin(max_age="60")
        known.clock.now += 599
        assert "code" in sent(known.decide(page, decision="allow"))

    def test_without_a_page(self, known: Known):
        known.decide(known.begin(), decision="allow")
        assert "code" in sent(known.begin(max_age="60", prompt="none"))
        assert sent(known.begin(max_age="59", prompt="none"))["error"] == "login_required"
        assert sent(known.begin(max_age="0", prompt="none"))["error"] == "login_required"

    def test_a_login_whose_time_is_unknown_has_to_be_a_new_one(self):
        world = LoginWorld()
        assert isinstance(world.begin(max_age="9999"), LoginAgain)
        login = world.sent_to_login(prompt="", max_age="9999")
        page = world.follow(login.query)
        assert isinstance(page, Ask)
        assert "code" in sent(world.decide(page, decision="allow"))

    def test_a_user_who_was_not_signed_in_just_logs_in(self, known: Known):
        """Also where an upstream says that the login was earlier, but not too early."""
        login = known.begin(known.user(None), max_age="100")
        assert isinstance(login, Login)
        assert isinstance(known.follow(login.query), Ask)
        assert sent(known.follow(known.begin(known.user(None), max_age="10").query))["error"] == (
            "login_required"
        )

    @pytest.mark.parametrize("max_age", ["-1", "1.5", "x", "1e3", "9" * 10, "1" * 5000, " 1"])
    def test_no_number_of_seconds(self, known: Known, max_age: str):
        assert sent(known.begin(max_age=max_age))["error"] == "invalid_request"


class TestTimeOfTheLogin:
    """What the grant says about it."""

    def time_in(self, world: World) -> int | None:
        (grant,) = world.grants()
        authentication = GrantData.decode(grant.data).authentication
        return None if authentication is None else authentication.auth_time

    @pytest.mark.parametrize("changes", [{}, {"state": LONG}], ids=["in the URL", "stored"])
    def test_it_was_not_before_the_demand(self, changes: dict[str, str]):
        world = LoginWorld()
        login = world.sent_to_login(**changes)
        world.clock.now += 7
        world.decide(world.follow(login.query), decision="allow")
        assert self.time_in(world) == NOW

    def test_a_known_time_stays(self, known: Known):
        known.decide(known.begin(), decision="allow")
        assert self.time_in(known) == NOW - 60

    def test_without_a_demand_nothing_is_known(self, world: World):
        world.decide(world.begin(), decision="allow")
        assert self.time_in(world) is None


class TestHints:
    HINTS = {"login_hint": "bob@example.com", "ui_locales": "de en", "display": "touch"}

    def test_the_login_page_gets_them(self, world: World):
        login = world.begin(world.user(None), **self.HINTS, acr_values="gold")
        assert isinstance(login, Login)
        assert login.hints == {**self.HINTS, "acr_values": "gold"}

    def test_also_of_a_request_that_was_stored(self, world: World):
        stored = world.begin(world.user(None), **self.HINTS, state=LONG)
        assert isinstance(stored, Again)
        login = world.follow(stored.query, world.user(None))
        assert isinstance(login, Login)
        assert login.hints == self.HINTS

    def test_one_that_is_too_long_for_a_url_is_left_out(self, world: World):
        hints = {**self.HINTS, "login_hint": "%" * 4000}
        stored = world.begin(world.user(None), **hints)
        assert isinstance(stored, Again)
        login = world.follow(stored.query, world.user(None))
        assert isinstance(login, Login)
        assert login.hints == {"ui_locales": "de en", "display": "touch"}

    def test_no_value_of_one_refuses_a_request(self, world: World):
        assert isinstance(world.begin(**dict.fromkeys(self.HINTS, "%00 \u20ac <x>")), Ask)


def test_a_demand_is_not_ignored_by_a_version_that_does_not_know_it():
    request = make_request(sub="alice", acr=("gold", "bronze"), max_age=60, login_hints={"a": "b"})
    members = request.encode()
    assert members["critical"] == ["acr", "max_age", "sub"]
    assert AuthorizationRequest.decode(json.loads(json.dumps(members))) == replace(
        request, others={"critical": ["acr", "max_age", "sub"]}
    )
    assert "critical" not in make_request(login_hints={"a": "b"}).encode()


def test_a_parameter_that_is_sent_twice_is_an_error(world: World):
    values = {**{k: (v,) for k, v in REQUEST.items()}, "max_age": ("1", "2")}
    result = begin(world.server, HTTPRequest("GET", ""), Parameters(values), world.user())
    assert sent(result)["error"] == "invalid_request"
