"""The application's own login, in the middle of the flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest
from pyramid.response import Response
from pyramid.security import remember

from pyramid_oauth2 import Authentication
from pyramid_oauth2.protocol.grant_data import GrantData
from pyramid_oauth2.protocol.token.presentation import bearer
from pyramid_oauth2.protocol.token_strings import parse_token

from . import host
from .flow import AUTHORIZE, LONG, SETTINGS, Flow, answer_in, register_clients


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


def way_back(answer, parameter: str = "next") -> str:
    """The URL to which the login page must send the user afterwards."""
    (back,) = parse_qs(urlsplit(answer.location).query, strict_parsing=True)[parameter]
    return back


class TestNobodySignedIn:
    def at_login(self, flow: Flow, **changes: str):
        """The redirect to the login page."""
        return flow.ask(**changes)

    def test_to_the_login_page_and_back(self, flow: Flow):
        flow.log_out()
        answer = self.at_login(flow)
        assert answer.location.startswith("http://localhost/login?next=")
        back = way_back(answer)
        assert back.startswith("/oauth2/authorize?response_type=code&client_id=web&")
        assert flow.server.records() == []
        page = flow.log_in().browser.get(back, status=200)
        members = answer_in(flow.decide(page).location)
        assert flow.redeem(members["code"]).status_int == 200

    def test_the_request_travels_through_the_login(self, flow: Flow):
        flow.log_out()
        page = flow.get(flow.parameters(state="a b&c=d", extension="e"))
        back = way_back(page)
        sent = dict(parse_qsl(urlsplit(back).query))
        assert sent == flow.parameters(state="a b&c=d", extension="e")
        answer = flow.decide(flow.log_in().browser.get(back, status=200))
        assert answer_in(answer.location)["state"] == "a b&c=d"

    def test_one_that_is_too_long_for_a_url_is_stored(self, flow: Flow):
        answer = self.at_login(flow.log_out(), state=LONG)
        assert answer.location.startswith("http://localhost/oauth2/authorize?interaction=oin_")
        back = way_back(flow.browser.get(answer.location, status=303))
        page = flow.log_in().browser.get(back, status=200)
        assert answer_in(flow.decide(page).location)["state"] == LONG

    @pytest.mark.parametrize("length", [3, 2000])
    def test_the_login_url_is_never_too_long(self, flow: Flow, length: int):
        """Also where each character is encoded twice."""
        answer = self.at_login(flow.log_out(), state="\u20ac" * length)
        assert len(answer.location) < 4000

    def test_a_secret_that_a_client_posts_is_in_no_url(self, flow: Flow):
        secrets = {"client_secret": "s3cret-of-web", "password": "s3cret-of-bob"}
        answer = flow.browser.post(AUTHORIZE, flow.parameters(**secrets), status=303)
        assert "s3cret" not in answer.location
        answer = Flow(flow.server).browser.get(answer.location, status=303)
        assert "s3cret" not in answer.location

    def test_the_forbidden_view_gets_no_url_that_is_too_long(self, start_flow: Callable[..., Flow]):
        """A client may encode every character."""
        flow = start_flow(login_route="").log_out()
        query = urlencode(flow.parameters(state=None)) + "&state=" + "%78" * 1100
        answer = flow.get(query)
        assert answer.status_int == 303
        assert len(answer.location) < 2000
        assert flow.browser.get(answer.location).location == "http://localhost/login"

    def test_a_form_is_sent_on_by_get(self, flow: Flow):
        """Another site posts it: it has no cookie, and nothing is decided on it."""
        flow.allow()
        answer = flow.browser.post(AUTHORIZE, flow.parameters(), status=303)
        assert answer.location.startswith("http://localhost/oauth2/authorize?response_type=code&")
        assert "Set-Cookie" not in answer.headers
        answer = flow.browser.get(answer.location, status=303)
        assert "code" in answer_in(answer.location)

    @pytest.mark.parametrize("changes", [{"scope": "x"}, {"client_id": "x"}])
    def test_a_form_with_an_error_is_not(self, flow: Flow, changes: dict[str, str]):
        answer = flow.browser.post(AUTHORIZE, flow.parameters(**changes), status="*")
        assert not answer.headers.get("Location", "").startswith("http://localhost/")

    def test_the_parameter_that_the_login_page_reads(self, start_flow: Callable[..., Flow]):
        flow = start_flow(login_return_param="came_from").log_out()
        assert way_back(self.at_login(flow), "came_from").startswith("/oauth2/authorize?")

    def test_the_applications_forbidden_view(self, start_flow: Callable[..., Flow]):
        """If no login route is set."""
        flow = start_flow(login_route="").log_out()
        answer = flow.browser.get(f"{AUTHORIZE}?{urlencode(flow.parameters())}", status=302)
        assert answer.location == "http://localhost/login"

    def test_the_forbidden_view_returns_to_our_url(self, start_flow: Callable[..., Flow]):
        """It returns the user to the URL that it sees, so that must be ours."""
        flow = start_flow(login_route="").log_out()
        stored = self.at_login(flow, state=LONG).location
        answer = flow.browser.get(f"{stored}&x=y", status=303)
        assert answer.location == stored
        assert flow.browser.get(stored, status=302).location == "http://localhost/login"

    @pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host"])
    def test_no_header_changes_where_the_login_is(self, flow: Flow, name: str):
        url = f"{AUTHORIZE}?{urlencode(flow.log_out().parameters())}"
        answer = flow.browser.get(url, headers={name: "evil.example"}, status=303)
        assert "evil" not in str(answer.headers)

    def test_several_tabs_wait_for_one_login(self, flow: Flow):
        """RFC 6749 section 10.12: each is bound to the browser, not to the moment."""
        flow.log_out()
        first, second = (way_back(self.at_login(flow, prompt="consent")) for _ in "12")
        flow.log_in()
        for back in (second, first):
            page = flow.browser.get(back, status=200)
            assert "code" in answer_in(flow.decide(page).location)

    def test_remembered_consent_needs_no_page_after_it(self, flow: Flow):
        flow.allow()
        back = way_back(self.at_login(flow.log_out()))
        answer = flow.log_in().browser.get(back, status=303)
        assert flow.redeem(answer_in(answer.location)["code"]).status_int == 200

    def test_in_another_browser(self, flow: Flow):
        """A login link that was sent to another user is an authorization request of theirs."""
        back = way_back(self.at_login(flow.log_out()))
        stranger = Flow(flow.server).log_in("alice")
        page = stranger.browser.get(back, status=200)
        assert "alice" in page
        stranger.decide(page)
        assert not flow.server.service.server.grants.grants(subject="bob").items

    @pytest.mark.parametrize("has_cookie", [False, True])
    def test_one_that_is_stored_is_bound_to_its_browser(self, flow: Flow, has_cookie: bool):
        """From the login on; before it only if the browser has a cookie that stays."""
        if has_cookie:
            flow.log_in().page()
        stored = self.at_login(flow.log_out(), state=LONG).location
        back = way_back(flow.browser.get(stored, status=303))
        if not has_cookie:
            flow.log_in().browser.get(back, status=200)
        for user in ("alice", "bob"):
            stranger = Flow(flow.server).log_in(user)
            assert stranger.browser.get(back, status=403).content_type == "text/html"
        assert flow.log_in().browser.get(back, status=200)

    def test_two_that_are_stored_at_once(self, flow: Flow):
        """Each gives the new browser a cookie, and one stays. Both pages work after the login."""
        query = flow.parameters(state=LONG)
        tabs = [self.at_login(Flow(flow.server), state=LONG).location for _ in "12"]
        opened = [flow.server.fresh_browser().get(tab, status=303) for tab in tabs]
        assert len({answer.headers["Set-Cookie"] for answer in opened}) == 2
        flow.log_in().page()
        pages = [flow.browser.get(way_back(answer), status=200) for answer in opened]
        for page in pages:
            assert answer_in(flow.decide(page).location)["state"] == query["state"]

    def test_an_integer_that_the_application_calls_its_user(self, build: Callable[..., Any]):
        """The default subject is the userid as text."""

        class Numbers(host.CookiePolicy):
            def authenticated_userid(self, request: Any) -> Any:
                return 7 if self.identity(request) else None

        def numbers(config: Any) -> None:
            config.set_security_policy(Numbers())
            config.set_root_factory(host.Root)

        server = build(numbers, host.views, changes=SETTINGS)
        register_clients(server)
        Flow(server).log_in().code()
        (grant,) = server.service.server.grants.grants(subject="7").items
        assert grant.client_id == "web"


class TestPromptLogin:
    """OpenID Connect Core section 3.1.2.1: "SHOULD prompt the End-User for reauthentication"."""

    def sent_to_login(self, flow: Flow, **changes: str) -> str:
        return way_back(flow.press(flow.ask(prompt="login", **changes)))

    def test_whoever_is_signed_in_logs_in_again(self, flow: Flow):
        back = self.sent_to_login(flow)
        assert flow.browser.get("/whoami").text == "anonymous", "the login was ended"
        assert flow.browser.get(back).location.startswith("http://localhost/login?")
        page = flow.log_in().browser.get(back, status=200)
        assert "code" in answer_in(flow.decide(page).location)

    def test_as_somebody_else_after_a_login_that_was_too_old(self, start_flow: Callable[..., Flow]):
        """A user whose login does not count is not the one who decides."""

        class Users(host.Users):
            at = 0

            def authenticated_at(self, request: Any) -> float:
                return self.at + 0.5

        users = Users()
        flow = start_flow(lambda config: config.set_oauth2_resource_owners(users))
        flow.log_in("alice")
        back = way_back(flow.ask(prompt="login"))
        flow.log_in("alice")
        asked = flow.browser.get(back, status=200)
        assert flow.press(asked).location.startswith("http://localhost/login?")
        users.at = flow.server.service.server.clock() + 60
        page = flow.log_in("bob").browser.get(back, status=200)
        assert "code" in answer_in(flow.decide(page).location)

    def test_as_somebody_else(self, flow: Flow):
        """It had not been opened yet, so it is not bound to a user."""
        back = self.sent_to_login(flow)
        page = flow.log_in("alice").browser.get(back, status=200)
        assert "alice" in page.text
        code = answer_in(flow.decide(page).location)["code"]
        token = flow.redeem(code).json["access_token"]
        assert flow.server.get("/read", {"Authorization": f"Bearer {token}"}).text == "alice"

    def test_the_form_cannot_go_before_the_login(self, flow: Flow):
        """Sent from the same browser, without a look at the page."""
        own_page = flow.page()
        location = flow.log_out().ask(prompt="login", state=LONG).location
        handle = location.partition("interaction=")[2]
        answer = flow.log_in().decide(own_page, interaction=handle)
        assert not [r for r in flow.server.records() if r.kind != "interaction"]
        login = flow.press(flow.browser.get(answer.location))
        assert login.location.startswith("http://localhost/login?")
        assert flow.browser.get("/whoami").text == "anonymous"

    def test_by_the_forbidden_view(self, start_flow: Callable[..., Flow]):
        flow = start_flow(login_route="")
        redirect = flow.press(flow.ask(prompt="login"))
        assert redirect.location.startswith("http://localhost/oauth2/authorize?")
        # It returns the user to the present URL, which has the mark.
        assert flow.browser.get(redirect.location, status=302).location.endswith("/login")
        assert flow.browser.get("/whoami").text == "anonymous"
        flow.log_in().browser.get(redirect.location, status=200)

    def test_remembered_consent_still_counts(self, flow: Flow):
        flow.allow()
        back = self.sent_to_login(flow)
        answer = flow.log_in().browser.get(back, status=303)
        assert "code" in answer_in(answer.location)

    def test_login_and_consent(self, flow: Flow):
        flow.allow()
        back = way_back(flow.press(flow.ask(prompt="login consent")))
        flow.log_in().browser.get(back, status=200)


class TestWhenTheUserLoggedIn:
    """An application that knows the login time does not depend on its cookie."""

    def test_a_login_before_the_demand_is_none(self, start_flow: Callable[..., Flow]):
        class Users(host.Users):
            at = 0

            def authenticated_at(self, request: Any) -> int:
                return self.at

        users = Users()
        flow = start_flow(lambda config: config.set_oauth2_resource_owners(users))
        back = way_back(flow.ask(prompt="login"))
        flow.log_in()
        users.at = flow.server.service.server.clock() - 60
        asked = flow.browser.get(back, status=200)
        assert flow.press(asked).location.startswith("http://localhost/login")
        flow.log_in()
        users.at = flow.server.service.server.clock() + 60
        flow.browser.get(back, status=200)


class TestHowTheUserAuthenticated:
    """The grant keeps it; a refresh does not change it."""

    EVENT = Authentication(1_700_000_000, "phr", ("pwd", "otp"), "session-1")

    def grant_of(self, flow: Flow, value: str) -> GrantData:
        ref = parse_token(value)
        assert ref is not None
        _, grant = flow.server.service.server.grants.find(ref)
        return GrantData.decode(grant.data)

    def test_as_the_application_says(self, start_flow: Callable[..., Flow]):
        event = self.EVENT

        class Users(host.Users):
            now = event

            def authentication(self, request: Any) -> Authentication:
                return self.now

        users = Users()
        flow = start_flow(lambda config: config.set_oauth2_resource_owners(users))
        tokens = flow.tokens()
        users.now = Authentication(1)
        refreshed = flow.refresh(tokens["refresh_token"]).json
        for value in (tokens["access_token"], refreshed["access_token"]):
            assert self.grant_of(flow, value).authentication == event
            assert flow.server.service.resolve(bearer(value)).authentication == event

    def test_the_time_alone(self, start_flow: Callable[..., Flow]):
        class Users(host.Users):
            def authenticated_at(self, request: Any) -> int:
                return 5

        flow = start_flow(lambda config: config.set_oauth2_resource_owners(Users()))
        found = self.grant_of(flow, flow.tokens()["access_token"])
        assert found.authentication == Authentication(5)

    def test_an_application_that_does_not_know(self, start_flow: Callable[..., Flow]):
        flow = start_flow()
        assert self.grant_of(flow, flow.tokens()["access_token"]) == GrantData()

    def test_another_value_is_an_error_of_the_application(self, start_flow: Callable[..., Flow]):
        class Users(host.Users):
            def authentication(self, request: Any) -> Any:
                return {"auth_time": 5}

        flow = start_flow(lambda config: config.set_oauth2_resource_owners(Users()))
        with pytest.raises(TypeError, match=r"authentication\(\)"):
            flow.allow()


class TestWrongSubjects:
    """Invalid values from the application's resource owners are reported to its developer."""

    @pytest.mark.parametrize("subject", [7, b"bob"])
    def test_not_text(self, start_flow: Callable[..., Flow], subject: Any):
        class Users(host.Users):
            def subject(self, request: Any) -> Any:
                return subject

        flow = start_flow(lambda config: config.set_oauth2_resource_owners(Users()))
        with pytest.raises(TypeError, match=r"subject\(\)"):
            flow.ask()

    def test_a_disabled_user_gets_no_code(self, start_flow: Callable[..., Flow]):
        class Users(host.Users):
            def subject(self, request: Any) -> None:
                return None

        flow = start_flow(lambda config: config.set_oauth2_resource_owners(Users()))
        assert flow.ask().location.startswith("http://localhost/login")


def test_a_login_page_of_the_applications_own(start_flow: Callable[..., Flow]):
    """It follows the way back itself, as login pages do."""

    def sign_in(request: Any) -> Response:
        response = Response(status=303, location=request.params["next"])
        response.headerlist.extend(remember(request, "bob"))
        return response

    def configure(config: Any) -> None:
        config.add_route("sign-in", "/sign-in")
        config.add_view(sign_in, route_name="sign-in")

    flow = start_flow(configure, login_route="sign-in").log_out()
    assert "code" in answer_in(flow.allow())
