"""Arbitrary input to ``/oauth2/authorize``: no 500, and no redirect without a valid client."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyramid.config import Configurator

from . import host
from .conftest import BASE
from .flow import AUTHORIZE, BACK, LONG, SETTINGS, Flow, authorization_request, register_clients
from .server import FORM, Server

REGISTERED = (BACK, "https://app.example/back", "com.example.app:/back", "http://127.0.0.1")
OWN = ("http://localhost/oauth2/authorize?", "http://localhost/login?next=%2Foauth2%2Fauthorize%3F")

NAMES = (
    *("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge"),
    *("code_challenge_method", "prompt", "response_mode", "request", "request_uri", "resource"),
    *("interaction", "decision", "oauth2_browser_token", "csrf_token", "_LOCALE_", "__formid__"),
)
EVIL = (
    *("https://evil.example/", "//evil.example", f"{BACK}@evil.example", f"{BACK}\\evil.example"),
    *(f"{BACK}\r\nLocation: https://evil.example/", "javascript:alert(1)", f"{BACK}#", f"{BACK}?a"),
    *("http://127.0.0.1:1@evil.example/back", "http://127.0.0.1:99999/back", "com.example.app:"),
)
RIGHT = (
    *(
        "code",
        "token",
        "web",
        "app",
        "robot",
        BACK,
        "https://app.example/back",
        "read",
        "read write",
    ),
    *("S256", "x" * 43, "none", "login", "consent", "query", "fragment", "form_post"),
    *("http://127.0.0.1:5000/back", "com.example.app:/back", "allow", "deny", "oin_" + "0" * 65),
)

values = st.sampled_from(RIGHT) | st.sampled_from(EVIL) | st.text(max_size=30)
pairs = st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=8), values), max_size=12)
# Hypothesis alone generates a complete request too rarely.
starts = st.sampled_from([{}, authorization_request("web"), authorization_request("app")])
queries = st.builds(
    lambda start, more: urlencode(
        [*((k, v) for k, v in start.items() if k not in dict(more)), *more], errors="replace"
    ),
    starts,
    pairs,
) | st.text(st.characters(max_codepoint=0xFF), max_size=60)
cookies = st.sampled_from(["", "oauth2_browser=" + "0" * 32]) | st.text(
    st.characters(max_codepoint=0xFF, exclude_characters="\r\n"), max_size=40
).map(lambda text: f"oauth2_browser={text}")


@pytest.fixture(scope="module")
def flow() -> Iterator[Flow]:
    config = Configurator(settings={**BASE, **SETTINGS, "oauth2.backend": "memory"})
    config.include("pyramid_oauth2")
    config.include(host.users)
    host.pages(config)
    server = Server(config.make_wsgi_app())
    register_clients(server)
    yield Flow(server).log_in()
    server.service.close()


def assert_harmless(answer) -> None:
    assert answer.status_int < 500
    names = [name for name, _ in answer.headerlist]
    assert names.count("Location") == (answer.status_int == 303)
    location = answer.headers.get("Location", BACK)
    if not location.startswith(OWN):
        parts = urlsplit(location)
        origin_and_path = location.partition("?")[0].partition("#")[0]
        if parts.hostname == "127.0.0.1":
            assert (parts.scheme, parts.path, parts.username) == ("http", "/back", None)
        else:
            assert origin_and_path in REGISTERED
    assert not any("\n" in value or "\r" in value for _, value in answer.headerlist)


def raw(query: str) -> str:
    """A query string as a server passes it on: bytes, decoded as latin-1."""
    return query.replace("#", "%23").replace("\r", "").replace("\n", "")


class TestEverything:
    @settings(max_examples=250, suppress_health_check=list(HealthCheck))
    @given(query=queries, signed_in=st.booleans(), cookie=cookies)
    def test_by_get(self, flow: Flow, query: str, signed_in: bool, cookie: str):
        browser = flow.browser if signed_in else flow.server.fresh_browser()
        environ = {"QUERY_STRING": raw(query)} | ({"HTTP_COOKIE": cookie} if cookie else {})
        assert_harmless(browser.get(AUTHORIZE, extra_environ=environ, status="*"))

    @settings(max_examples=250, suppress_health_check=list(HealthCheck))
    @given(
        body=queries.map(lambda query: query.encode("latin-1", "replace")) | st.binary(max_size=60),
        query=queries,
        content_type=st.sampled_from([FORM, FORM, FORM, "multipart/form-data", "x", ""]),
        cookie=cookies,
    )
    def test_by_post(self, flow: Flow, body: bytes, query: str, content_type: str, cookie: str):
        environ = {"QUERY_STRING": raw(query)} | ({"HTTP_COOKIE": cookie} if cookie else {})
        # Not by post(), which parses a multipart body itself.
        answer = flow.browser.request(
            AUTHORIZE,
            environ=environ,
            method="POST",
            body=body,
            headers={"Content-Type": content_type},
            status="*",
        )
        assert_harmless(answer)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(changes=pairs)
    def test_the_form(self, flow: Flow, changes: list[tuple[str, str]]):
        """The form of an open page, with everything that a user could change."""
        fields = dict(flow.page(prompt="consent").form.submit_fields())
        form = [*fields.items(), ("decision", "allow")]
        form = [pair for pair in form if pair[0] not in dict(changes)] + changes
        body = urlencode(form, errors="replace")
        answer = flow.browser.post(AUTHORIZE, body, content_type=FORM, status="*")
        assert_harmless(answer)
        if "code=" in answer.headers.get("Location", ""):
            assert answer.location.startswith(f"{BACK}?")


COOKIES = [
    "oauth2_browser=",
    "oauth2_browser=\xff\xfe",
    "oauth2_browser=" + "x" * 4000,
    'oauth2_browser="',
    "oauth2_browser=a; oauth2_browser=b",
    "oauth2_browser=\u00e2\u0082\u00ac",
    "=;=;;",
]


@pytest.mark.parametrize("cookie", COOKIES)
def test_a_broken_cookie_is_none(flow: Flow, cookie: str):
    """The browser gets a valid one, and continues with it."""
    stranger = flow.server.fresh_browser()
    query = urlencode(flow.parameters(state=LONG))
    headers = {"Cookie": cookie}
    stored = stranger.get(f"{AUTHORIZE}?{query}", headers=headers, status=303)
    answer = stranger.get(stored.location, headers=headers, status=303)
    assert len(answer.headers.getall("Set-Cookie")) == 1
    name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    assert (name, len(value)) == ("oauth2_browser", 32)


PLACES = ("client_id", "redirect_uri", "state", "scope", "prompt", "code_challenge", "interaction")


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize(
    "value",
    ["%00", "%ff", "%", "%zz", "%C3%28", "%ED%A0%80", "%0D%0AX:y", "%01%7F", "x" * 8192],
    ids=[
        "NUL",
        "0xff",
        "percent",
        "bad hex",
        "bad UTF-8",
        "surrogate",
        "CR LF",
        "control",
        "8 KB",
    ],
)
def test_bytes_that_do_not_belong_there(flow: Flow, name: str, value: str):
    query = f"{urlencode(flow.parameters(**{name: None}))}&{name}={value}"
    assert_harmless(flow.browser.get(AUTHORIZE, extra_environ={"QUERY_STRING": query}, status="*"))
    answer = flow.browser.post(AUTHORIZE, query, content_type=FORM, status="*")
    assert_harmless(answer)


@pytest.mark.parametrize(
    "headers",
    [{"Content-Type": "application/json"}, {"Content-Encoding": "gzip"}],
    ids=["JSON", "compressed"],
)
def test_a_body_that_is_no_form(flow: Flow, headers: dict[str, str]):
    body = urlencode(flow.parameters())
    flow.browser.post(AUTHORIZE, body, headers={"Content-Type": FORM} | headers, status=400)


def test_more_than_anybody_needs(flow: Flow):
    many = "&".join(f"p{number}=" for number in range(101))
    assert flow.get(many).status_int == 400
    assert flow.browser.post(AUTHORIZE, many, content_type=FORM, status="*").status_int == 400


def test_no_internals_on_error_pages(flow: Flow):
    for query in ("client_id=%ff", "client_id=nobody", "interaction=x"):
        page = flow.get(query)
        assert page.status_int == 400
        for word in ("Traceback", "pyramid", "sqlite", 'File "', "/site-packages/"):
            assert word not in page.text.replace("/oauth2/static", "")


def test_fresh_browsers_are_told_apart(flow: Flow):
    tokens = {
        Flow(flow.server).log_in().page(prompt="consent").form["oauth2_browser_token"].value
        for _ in "123"
    }
    assert len(tokens) == 3
