"""The address that a request comes from, as far as the server can know it."""

from __future__ import annotations

import pytest

from pyramid_oauth2.protocol.addresses import is_hidden, source_network
from pyramid_oauth2.protocol.http import HTTPRequest


@pytest.mark.parametrize(
    ("remote_addr", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:/run/app.sock", "unix:/run/app.sock"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_what_counts_as_one_place(remote_addr: str | None, network: str):
    assert source_network(remote_addr) == network


def http(remote_addr: str | None, forwarded: str | None = None, secure: bool = True) -> HTTPRequest:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    url = "https://auth.example.com/oauth2/token"
    return HTTPRequest("POST", url, secure=secure, headers=headers, remote_addr=remote_addr)


@pytest.mark.parametrize(
    ("hidden", "request_facts"),
    [
        (True, http("10.0.0.1", "192.0.2.7")),
        (True, http(None, "192.0.2.7")),
        (True, http("127.0.0.1")),
        (True, http("::1")),
        (False, http("192.0.2.7", "192.0.2.7")),
        (False, http("2001:db8::7", '"[2001:db8::7]:4711"')),
        (False, http("192.0.2.7")),
        (False, http("127.0.0.1", secure=False)),
        (False, http(None)),
    ],
)
def test_a_proxy_that_hides_addresses_is_noticed(hidden: bool, request_facts: HTTPRequest):
    """By a header that was not used, or by https from the machine itself."""
    assert is_hidden(request_facts) is hidden
