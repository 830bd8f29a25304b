"""What ``/oauth2/authorizations`` refuses, each with its own response; nothing is withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.views.browser import FIELD

from . import host
from .allowing import PAGE, Allowing, articles, form_of
from .flow import Flow
from .server import bearer

WITHDRAWN = "Withdrawn. The application has lost its access."


@pytest.fixture
def bob(start_flow: Callable[..., Flow]) -> Allowing:
    return Allowing(start_flow().server)


def test_nobody_is_sent_to_the_login_and_comes_back(bob: Allowing):
    form = form_of(bob.show())
    bob.log_out()
    for answer in (bob.show(303), bob.post(form)):
        assert answer.location.startswith("http://localhost/login?")
        assert parse_qs(urlsplit(answer.location).query) == {"next": [PAGE]}
    bob.assert_untouched()


def test_no_bearer_token_is_a_login(flow: Flow):
    """Neither ours, nor one of the application itself."""
    token = {"Authorization": "Bearer app-token-of-bob"}
    assert flow.server.get("/whoami", token).text == "bob"
    answer = flow.server.get("/oauth2/authorizations", token)
    assert (answer.status_int, answer.location.partition("?")[0]) == (303, "http://localhost/login")


def test_nobody_where_no_login_route_is_set(start_flow: Callable[..., Flow]):
    """The application's forbidden view."""
    bob = Allowing(start_flow(login_route="").server)
    bob.log_out()
    assert bob.show(302).location == "http://localhost/login"


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_bearer_token_is_no_login(bob: Allowing, method: str):
    form = form_of(bob.show())
    headers = bearer(bob.held["access_token"])
    answer = getattr(bob.browser, method)(PAGE, form, headers=headers, status=303)
    assert answer.location.startswith("http://localhost/login?")
    bob.assert_untouched()


class TestANewBrowserThatLoadsThePageTwice:
    """Each page sets a cookie, and the later one stays."""

    OWN = {"Origin": "http://localhost"}

    def post(self, flow: Flow, form: dict[str, str], cookie: str, **headers: str) -> int:
        sent = {**headers, "Cookie": f"{login_cookie(flow)}; {cookie}"}
        answer = flow.server.fresh_browser().post(PAGE, form, headers=sent, status="*")
        return int(answer.status_int)

    def pages(self, flow: Flow) -> tuple[list[dict[str, str]], str]:
        """The forms of both pages, and the cookie that stays."""
        headers, url = {"Cookie": login_cookie(flow)}, f"{PAGE}?client_id=web"
        pages = [flow.server.fresh_browser().get(url, headers=headers) for _ in "12"]
        return [dict(page.form.submit_fields()) for page in pages], set_cookie(pages[1])

    def test_both_work(self, bob: Allowing):
        forms, cookie = self.pages(bob)
        assert [self.post(bob, form, cookie, **self.OWN) for form in forms] == [303, 303]
        assert articles(bob.show()) == []

    @pytest.mark.parametrize("origin", [None, "null", "https://evil.example"])
    def test_no_page_of_another_site(self, bob: Allowing, origin: str | None):
        (first, second), cookie = self.pages(bob)
        headers = {} if origin is None else {"Origin": origin}
        assert self.post(bob, first, cookie, **headers) == 403
        bob.assert_untouched()
        assert self.post(bob, second, cookie, **headers) == 303

    def test_not_for_another_user(self, bob: Allowing):
        (first, _), cookie = self.pages(bob)
        alice = Flow(bob.server).log_in("alice")
        assert self.post(alice, first, cookie, **self.OWN) == 403
        # Nor by a token that is put together of the page's secret and another user's name.
        secret, _, token = first[FIELD].partition(".")
        for forged in (secret, token, f"{secret}.{secret}", f".{token}", f"x.{token}"):
            assert self.post(alice, {**first, FIELD: forged}, cookie, **self.OWN) == 403
        bob.assert_untouched()

    def test_a_page_of_a_browser_with_a_cookie_is_valid_with_that_alone(self, bob: Allowing):
        form, (_, cookie) = form_of(bob.show()), self.pages(bob)
        assert "." not in form[FIELD]
        assert self.post(bob, form, cookie, **self.OWN) == 403
        bob.assert_untouched()

    def test_not_without_any_cookie(self, bob: Allowing):
        (first, _), _ = self.pages(bob)
        assert self.post(bob, first, "", **self.OWN) == 403
        bob.assert_untouched()


def login_cookie(flow: Flow) -> str:
    return next(f"{c.name}={c.value}" for c in flow.browser.cookiejar if c.name == "auth_tkt")


def set_cookie(page: Any) -> str:
    return str(page.headers["Set-Cookie"].partition(";")[0])


def test_a_user_who_is_deactivated(start_flow: Callable[..., Flow]):
    """The forbidden view, since the login would redirect back for ever."""

    class Users(host.Users):
        def is_active(self, subject: str) -> bool:
            return subject != "alice"

    bob = Allowing(start_flow(lambda config: config.set_oauth2_resource_owners(Users())).server)
    form = form_of(bob.show())
    bob.log_in("alice")
    assert bob.show(302).location == "http://localhost/login"
    assert bob.post(form).status_int == 302


@pytest.mark.parametrize("field", [None, "", "x", "0" * 32, "ä"])
def test_a_form_without_the_anti_forgery_field(bob: Allowing, field: str | None):
    """RFC 6749 section 10.12."""
    form = form_of(bob.show())
    del form["oauth2_browser_token"]
    if field is not None:
        form["oauth2_browser_token"] = field
    page = bob.post(form)
    assert page.status_int == 403
    assert "Nothing was withdrawn." in page
    bob.assert_untouched()


def test_a_form_of_another_browser(bob: Allowing):
    other = Allowing(bob.server)
    bob.heard.clear()
    assert bob.post(form_of(other.show())).status_int == 403
    bob.assert_untouched()


def test_a_form_that_was_open_before_somebody_else_signed_in(bob: Allowing):
    """It would withdraw what the second user allowed the same client."""
    form = form_of(bob.show())
    bob.log_in("alice")
    bob.tokens(prompt="consent")
    bob.heard.clear()
    page = bob.post(form)
    assert page.status_int == 403
    assert "somebody else has signed in since" in page
    assert "Open the list of your applications again" in page
    assert bob.server.service.server.consents.get("alice", "web") is not None
    bob.assert_untouched()
    assert bob.post(form_of(bob.show())).status_int == 303


def test_a_form_without_the_cookie(bob: Allowing):
    """As a form of another site is sent."""
    form = form_of(bob.show())
    bob.browser.reset()
    assert bob.log_in().browser.post(PAGE, form, status=403)
    bob.assert_untouched()


def test_a_get_with_the_fields_of_the_form(bob: Allowing):
    page = bob.show(**form_of(bob.show()))
    assert page.html.h1.string == "Withdraw the access of this application?"
    bob.assert_untouched()


def test_the_fields_in_the_url_of_a_post(bob: Allowing):
    query = urlencode(form_of(bob.show()))
    bob.browser.post(f"{PAGE}?{query}", {"page": "1"}, status=403)
    bob.assert_untouched()


def test_a_form_that_names_no_client(bob: Allowing):
    assert bob.post(form_of(bob.show()) | {"client_id": ""}).status_int == 400
    bob.assert_untouched()


def test_a_form_that_names_two(bob: Allowing):
    body = urlencode(form_of(bob.show())) + "&client_id=app"
    bob.browser.post(PAGE, body, status=400)
    bob.assert_untouched()


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods(bob: Allowing, method: str):
    answer = bob.browser.request(PAGE, method=method, status=405)
    assert answer.headers["Allow"] == "GET, POST"
    bob.assert_untouched()


def test_plain_http_where_https_is_demanded(start_flow: Callable[..., Flow]):
    flow = start_flow(issuer="https://localhost")
    assert "A secure connection is required" in flow.browser.get(PAGE, status=400)


def test_a_link_that_says_it_was_withdrawn(bob: Allowing):
    """An attacker can write such a link; the page must not confirm what is not true."""
    assert WITHDRAWN not in bob.show(withdrawn="web")


def test_a_store_that_cannot_answer(bob: Allowing, monkeypatch: pytest.MonkeyPatch):
    form = form_of(bob.show())

    def away(*arguments: Any, **options: Any) -> Any:
        raise StoreUnavailable("the server is away")

    for name in ("list", "forget"):
        monkeypatch.setattr(bob.server.service.server.consents, name, away)
    assert bob.show(503).headers["Retry-After"]
    assert bob.post(form).status_int == 503
