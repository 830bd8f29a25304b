"""Which redirect URIs may be registered (RFC 6749 section 3.1.2, RFC 9700 section 2.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.redirects import redirect_uri_problem


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
        pytest.param("http://127.0.0.1@evil.test/", "user name", id="loopback as a user"),
        pytest.param("https://user:pw@client.example/", "user name", id="userinfo"),
        pytest.param("https://:@client.example/", "user name", id="empty userinfo"),
        pytest.param("https:///back", "no host", id="no host"),
        pytest.param("https:back", "no host", id="no slashes"),
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
