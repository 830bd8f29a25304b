"""The headers of a request as the protocol reads them: those of its environ, by their names."""

from __future__ import annotations

from typing import Any

import pytest
from webob import Request

from pyramid_oauth2.protection.http_request import EnvironHeaders

HEADERS = {"Accept": "*/*", "X-Forwarded-For": "192.0.2.1", "DPoP": "proof"}


def headers_of(**more: Any) -> EnvironHeaders:
    environ = Request.blank("/", headers=HEADERS, method="POST", POST=b"{}").environ
    return EnvironHeaders(environ | more)


def test_each_by_its_lower_case_name():
    assert dict(headers_of()) == {
        "accept": "*/*",
        "content-length": "2",
        "content-type": "application/x-www-form-urlencoded",
        "dpop": "proof",
        "host": "localhost:80",
        "x-forwarded-for": "192.0.2.1",
    }
    assert len(headers_of()) == 6


def test_a_header_that_was_not_sent():
    assert headers_of().get("authorization") is None
    assert headers_of().get("authorization", "none") == "none"
    assert headers_of().get("dpop", "none") == "proof"
    assert "dpop" in headers_of()
    assert "authorization" not in headers_of()
    with pytest.raises(KeyError):
        headers_of()["authorization"]


@pytest.mark.parametrize("name", ["server-name", "remote-addr", "wsgi.input", "request-method"])
def test_nothing_else_of_the_environ_is_a_header(name: str):
    assert name not in headers_of(REMOTE_ADDR="192.0.2.1")


def test_a_variable_that_no_header_has():
    # RFC 9110 section 8.3: Content-Type is one header; some servers pass it on twice.
    assert headers_of(HTTP_CONTENT_TYPE="text/plain")["content-type"] != "text/plain"
    assert [*headers_of(HTTP_CONTENT_TYPE="text/plain")].count("content-type") == 1
