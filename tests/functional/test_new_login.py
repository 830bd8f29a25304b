"""``prompt=login`` over HTTP: the page with the button, the session, and the cookies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from pyramid.authentication import SessionAuthenticationHelper
from pyramid.request import RequestLocalCache
from pyramid.session import SignedCookieSessionFactory

from pyramid_oauth2.extension import Parameter
from tests.protocol.test_request_extensions import Nonce

from . import host
from .flow import AUTHORIZE, LONG, SETTINGS, Flow, answer_in, register_clients
from .server import Server
from .test_authorization_plug_ins import returning
from .test_login import way_back


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


class Known(host.Users):
    """Resource owners that know when their users logged in: always at the same time."""

    at = 0

    def authenticated_at(self, request: Any) -> int:
        return self.at


class SessionPolicy(host.CookiePolicy):
    """A policy that keeps the user in a session, and in a cache for the request."""

    def __init__(self) -> None:
        super().__init__()
        self.session = SessionAuthenticationHelper()
        self.users = RequestLocalCache(self.session.authenticated_userid)

    def identity(self, request: Any) -> Any:
        return self.users.get_or_create(request)

    def remember(self, request: Any, userid: str, **kw: Any) -> Any:
        return self.session.remember(request, userid, **kw)

    def forget(self, request: Any, **kw: Any) -> Any:
        return self.session.forget(request, **kw)


class Unforgetting(host.CookiePolicy):
    """A policy whose logins cannot be ended: those of a proxy, for instance."""

    def forget(self, request: Any, **kw: Any) -> Any:
        return []


@pytest.fixture
def start_with(build: Callable[..., Server]) -> Callable[..., Flow]:
    """Start an application with another policy; bob is signed in."""

    def start_with(policy: Any, *configure: Any) -> Flow:
        def base(config: Any) -> None:
            config.set_session_factory(SignedCookieSessionFactory("not so secret"))
            config.set_security_policy(policy)
            config.set_root_factory(host.Root)

        server = build(base, host.views, *configure, changes=SETTINGS)
        register_clients(server)
        return Flow(server).log_in()

    return start_with


def is_signed_in(flow: Flow) -> bool:
    return bool(flow.browser.get("/whoami").text != "anonymous")


def test_the_page(flow: Flow):
    flow.edit(client_name="<b>Web</b>")
    page = flow.ask(prompt="login")
    assert page.status_int == 200
    assert page.html.h1.get_text() == "<b>Web</b> asks you to sign in again"
    # No element can isolate the name in a title.
    assert page.html.title.string == "\u2068<b>Web</b>\u2069 asks you to sign in again"
    assert page.html.find("strong").string == "bob"
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.html.find("form")["method"] == "post"
    assert page.html.find("a") is None
    assert page.form.fields.keys() == {"oauth2_login", "oauth2_browser_token", None}


def test_the_button_sends_what_a_link_may_send(start_flow: Callable[..., Flow]):
    """A plug-in's parameter may be longer than any of ours."""

    class Details(Nonce):
        parameters = (Parameter("nonce", max_length=6000),)

    flow = start_flow(
        lambda config: config.add_oauth2_request_extension("nonce", returning(Details()))
    )
    page = flow.ask(prompt="login", nonce="n" * 5000)
    assert urlsplit(flow.press(page).location).path == AUTHORIZE, "stored: it is too long"
    assert not is_signed_in(flow)


def test_only_the_button_ends_the_login(flow: Flow):
    page = flow.ask(prompt="login")
    fields = dict(page.form.submit_fields())
    forged = {**fields, "oauth2_browser_token": "a" * 32}
    for url in (page.form.action, f"{AUTHORIZE}?{urlencode(fields)}"):
        flow.browser.get(url, status="*")
        assert flow.browser.post(url, forged, status="*").status_int in (400, 403)
        assert flow.browser.post(url, {"oauth2_login": "again"}, status="*").status_int == 403
        assert is_signed_in(flow)
    flow.browser.post(page.form.action, fields, status=303)
    assert not is_signed_in(flow)


def test_a_form_of_another_site(flow: Flow):
    """It has the login's cookie where that is not SameSite, and no cookie of ours."""
    page = flow.ask(prompt="login")
    login = next(f"{c.name}={c.value}" for c in flow.browser.cookiejar if c.name == "auth_tkt")
    stranger = flow.server.fresh_browser()
    answer = stranger.post(
        page.form.action, page.form.submit_fields(), headers={"Cookie": login}, status=400
    )
    assert "Set-Cookie" not in answer.headers
    assert "cookies_needed" in answer


def test_a_page_that_was_loaded_twice_at_once(flow: Flow):
    """Each sets a cookie, and the later one stays."""
    own = {"Origin": "http://localhost"}
    page = flow.ask(prompt="login")
    fields = {**dict(page.form.submit_fields()), "oauth2_browser_token": "a" * 32}
    for headers, status in (({}, 403), ({"Origin": "https://evil.example"}, 403), (own, 303)):
        flow.browser.post(page.form.action, fields, headers=headers, status=status)
    assert not is_signed_in(flow)


def test_nothing_is_stored_before_the_login(flow: Flow):
    flow.press(flow.ask(prompt="login"))
    assert flow.server.records() == []


@pytest.mark.parametrize("state", ["xyz", LONG])
def test_to_the_end(flow: Flow, state: str):
    answer = flow.press(flow.ask(prompt="login", state=state))
    while "/oauth2/authorize?" in answer.location.partition("/login?")[0]:
        answer = flow.browser.get(answer.location)
    page = flow.log_in().browser.get(way_back(answer), status=200)
    members = answer_in(flow.decide(page).location)
    assert members["state"] == state
    assert flow.redeem(members["code"]).status_int == 200


def test_the_mark_is_not_sent_to_the_client(flow: Flow):
    back = way_back(flow.press(flow.ask(prompt="login")))
    page = flow.log_in().browser.get(back, status=200)
    assert "oauth2_login" not in flow.decide(page).location


def test_a_login_link_in_another_browser(flow: Flow):
    """Its mark is of the first browser: in one without a cookie it cannot be verified."""
    back = way_back(flow.press(flow.ask(prompt="login")))
    stranger = Flow(flow.server).log_in("alice")
    page = stranger.browser.get(back, status=400)
    assert page.html.h1.string == "Your browser keeps no cookies of this site"
    stranger.ask()
    again = stranger.browser.get(back, status=200)
    assert again.html.h1.get_text() == "web asks you to sign in again"


@pytest.mark.parametrize("login_route", ["login", ""])
@pytest.mark.parametrize("known", [False, True])
def test_a_browser_without_cookies_is_not_redirected_endlessly(
    start_flow: Callable[..., Flow], login_route: str, known: bool
):
    users = Known() if known else host.Users()
    flow = start_flow(
        lambda config: config.set_oauth2_resource_owners(users), login_route=login_route
    )
    url = f"{AUTHORIZE}?{urlencode(flow.parameters(prompt='login'))}"
    for _ in range(3):
        browser = flow.server.fresh_browser()
        answer = browser.get(url, status="*")
        location = answer.headers.get("Location", "")
        if not location.startswith("http://localhost/"):
            break
        url = way_back(answer) if "/login?" in location else location
    assert answer.status_int == 400
    assert "cookies_needed" in answer


@pytest.mark.parametrize("known", [False, True])
def test_without_a_login_page(start_flow: Callable[..., Flow], known: bool):
    users = Known() if known else host.Users()
    flow = start_flow(lambda config: config.set_oauth2_resource_owners(users), login_route="")
    users.at = 0
    redirect = flow.press(flow.ask(prompt="login"))
    answer = flow.browser.get(redirect.location, status=302)
    assert answer.location == "http://localhost/login", "the application's forbidden view"
    users.at = flow.server.service.server.clock() + 5
    flow.log_in().browser.get(redirect.location, status=200)


def test_users_whose_login_time_is_known_stay_signed_in(start_flow: Callable[..., Flow]):
    users = Known()
    flow = start_flow(lambda config: config.set_oauth2_resource_owners(users))
    answer = flow.ask(prompt="login")
    assert answer.location.startswith("http://localhost/login?")
    assert is_signed_in(flow)
    page = flow.browser.get(way_back(answer), status=200)
    assert is_signed_in(flow), "the login page sent them back, which a link of any site can do"
    assert page.html.h1.get_text() == "web asks you to sign in again"
    answer = flow.press(page)
    assert not is_signed_in(flow)
    users.at = flow.server.service.server.clock() + 5
    flow.log_in().browser.get(way_back(answer), status=200)


@pytest.mark.parametrize("signed_in", [False, True])
def test_a_login_that_is_always_older_than_the_demand(
    start_flow: Callable[..., Flow], signed_in: bool
):
    """A single sign-on signs the user in by a session of its own."""
    flow = start_flow(lambda config: config.set_oauth2_resource_owners(Known()))
    if not signed_in:
        flow.log_out()
    answer, logins = flow.ask(prompt="login"), 0
    while "/login?" in answer.location and logins < 5:
        answer, logins = flow.log_in().browser.get(way_back(answer)), logins + 1
        if answer.status_int == 200:
            answer = flow.press(answer)
    assert answer_in(answer.location)["error"] == "login_required"
    assert logins == 1 + signed_in


def test_a_login_in_a_session(start_with: Callable[..., Flow]):
    """``forget`` has no headers then, but it ends the login."""
    flow = start_with(SessionPolicy())
    answer = flow.press(flow.ask(prompt="login"))
    assert answer.location.startswith("http://localhost/login?")
    assert not is_signed_in(flow)
    flow.log_in().browser.get(way_back(answer), status=200)


@pytest.mark.parametrize("state", ["xyz", LONG])
def test_a_login_that_cannot_be_ended(start_with: Callable[..., Flow], state: str):
    """OpenID Connect Core sections 3.1.2.1 and 3.1.2.6."""
    flow = start_with(Unforgetting())
    answer = flow.press(flow.ask(prompt="login", state=state))
    members = answer_in(answer.location)
    assert (members["error"], members["state"]) == ("login_required", state)
    assert is_signed_in(flow)


def test_one_that_is_known_and_cannot_be_ended(start_with: Callable[..., Flow]):
    flow = start_with(
        Unforgetting(),
        lambda config: config.set_oauth2_resource_owners(Known()),
    )
    answer = flow.press(flow.browser.get(way_back(flow.ask(prompt="login")), status=200))
    assert answer_in(answer.location)["error"] == "login_required"


def test_a_bearer_token_is_no_login(flow: Flow):
    answer = flow.browser.get(
        f"{AUTHORIZE}?{urlencode(flow.parameters(prompt='login'))}",
        headers={"Authorization": "Bearer x"},
    )
    assert answer.location.startswith("http://localhost/login?")


@pytest.mark.parametrize("mark", ["", "x", "1.none.x", "9" * 20, "\u20ac", "a&oauth2_login=b"])
@pytest.mark.parametrize("prompt", ["login", "consent"])
def test_a_mark_that_a_client_makes_up(flow: Flow, mark: str, prompt: str):
    flow.ask()
    query = urlencode({**flow.parameters(prompt=prompt), "oauth2_login": mark}, safe="&=")
    answer = flow.browser.get(f"{AUTHORIZE}?{query.replace('€', '%E2%82%AC')}", status="*")
    if "&oauth2_login=b" in query:
        assert answer_in(answer.location)["error"] == "invalid_request"
    else:
        assert answer.html.form["action"].endswith("prompt=login" if prompt == "login" else "rize")


def test_the_template_can_be_replaced(start_flow: Callable[..., Flow]):
    flow = start_flow(**{"renderer.login_again": "pyramid_oauth2:templates/error.oauth2"})
    assert "made a mistake" in flow.ask(prompt="login")


def test_the_mark_is_in_the_return_url_only(flow: Flow):
    answer = flow.press(flow.ask(prompt="login"))
    (back,) = parse_qs(urlsplit(answer.location).query)["next"]
    assert list(parse_qs(urlsplit(back).query)) == [
        *flow.parameters(prompt="login"),
        "oauth2_login",
    ]
