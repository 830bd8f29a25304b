"""The URLs that a stranger may name: https, and a host name of the public internet."""

from __future__ import annotations

import pytest

from pyramid_oauth2.fetching.public_urls import URLRefused, public_host

SPELLINGS_OF_LOOPBACK = (
    "127.0.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "a.0x7f",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[fe80::1%25eth0]",
    "①②⑦.0.0.1",
    "127。0。0。1",
)


@pytest.mark.parametrize("host", SPELLINGS_OF_LOOPBACK)
def test_no_address_in_any_spelling(host: str):
    with pytest.raises(URLRefused):
        public_host(f"https://{host}/client.json")


@pytest.mark.parametrize(
    "url",
    [
        "http://app.example/",
        "ftp://app.example/",
        "https:///client.json",
        "https:app.example/",
        "//app.example/",
        "https://localhost/",
        "https://intranet/",
        "https://app.example./",
        "https://app..example/",
        "https://-app.example/",
        "https://app-.example/",
        "https://app.example:8443/",
        "https://app.example:0/",
        "https://app.example:99999/",
        "https://app.example:x/",
        "https://user@app.example/",
        "https://user:password@app.example/",
        "https://app.example@127.0.0.1/",
        "https://app.example/#fragment",
        "https://app.example/#",
        "https://app.example\\@127.0.0.1/",
        "https://app.example/a b",
        "https://app.example/\r\nHost: other",
        "https://app.example/\x00",
        "https://app.éxample/",
        "https://%61pp.example/",
        f"https://{'a' * 64}.example/",
        f"https://{'a.' * 130}example/",
        "",
        "https://[",
    ],
)
def test_what_is_no_such_url(url: str):
    with pytest.raises(URLRefused):
        public_host(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://app.example", "app.example"),
        ("https://APP.Example/x?y=z", "app.example"),
        ("https://app.example:443/", "app.example"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://1.2.3.example/", "1.2.3.example"),
        ("https://a_b.app.example/", "a_b.app.example"),
        ("https://0x7f.example/", "0x7f.example"),
    ],
)
def test_a_url_that_may_be_fetched(url: str, host: str):
    assert public_host(url) == host
