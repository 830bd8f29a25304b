"""``prompt=login``: a login after the request, which a mark in our own URL proves."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.flow import decide
from pyramid_oauth2.protocol.authorization.interaction import KEPT, WINDOW, begin_interaction
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.authorization.login_demand import end_login
from pyramid_oauth2.protocol.authorization.login_mark import LoginMark, Session
from pyramid_oauth2.protocol.authorization.results import (
    Again,
    Ask,
    Login,
    LoginAgain,
    Refuse,
    Respond,
    Result,
)
from pyramid_oauth2.protocol.authorization.unusable import (
    CookiesNeeded,
    ForeignInteraction,
    UsedInteraction,
)
from pyramid_oauth2.protocol.authorization.user import browser_digest
from pyramid_oauth2.protocol.http import HTTPRequest, Parameters
from pyramid_oauth2.protocol.records import StoreUnavailable

from .test_flow import REQUEST, World, sent
from .worlds import BACK, NOW, make_request

# Too long for the URL of a login, so that the request is stored.
LONG = "%" * 1000


def mark_in(result: Result) -> str:
    """The mark in the URL that a result leads to."""
    assert isinstance(result, Login | Again)
    return dict(parse_qsl(result.query))["oauth2_login"]


def session_in(result: Result) -> str:
    """What the mark says of the session."""
    return mark_in(result).split(".")[1]


def request_in(query: str) -> dict[str, str]:
    """The parameters of a URL of ours without the mark."""
    return {name: value for name, value in parse_qsl(query) if name != "oauth2_login"}


class LoginWorld(World):
    """An application that may know when its users logged in, and a client that demands a login."""

    known = False

    def log_in(self) -> None:
        """The user logs in now."""
        self.authentication = Authentication(self.clock.now) if self.known else None

    def ask(self, user: Any = None, **changes: str) -> Any:
        return self.begin(user, **{"prompt": "login", **changes})

    def press(self, page: Any, user: Any = None) -> Again:
        """Press the button of the page that ends the login."""
        assert isinstance(page, LoginAgain)
        values = {name: (value,) for name, value in parse_qsl(page.query)}
        (handle,) = values.get("interaction", ("",))
        parameters = None if handle else Parameters(values)
        return end_login(self.server, parameters, handle, user or self.user())

    def sent_to_login(self, **changes: str) -> Login:
        """From a signed-in user's request to the login."""
        result, user = self.ask(**changes), self.user()
        while not isinstance(result, Login):
            if isinstance(result, LoginAgain):
                result, user = self.press(result), self.user(None)
            result = self.follow(result.query, user)
        return result


class Known(LoginWorld):
    known = True

    def __init__(self) -> None:
        super().__init__()
        self.authentication = Authentication(NOW - 60)


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


class TestMarkOfAnother:
    """A mark is for one browser and one request. Any other is as good as none."""

    def refused(self, world: LoginWorld, result: Result) -> bool:
        assert world.grants() == ()
        return isinstance(result, Login if world.known else LoginAgain)

    def test_browser(self, world: LoginWorld, changes: dict[str, str]):
        login = world.sent_to_login(**changes)
        world.log_in()
        result = world.follow(login.query, world.user(browser="c"))
        if changes:
            assert isinstance(result, Refuse)
            assert isinstance(result.error, ForeignInteraction)
        else:
            assert self.refused(world, result)

    @pytest.mark.parametrize(
        "changed",
        [
            {"scope": "read write"},
            {"state": "abc"},
            {"redirect_uri": f"{BACK}/2"},
            {"client_id": "web2"},
            {"code_challenge": "x" * 43},
            {"prompt": "login consent"},
            {"nonce": "n"},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_request(self, world: LoginWorld, changed: dict[str, str]):
        client: Any = world.server.clients.get("web")
        uris = (BACK, f"{BACK}/2")
        world.server.clients.add(replace(client, client_id="web2", redirect_uris=uris))
        world.server.clients.edit("web", client.version, {"redirect_uris": uris})
        login = world.sent_to_login()
        world.log_in()
        moved = urlencode({**dict(parse_qsl(login.query)), **changed})
        assert self.refused(world, world.follow(moved))
        assert isinstance(world.follow(login.query), Ask)

    def test_request_that_lacks_a_parameter(self, world: LoginWorld):
        query = dict(parse_qsl(world.sent_to_login(extension="e").query))
        world.log_in()
        del query["extension"]
        assert self.refused(world, world.follow(urlencode(query)))

    def test_stored_request(self, world: LoginWorld):
        first, second = (world.sent_to_login(state=LONG) for _ in "12")
        world.log_in()
        query = f"{second.query.partition('&')[0]}&oauth2_login={mark_in(first)}"
        assert self.refused(world, world.follow(query))

    @pytest.mark.parametrize("to", ["stored", "in the URL"])
    def test_kind_of_request(self, world: LoginWorld, to: str):
        stored, in_the_url = world.sent_to_login(state=LONG), world.sent_to_login()
        world.log_in()
        if to == "stored":
            query = f"{stored.query.partition('&')[0]}&oauth2_login={mark_in(in_the_url)}"
        else:
            query = urlencode(
                {**request_in(in_the_url.query), "state": "x", "oauth2_login": mark_in(stored)}
            )
        assert self.refused(world, world.follow(query))

    @pytest.mark.parametrize(
        "change",
        [
            lambda mark: "",
            lambda mark: "x",
            lambda mark: mark[:-1] + ("A" if mark[-1] != "A" else "E"),
            lambda mark: mark.replace(str(NOW), str(NOW - 100)),
            lambda mark: mark.replace(str(NOW), f"0{NOW}"),
            lambda mark: mark.replace(".none.", ".kept.").replace(".ended.", ".none."),
            lambda mark: f"{mark}\n",
            lambda mark: mark.replace(".", "\u0660.", 1),
            lambda mark: "\u20ac" * 57,
        ],
    )
    def test_text(self, unknown: LoginWorld, change: Any):
        login = unknown.sent_to_login()
        changed = {**dict(parse_qsl(login.query)), "oauth2_login": change(mark_in(login))}
        assert self.refused(unknown, unknown.follow(urlencode(changed)))

    def test_that_a_client_sends_twice(self, unknown: LoginWorld):
        login = unknown.sent_to_login()
        result = unknown.follow(f"{login.query}&oauth2_login={mark_in(login)}")
        assert sent(result)["error"] == "invalid_request"

    def test_a_mark_of_the_button_is_not_one_of_a_user_who_was_signed_out(
        self, unknown: LoginWorld
    ):
        ended = unknown.press(unknown.ask())
        query = ended.query.replace(".ended.", ".none.")
        assert self.refused(unknown, unknown.follow(query))


class TestTime:
    def test_an_expired_mark_is_replaced(self, world: LoginWorld, changes: dict[str, str]):
        login = world.sent_to_login(**changes)
        world.clock.now += 600
        world.log_in()
        result = world.follow(login.query)
        if changes:
            assert isinstance(result, Refuse), "the stored request has expired as well"
        elif world.known:
            assert isinstance(result, Login)
            assert mark_in(result) != mark_in(login)
        else:
            assert isinstance(result, LoginAgain)
        assert world.grants() == ()

    def test_an_expired_mark_of_a_user_who_has_not_logged_in(self, world: LoginWorld):
        login = world.ask(world.user(None))
        world.clock.now += 600
        later = world.follow(login.query, world.user(None))
        assert isinstance(later, Login)
        assert mark_in(later).startswith(f"{NOW + 600}.none.")


class TestBrowserWithoutCookies:
    @pytest.mark.parametrize("subject", ["bob", None])
    def test_no_endless_loop(self, world: LoginWorld, subject: str | None):
        login = world.sent_to_login()
        result = world.follow(login.query, world.user(subject, browser="new", new=True))
        assert isinstance(result, Refuse)
        assert isinstance(result.error, CookiesNeeded)

    def test_its_first_request_is_no_return(self, world: LoginWorld):
        assert not isinstance(world.ask(world.user(new=True)), Refuse)
        assert not isinstance(world.ask(world.user(None, new=True)), Refuse)


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
