"""``prompt=login``: a login after the request, which a mark in our own URL proves."""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.results import (
    Again,
    Ask,
    Login,
    LoginAgain,
)

from .login_worlds import LONG, Known, LoginWorld, request_in, session_in
from .test_flow import REQUEST, sent
from .worlds import NOW


@pytest.fixture
def unknown() -> LoginWorld:
    return LoginWorld()


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture(params=[LoginWorld, Known], ids=["time unknown", "time known"])
def world(request: pytest.FixtureRequest) -> LoginWorld:
    made: LoginWorld = request.param()
    return made


@pytest.fixture(params=[{}, {"state": LONG}], ids=["in the URL", "stored"])
def changes(request: pytest.FixtureRequest) -> dict[str, str]:
    found: dict[str, str] = request.param
    return found


class TestAnyApplication:
    def test_a_login_afterwards_is_enough(self, world: LoginWorld, changes: dict[str, str]):
        login = world.sent_to_login(**changes)
        world.log_in()
        page = world.follow(login.query)
        assert isinstance(page, Ask)
        assert "code" in sent(world.decide(page, decision="allow"))

    def test_nothing_is_stored_before_it(self, world: LoginWorld):
        login = world.sent_to_login()
        assert request_in(login.query) == {**REQUEST, "prompt": "login"}
        assert world.server.grants.export().items == ()

    def test_without_a_page_if_it_was_allowed_before(
        self, world: LoginWorld, changes: dict[str, str]
    ):
        world.decide(world.begin(), decision="allow")
        login = world.sent_to_login(**changes)
        world.log_in()
        assert "code" in sent(world.follow(login.query))

    def test_login_and_consent_are_both_shown(self, world: LoginWorld):
        world.decide(world.begin(), decision="allow")
        login = world.sent_to_login(prompt="login consent")
        world.log_in()
        assert isinstance(world.follow(login.query), Ask)

    def test_a_user_who_is_not_signed_in_just_logs_in(self, world: LoginWorld):
        login = world.ask(world.user(None))
        assert isinstance(login, Login)
        assert session_in(login) == "none"
        world.log_in()
        assert isinstance(world.follow(login.query), Ask)

    def test_a_user_who_returns_without_one_goes_there_again(
        self, world: LoginWorld, changes: dict[str, str]
    ):
        """With the same URL: a forbidden view returns users to the present one."""
        result = world.ask(world.user(None), **changes)
        if isinstance(result, Again):
            result = world.follow(result.query, world.user(None))
        assert isinstance(result, Login)
        world.clock.now += 5
        assert world.follow(result.query, world.user(None)) == result

    def test_as_another_user(self, world: LoginWorld, changes: dict[str, str]):
        login = world.sent_to_login(**changes)
        world.log_in()
        alice = world.user("alice")
        page = world.follow(login.query, alice)
        assert isinstance(page, Ask)
        assert "code" in sent(world.decide(page, alice, decision="allow"))
        assert world.grants("alice")

    def test_a_mark_is_good_for_the_users_time_at_the_page(
        self, world: LoginWorld, changes: dict[str, str]
    ):
        login = world.sent_to_login(**changes)
        world.clock.now += 599
        world.log_in()
        page = world.follow(login.query)
        world.clock.now += 599 if not changes else 0
        assert "code" in sent(world.decide(page, decision="allow"))

    @pytest.mark.parametrize("secret", ["client_secret", "password"])
    def test_a_secret_that_a_client_sends_is_in_no_url(self, world: LoginWorld, secret: str):
        login = world.sent_to_login(**{secret: "s3cret"})
        assert "s3cret" not in login.query
        world.log_in()
        assert isinstance(world.follow(login.query), Ask)

    def test_a_denial_needs_the_login_too(self, world: LoginWorld):
        login = world.sent_to_login()
        world.log_in()
        page = world.follow(login.query)
        assert sent(world.decide(page, decision="deny"))["error"] == "access_denied"
        assert not isinstance(world.follow(login.query), Ask), "the mark is used"

    def test_prompt_none_has_no_page(self, world: LoginWorld):
        assert sent(world.begin(prompt="none"))["error"] == "consent_required"
        assert sent(world.ask(prompt="none login"))["error"] == "invalid_request"


class TestKnownTime:
    def test_the_session_stays(self, known: Known, changes: dict[str, str]):
        result = known.ask(**changes)
        if isinstance(result, Again):
            assert not result.end
            result = known.follow(result.query)
        assert isinstance(result, Login)
        assert session_in(result) == "kept"

    @pytest.mark.parametrize(("seconds", "new"), [(-1, False), (0, True), (1, True)])
    def test_from_the_time_of_the_mark_on(self, known: Known, seconds: int, new: bool):
        login = known.sent_to_login()
        known.authentication = Authentication(NOW + seconds)
        assert isinstance(known.follow(login.query), Ask) is new

    @pytest.mark.parametrize("ahead", [0, 30])
    def test_the_login_of_the_second_of_the_demand_is_not_a_new_one(
        self, known: Known, changes: dict[str, str], ahead: int
    ):
        """Also where the clock that says when it was is ahead."""
        known.authentication = Authentication(NOW + ahead)
        login = known.sent_to_login(**changes)
        page = known.follow(login.query)
        assert isinstance(page, LoginAgain)
        assert sent(known.follow(known.press(page).query))["error"] == "login_required"
        known.authentication = Authentication(NOW + ahead + 1)
        assert isinstance(known.follow(login.query), Ask)

    def test_a_user_who_was_sent_straight_back_is_asked_by_a_page(
        self, known: Known, changes: dict[str, str]
    ):
        """Otherwise a link would sign them out, where the login redirects signed-in users."""
        login = known.sent_to_login(**changes)
        known.clock.now += 2
        page = known.follow(login.query)
        assert isinstance(page, LoginAgain)
        assert "oauth2_login" not in page.query
        again = known.press(page)
        assert again.end
        assert session_in(again) == "ended"
        login_again = known.follow(again.query, known.user(None))
        assert isinstance(login_again, Login)
        known.authentication = Authentication(NOW + 1)
        assert not isinstance(known.follow(login_again.query), Ask), "before the second demand"
        known.authentication = Authentication(NOW + 2)
        assert isinstance(known.follow(login_again.query), Ask)

    def test_a_login_that_cannot_be_ended_is_no_endless_loop(
        self, known: Known, changes: dict[str, str]
    ):
        again = known.press(known.follow(known.sent_to_login(**changes).query))
        assert sent(known.follow(again.query))["error"] == "login_required"
        assert known.grants() == ()

    def test_a_login_that_is_older_than_the_demand_is_no_endless_loop(
        self, known: Known, changes: dict[str, str]
    ):
        """A single sign-on has a session of its own, or its clock is behind."""
        result = known.ask(known.user(None), **changes)
        if isinstance(result, Again):
            result = known.follow(result.query, known.user(None))
        assert session_in(result) == "none"
        assert isinstance(result, Login)
        answer = sent(known.follow(result.query))
        assert answer["error"] == "login_required"
        assert answer["error_description"] == "The present login is not a new one."
        assert known.grants() == ()
        known.log_in()
        assert isinstance(known.follow(result.query), Ask)

    def test_where_the_login_is_for_strangers_only(self, known: Known):
        """A forbidden view refuses a signed-in user."""
        page = known.ask(known.user(has_login_page=False))
        assert isinstance(page, LoginAgain)
        assert session_in(known.press(page)) == "ended"

    def test_a_time_that_is_lost_is_unknown(self, known: Known):
        login = known.sent_to_login()
        known.authentication = None
        assert isinstance(known.follow(login.query), LoginAgain)

    def test_a_session_that_is_older_at_the_decision(self, known: Known):
        login = known.sent_to_login()
        known.log_in()
        page: Any = known.follow(login.query)
        known.authentication = Authentication(NOW - 1)
        assert known.decide(page, decision="allow") == Again(f"interaction={page.handle}")
        assert known.grants() == ()
        login = known.follow(f"interaction={page.handle}")
        known.log_in()
        assert "code" in sent(known.decide(known.follow(login.query), decision="allow"))


class TestUnknownTime:
    def test_a_page_asks_and_its_button_ends_the_login(
        self, unknown: LoginWorld, changes: dict[str, str]
    ):
        page = unknown.ask(**changes)
        assert isinstance(page, LoginAgain)
        assert page.client.client_id == "web"
        again = unknown.press(page)
        assert again.end
        assert session_in(again) == "ended"

    def test_the_page_comes_again_until_it_is_pressed(self, unknown: LoginWorld):
        for _ in range(3):
            assert isinstance(unknown.ask(), LoginAgain)

    def test_without_a_login_page(self, unknown: LoginWorld):
        assert isinstance(unknown.ask(unknown.user(has_login_page=False)), LoginAgain)

    def test_a_login_that_cannot_be_ended(self, unknown: LoginWorld, changes: dict[str, str]):
        """OpenID Connect Core section 3.1.2.1: "MUST return an error, typically login_required"."""
        page = unknown.ask(**changes)
        answer = unknown.follow(unknown.press(page).query)
        assert sent(answer) == {
            "error": "login_required",
            "error_description": "The present login cannot be ended.",
            "state": changes.get("state", "xyz"),
            "iss": unknown.server.issuer,
        }
        assert unknown.grants() == ()

    def test_a_stored_request_is_not_bound_by_a_login_that_was_not_ended(self, unknown: LoginWorld):
        """The mark is valid, but the user has not logged in since it was made."""
        begun = unknown.ask(unknown.user(None), state=LONG)
        assert isinstance(begun, Again)
        ended = unknown.press(unknown.follow(begun.query))
        assert ended.query.startswith(f"{begun.query}&oauth2_login=")
        for _ in range(2):
            assert sent(unknown.follow(ended.query))["error"] == "login_required"
        assert isinstance(unknown.follow(begun.query), LoginAgain)
        assert unknown.grants() == ()

    def test_a_user_who_pressed_it_without_being_signed_in(self, unknown: LoginWorld):
        again = unknown.press(unknown.ask(), unknown.user(None))
        assert isinstance(unknown.follow(again.query, unknown.user(None)), Login)

    def test_a_time_that_is_known_afterwards_counts(self, unknown: LoginWorld):
        login = unknown.sent_to_login()
        unknown.authentication = Authentication(NOW - 1)
        assert not isinstance(unknown.follow(login.query), Ask)
        unknown.authentication = Authentication(NOW)
        assert isinstance(unknown.follow(login.query), Ask)
