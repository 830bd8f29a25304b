"""Redirect URIs: how they are registered and compared, and how a response is sent to them.

RFC 6749 section 3.1.2, RFC 8252, RFC 9700 section 2.1.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.redirect_uris import (
    matching_redirect_uri,
    origin_of,
    origin_problem,
    private_scheme_problem,
    redirect_uri_problem,
    redirect_url,
)


@pytest.mark.parametrize(
    "uri",
    [
        "https://client.example/back",
        "https://client.example",
        "https://client.example:8443/back?tenant=1&x=%20",
        "https://xn--bcher-kva.example/",
        "https://[2001:db8::1]/back",
        "http://localhost/back",
        "http://localhost:8080/back",
        "http://127.0.0.1/back",
        "http://127.0.0.1:49152/back",
        "http://[::1]:49152/back",
        "com.example.app:/back",
        "com.example.my-app2:/oauth/back",
    ],
)
def test_good(uri):
    assert redirect_uri_problem(uri) is None


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        pytest.param("https://client.example/back#x", "fragment", id="fragment"),
        pytest.param("https://client.example/back#", "fragment", id="empty fragment"),
        pytest.param("http://client.example/back", "https", id="http on a public host"),
        pytest.param("http://127.0.0.1.evil.test/", "https", id="loopback as a prefix"),
        pytest.param("http://localhost.evil.test/", "https", id="localhost as a prefix"),
        # RFC 8252 section 8.3: localhost is not recommended; no name below it is needed.
        pytest.param("http://app.localhost/", "https", id="below localhost"),
        pytest.param("http://127.0.0.1@evil.test/", "user name", id="loopback as a user"),
        pytest.param("https://user:pw@client.example/", "user name", id="userinfo"),
        pytest.param("https://:@client.example/", "user name", id="empty userinfo"),
        pytest.param("HTTPS://client.example/back", "lower case", id="HTTPS"),
        pytest.param("Http://localhost/back", "lower case", id="Http"),
        pytest.param("com.example.App:/back", "lower case", id="capital letter in a scheme"),
        pytest.param("https:///back", "no host", id="no host"),
        pytest.param("https:back", "no host", id="no slashes"),
        pytest.param("https://*.client.example/", "wildcard", id="wildcard"),
        pytest.param("https://evil%2Eexample/", "percent-encoded", id="escaped dot in the host"),
        pytest.param("https://ev%69l.example/", "percent-encoded", id="escaped letter in the host"),
        pytest.param("https://client.example:0/", "port 0", id="port 0"),
        pytest.param("https://client.example:99999/", "not a URI", id="port out of range"),
        pytest.param("https://client.example:x/", "not a URI", id="port that is no number"),
        pytest.param("https://[::1/", "not a URI", id="broken IPv6"),
        pytest.param("javascript:alert(1)", "scheme", id="javascript"),
        pytest.param("data:text/html,x", "scheme", id="data"),
        pytest.param("file:///etc/passwd", "scheme", id="file"),
        pytest.param("myapp:/back", "scheme", id="private-use scheme without a dot"),
        pytest.param("blob:https://client.example/x", "scheme", id="blob"),
        pytest.param("/back", "relative", id="relative"),
        pytest.param("//client.example/back", "relative", id="without a scheme"),
        pytest.param("", "characters", id="empty"),
        pytest.param(" https://client.example/", "characters", id="leading blank"),
        pytest.param("https://client.example/a b", "characters", id="blank"),
        pytest.param("https://client.example/\r\nX: y", "characters", id="CR LF"),
        pytest.param("https://client.example/\0", "characters", id="NUL"),
        pytest.param("https://client.example\\@evil.test/", "characters", id="backslash"),
        pytest.param("https://bücher.example/", "characters", id="not ASCII"),
        pytest.param('https://client.example/"><script>', "characters", id="markup"),
        pytest.param("java\nscript:alert(1)", "characters", id="newline in the scheme"),
    ],
)
def test_bad(uri, words):
    assert words in redirect_uri_problem(uri)


@given(st.text(st.characters(max_codepoint=0x7F)))
def test_whatever_passes_is_an_https_loopback_or_private_use_uri(uri):
    if redirect_uri_problem(uri) is None:
        scheme = uri.partition(":")[0].lower()
        assert scheme in ("https", "http") or "." in scheme
        assert "#" not in uri


@given(
    st.sampled_from(["https://a.example/", "http://127.0.0.1/", "com.example:/"]),
    st.text(st.characters(max_codepoint=0x20) | st.characters(min_codepoint=0x7F), min_size=1),
    st.integers(0, 17),
)
def test_no_control_character_or_blank_passes_anywhere(uri, text, position):
    assert redirect_uri_problem(uri[:position] + text + uri[position:]) is not None


@pytest.mark.parametrize(
    "origin",
    [
        "https://spa.example",
        "https://spa.example:8443",
        "http://localhost:5173",
        "http://[::1]:5173",
        # RFC 6761 section 6.3: names below localhost are loopback as well. Tauri and Capacitor
        # load the pages of an app from one.
        "http://tauri.localhost",
        "http://app.localhost:3000",
        # Apps with a web view, and extensions of browsers.
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "app://app.example",
        "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb",
        "moz-extension://0f3d2f0e-5b0a-4b0e-8a0e-2f0d9a7f0c11",
        "safari-web-extension://0F3D2F0E-5B0A-4B0E-8A0E-2F0D9A7F0C11",
    ],
)
def test_good_origin(origin):
    assert origin_problem(origin) is None


@pytest.mark.parametrize(
    "origin",
    [
        *("*", "null", "", "https://spa.example/", "https://SPA.example", "http://spa.example"),
        *("http://localhost.example", "http://notlocalhost", "http://.localhost"),
        *("http://*.localhost", "http://tauri.localhost:80", "http://Tauri.localhost"),
        *("a.b:", "https://*.example", "capacitor://*", "chrome-extension://*", "capacitor://"),
        *("capacitor:localhost", "capacitor://localhost/", "Capacitor://localhost"),
        *("chrome-extension://a/page.html", "capacitor://u@localhost", "capacitor://a:0"),
        *("file://", "file://localhost", "file:///a", "data:text/html,x", "data://a"),
        *("javascript:alert(1)", "javascript://a", "blob:https://a.example", "about:blank"),
        *("about://blank", "filesystem://a", "ws://a.example", "ftp://a.example", "a b://c"),
        *("https://a.example?x", "https://a.example#x", "https://a.example:x", "//a.example"),
        *("https://[::1", "https://b\u00fccher.example", "https://", "localhost:5173"),
    ],
)
def test_bad_origin(origin):
    assert origin_problem(origin)


@pytest.mark.parametrize(
    ("origin", "sent"),
    [
        ("https://spa.example:443", "https://spa.example"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://spa.example:", "https://spa.example"),
        ("https://spa.example:08443", "https://spa.example:8443"),
        ("capacitor://localhost:", "capacitor://localhost"),
    ],
)
def test_an_origin_that_no_browser_sends(origin, sent):
    """URL standard: the default port of a scheme is no part of a URL."""
    assert origin_problem(origin) == f"has a port that browsers do not send; write {sent}"
    assert origin_problem(sent) is None


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://as.example:443/sso", "https://as.example"),
        ("https://as.example:80", "https://as.example:80"),
        ("http://localhost:80/", "http://localhost"),
        ("http://[::1]:6543", "http://[::1]:6543"),
        ("https://AS.example", "https://as.example"),
    ],
)
def test_origin_of_a_url(url, origin):
    assert origin_of(url) == origin


WEB = "https://client.example/back?tenant=1"
REGISTERED = (
    *(WEB, "http://127.0.0.1/back", "http://[::1]:8000", "com.example.app:/back"),
    "http://localhost:8787/local?x=1",
)


@pytest.mark.parametrize("uri", REGISTERED)
def test_a_registered_one_is_itself(uri):
    assert matching_redirect_uri(REGISTERED, uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        *("http://127.0.0.1:1/back", "http://127.0.0.1:65535/back", "http://[::1]"),
        *("http://[::1]:9", "http://localhost/local?x=1", "http://localhost:1/local?x=1"),
    ],
)
def test_any_port_of_a_loopback_address(uri):
    """RFC 8252 section 7.3; and of localhost, for a client that lists it."""
    assert matching_redirect_uri(REGISTERED, uri) == uri


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:0/back",
        "http://127.0.0.1:65536/back",
        "http://127.0.0.1:/back",
        "http://127.0.0.1:80:80/back",
        "http://127.0.0.1:+80/back",
        "http://127.0.0.1:\u0661/back",
        "http://127.0.0.1:80@evil.test/back",
        "http://127.0.0.1:80\\@evil.test/back",
        "http://127.0.0.1.evil.test/back",
        "http://127.0.0.1:80/back#",
        "http://127.0.0.1:80/back?x",
        "http://127.0.0.1:80/backs",
        "HTTP://127.0.0.1:80/back",
        "http://localhost/back",
        "http://localhost:0/local?x=1",
        "http://localhost:8787/local",
        "http://localhost:8787/local?x=2",
        "http://LOCALHOST:8787/local?x=1",
        "http://localhost.:8787/local?x=1",
        "http://localhost.evil.test:8787/local?x=1",
        "https://localhost:1/local?x=1",
        "http://127.0.0.1:8787/local?x=1",
        "http://127.1/back",
        "http://[::1]:9/back",
        "http://[0:0:0:0:0:0:0:1]:9",
    ],
)
def test_nothing_else_of_a_loopback_uri_is_free(uri):
    assert matching_redirect_uri(REGISTERED, uri) is None


@pytest.mark.parametrize(
    ("registered", "found"), [((), None), ((WEB,), WEB), ((WEB, "https://b.example/"), None)]
)
def test_none_named(registered, found):
    """RFC 6749 section 3.1.2.3."""
    assert matching_redirect_uri(registered, None) == found


LOOPBACK_PORT = re.compile(
    r"(?<=^http://127\.0\.0\.1)(:[0-9]+)?(?=/back$)|"
    r"(?<=^http://\[::1\])(:[0-9]+)?$|"
    r"(?<=^http://localhost)(:[0-9]+)?(?=/local\?x=1$)"
)


def portless(uri):
    return LOOPBACK_PORT.sub("", uri)


@st.composite
def mutations(draw):
    """A registered URI with a few characters changed, added or removed."""
    uri = draw(st.sampled_from(REGISTERED))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(uri)))
        end = draw(st.integers(start, min(start + 3, len(uri))))
        text = st.text(max_size=4) | st.text("0123456789:/@?#.\\%[]", max_size=8)
        uri = uri[:start] + draw(text) + uri[end:]
    return uri


@given(mutations() | st.text())
def test_whatever_is_not_registered_is_refused(uri):
    """RFC 9700 section 2.1: exact string matching, except for the port of a loopback address."""
    if matching_redirect_uri(REGISTERED, uri) is not None:
        assert portless(uri) in {portless(registered) for registered in REGISTERED}
        assert redirect_uri_problem(uri) is None


def test_no_other_client_has_a_port_of_localhost():
    assert matching_redirect_uri(["http://127.0.0.1/back"], "http://localhost:1/back") is None
    assert matching_redirect_uri(["http://localhost/back"], "http://127.0.0.1:1/back") is None


CURSOR = "cursor://anysphere.cursor-mcp/oauth/callback"


def test_a_scheme_without_a_dot_is_allowed_by_its_name():
    assert "scheme" in redirect_uri_problem(CURSOR)
    assert redirect_uri_problem(CURSOR, {"cursor"}) is None
    assert "scheme" in redirect_uri_problem(CURSOR, {"curs", "vscode"})
    assert matching_redirect_uri([CURSOR], CURSOR) is None
    assert matching_redirect_uri([CURSOR], CURSOR, {"cursor"}) == CURSOR
    assert matching_redirect_uri([CURSOR], f"{CURSOR}/x", {"cursor"}) is None
    # The rules for every URI hold for it too.
    assert "fragment" in redirect_uri_problem(f"{CURSOR}#x", {"cursor"})


@pytest.mark.parametrize("scheme", ["cursor", "vscode-insiders", "jetbrains", "a+b"])
def test_a_good_scheme(scheme):
    assert private_scheme_problem(scheme) is None


@pytest.mark.parametrize(
    "scheme",
    [
        *("javascript", "data", "file", "blob", "vbscript", "about", "ws", "ftp", "mailto"),
        *("http", "https", "intent", "view-source", "tel", "chrome-extension", "filesystem"),
        *("com.example.app", "Cursor", "cursor:", "", "1a", "a b", "a" * 51, "-x"),
    ],
)
def test_a_bad_scheme(scheme):
    assert private_scheme_problem(scheme)


text = st.text(st.characters(codec="utf-8"), max_size=30)


@given(
    st.sampled_from(
        [*REGISTERED, "https://a.example", "https://a.example?", "https://a.example?x&"]
    ),
    st.fixed_dictionaries({"code": text, "iss": text}, optional={"state": text}),
    st.sampled_from(["query", "fragment"]),
)
def test_an_answer_adds_its_parameters_and_nothing_else(uri, parameters, mode):
    """RFC 6749 section 3.1.2: a registered query is kept."""
    parts = urlsplit(redirect_url(uri, parameters, mode))
    before = urlsplit(uri)
    assert parts[:3] == before[:3]
    kept = parse_qsl(before.query, keep_blank_values=True)
    query = parse_qsl(parts.query, keep_blank_values=True)
    fragment = parse_qsl(parts.fragment, keep_blank_values=True)
    added = list(parameters.items())
    assert (query, fragment) == ((kept + added, []) if mode == "query" else (kept, added))
    assert parts.geturl().isascii()
    assert parts.geturl().isprintable()
