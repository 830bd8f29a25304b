"""What the panels of pyramid_debugtoolbar must not show, ours and the standard ones."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest

from . import host
from .debugged import DEVELOPMENT, Debugged, Panel, more_views, stock_toolbar
from .flow import LONG, SETTINGS, Flow, register_clients
from .server import Server, basic, bearer

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
FOREIGN = "a.token_of~another+server/=="


@pytest.fixture
def debugged(build: Callable[..., Server]) -> Debugged:
    changes = {**SETTINGS, **DEVELOPMENT}
    server = build(stock_toolbar, host.pages, more_views, changes=changes)
    register_clients(server)
    return Debugged(server)


def assert_hidden(page: str, credential: str) -> None:
    assert credential not in page
    assert credential[-12:] not in page
    assert credential[:20] not in page


def test_without_the_include_the_stock_panels_show_a_token(build: Callable[..., Server]):
    """What the tests below would find without the masking."""
    debugged = Debugged(build(stock_toolbar, host.pages))
    token = debugged.server.token()
    debugged.server.get("/read", bearer(token))
    assert debugged.page().text.count(token) >= 3


@pytest.mark.parametrize("path", ["/read", "/write", "/delete", "/whoami", "/api", "/nowhere"])
def test_a_token_of_ours_at_any_view(debugged: Debugged, path: str):
    """RFC 6819 section 5.1.4.1."""
    token = debugged.server.token(user="bob")
    debugged.server.get(path, bearer(token))
    assert_hidden(debugged.page().text, token)


def test_our_panel_shows_of_a_token_its_prefix_and_its_grant(debugged: Debugged):
    token = debugged.server.token(user="bob")
    text = debugged.panel("/read", bearer(token)).text
    assert "oat_ (access_token)" in text
    assert not [at for at in range(20, len(token) - 4) if token[at : at + 5] in text]


@pytest.mark.parametrize(
    "header",
    [
        f"Bearer {FOREIGN}",
        f"bearer   {FOREIGN}  ",
        FOREIGN,
        f'Digest username="bob", response="{FOREIGN}"',
    ],
)
@pytest.mark.parametrize("path", ["/read", "/whoami"])
def test_any_authorization_header(debugged: Debugged, header: str, path: str):
    debugged.server.get(path, {"Authorization": header})
    assert FOREIGN not in debugged.page().text


def test_a_basic_header(debugged: Debugged):
    header = basic("somebody", "an api key of the application")
    debugged.server.get("/whoami", header)
    assert_hidden(debugged.page().text, header["Authorization"].removeprefix("Basic "))


@pytest.mark.parametrize("token", ["ours", JWT])
@pytest.mark.parametrize("encode", [str, quote])
def test_a_token_in_the_query(debugged: Debugged, token: str, encode: Callable[[str], str]):
    """RFC 9700 section 4.3.2: it should not be there, and it is refused."""
    token = debugged.server.token() if token == "ours" else token
    url = encode(f"/read?access_token={token}")
    debugged.server.get(f"/read?access_token={token}&next={url}")
    assert_hidden(debugged.page().text, token)


@pytest.mark.parametrize("token", ["ours", JWT])
def test_a_token_in_the_form(debugged: Debugged, token: str):
    """RFC 6750 section 2.2: the same."""
    token = debugged.server.token() if token == "ours" else token
    debugged.server.post({"access_token": token}, path="/read")
    assert_hidden(debugged.page().text, token)


def test_a_token_in_a_traceback(debugged: Debugged):
    """The developer may inspect a frame, and sees everything except credentials."""
    token = debugged.server.token()
    failed = debugged.server.get("/fail", bearer(token))
    assert failed.status_int == 500
    assert "boom: 76" in failed.text
    pages = [failed, debugged.page(), debugged.page("/exception")]
    frames = [frame["id"].removeprefix("frame-") for frame in failed.html.select("div.frame")]
    console = debugged.page(f"/exception/execute/{frames[-1]}?cmd=header")
    assert "Bearer oat_********" in console.text
    for page in (*pages, console):
        assert_hidden(page.text, token)


def test_our_cookie_at_a_page_of_the_application(debugged: Debugged):
    flow = Flow(debugged.server, browser=debugged.server.browser).log_in()
    flow.page()
    secret = flow.browser.cookies["oauth2_browser"]
    flow.browser.get("/whoami")
    page = debugged.page().text
    assert_hidden(page, secret)
    assert "auth_tkt" in page, "the application's own cookies are left to the developer"


def test_a_secret_of_our_browser_in_a_form(debugged: Debugged):
    """The form of a new browser's first page contains the secret, and what is bound to it."""
    secret, bound = "a1" * 16, "b2" * 32
    debugged.server.post({"oauth2_browser_token": f"{secret}.{bound}"}, path="/read")
    page = debugged.page().text
    assert "oauth2_browser_token" in page
    assert_hidden(page, secret)
    assert_hidden(page, bound)


def test_our_cookie_when_it_is_set(debugged: Debugged):
    """At a view of the application that uses a form of ours."""
    answer = debugged.server.get("/new_browser")
    secret = answer.headers["Set-Cookie"].partition("oauth2_browser=")[2][:32]
    assert len(secret) == 32
    assert_hidden(debugged.page().text, secret)


def test_the_way_through_the_application_s_login(debugged: Debugged):
    """The handle of a request that is stored is in the URL of the login page."""
    answer = Flow(debugged.server, browser=debugged.server.browser).ask(state=LONG)
    while "/login?" not in answer.location:
        answer = debugged.server.get(answer.location)
    debugged.server.get(f"{answer.location}&user=bob")
    handle = answer.location.partition("oin_")[2][:65]
    assert len(handle) == 65
    assert_hidden(debugged.page().text, handle)


def test_our_endpoints_are_not_watched(debugged: Debugged):
    """All that is sent there are codes, secrets, passwords and tokens."""
    server = debugged.server
    flow = Flow(server, browser=server.browser).log_in()
    token = flow.tokens()["access_token"]
    server.token(user="bob")
    for endpoint in ("revoke", "introspect", "token/", "access_token"):
        server.post({"token": token}, server.login(), f"/oauth2/{endpoint}")
    assert set(debugged.seen()) == {"/login"}
    assert server.get("/favicon.ico").status_int == 404
    assert set(debugged.seen()) == {"/login"}, "what the developer excludes stays excluded"


def test_our_pages_are_left_as_they_are(debugged: Debugged):
    flow = Flow(debugged.server, browser=debugged.server.browser).log_in()
    assert "pDebug" not in flow.page().text


def test_endpoints_below_a_prefix_are_not_watched(build: Callable[..., Server]):
    changes = {**DEVELOPMENT, "oauth2.path": "/auth", "debugtoolbar.exclude_prefixes": "/whoami"}
    server = build(stock_toolbar, host.pages, changes=changes)
    debugged = Debugged(server)
    server.post({"grant_type": "client_credentials"}, server.login(), "/auth/token")
    server.get("/whoami")
    assert debugged.seen() == []


def test_the_page_still_names_what_is_masked(debugged: Debugged):
    token = debugged.server.token()
    debugged.server.get("/read", bearer(token))
    page = debugged.page()
    assert "Bearer oat_********" in page.html.get_text()
    assert Panel(page.html).word == "let in"


def test_a_short_word_in_the_header_does_not_garble_the_page(debugged: Debugged):
    debugged.server.get("/whoami", bearer("div"))
    assert Panel(debugged.page().html).word == "not ours"
