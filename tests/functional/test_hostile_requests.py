"""Arbitrary input to the token endpoint: the right OAuth error, never a 500, nothing stored."""

from __future__ import annotations

import json
import os
import time
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from webob import Request

from pyramid_oauth2.protocol.http import MAX_BODY, MAX_FIELDS
from pyramid_oauth2.protocol.parameters import MAX_VALUE

from .errors import assert_error
from .server import FORM, TOKEN, Server, basic

GOOD = b"grant_type=client_credentials"


def send(server: Server, body: bytes, path: str = TOKEN, **environ: str) -> Any:
    """Send a request that WebTest would refuse to send."""
    request = Request.blank(path, method="POST", content_type=FORM, headers=server.login())
    request.environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), **environ}
    answer = request.get_response(server.app)
    # WebOb put a large body into a temporary file, so that it can be read again.
    request.environ["wsgi.input"].close()
    return answer


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(GOOD + b"&scope=%ff", 400, id="invalid UTF-8"),
        pytest.param(GOOD + b"&scope=\xff", 400, id="raw bytes"),
        pytest.param("grant_type=client_credentials&scope=é".encode(), 400, id="raw UTF-8"),
        pytest.param(GOOD + b"&%ff=x", 400, id="invalid UTF-8 in a name"),
        pytest.param(GOOD + b"&scope=%zz", 400, id="broken percent-encoding"),
        pytest.param(GOOD + b"&scope=%", 400, id="percent at the end"),
        pytest.param(GOOD + b"&scope=re%00ad", 400, id="NUL"),
        pytest.param(GOOD + b"&re%00ad=x", 400, id="NUL in a name"),
        pytest.param(GOOD + b"&scope=%ED%A0%80", 400, id="a surrogate"),
        pytest.param(GOOD + b"&scope=" + b"a" * (MAX_VALUE + 1), 400, id="long value"),
        pytest.param(GOOD + b"&x=" * MAX_FIELDS, 400, id="too many fields"),
        pytest.param(b"&".join(b"a%d=b" % n for n in range(20_000)), 413, id="20 000 fields"),
        pytest.param(b"&" * 60_000, 400, id="nothing but separators"),
        pytest.param(GOOD + b"&scope=" + b"a" * 2**20, 413, id="1 MiB"),
        pytest.param(b"a" * (MAX_BODY + 1), 413, id="one byte too many"),
        pytest.param(b'{"grant_type": "client_credentials"}', 400, id="JSON said to be a form"),
        pytest.param(b"", 400, id="nothing"),
    ],
)
def test_body(server: Server, body: bytes, status: int):
    began = time.perf_counter()
    assert_error(send(server, body), status, "invalid_request")
    assert time.perf_counter() - began < 2
    assert server.records() == []


@pytest.mark.parametrize(
    ("environ", "status"),
    [
        pytest.param({"CONTENT_LENGTH": str(2**40)}, 413, id="announced as huge"),
        pytest.param({"CONTENT_LENGTH": "1000"}, 400, id="shorter than announced"),
        pytest.param({"CONTENT_LENGTH": "many"}, 400, id="length that is no number"),
        pytest.param({"CONTENT_LENGTH": "-1"}, 400, id="negative length"),
        pytest.param({"HTTP_CONTENT_ENCODING": "gzip"}, 415, id="compressed"),
        pytest.param({"CONTENT_TYPE": "\xff/\xff"}, 400, id="media type that is none"),
    ],
)
def test_headers(server: Server, environ: dict[str, str], status: int):
    assert_error(send(server, GOOD, **environ), status, "invalid_request")
    assert server.records() == []


class Endless:
    """A chunked body that never ends."""

    def __init__(self) -> None:
        self.given = 0

    def read(self, size: int = -1) -> bytes:
        assert 0 <= size < 2**20, "nobody knows how much that is"
        self.given += size
        return b"a" * size


def send_chunked(server: Server, body: Any) -> Any:
    request = Request.blank(TOKEN, method="POST", content_type=FORM, headers=server.login())
    request.environ |= {"wsgi.input": body, "wsgi.input_terminated": True}
    return request.get_response(server.app)


def test_a_body_of_unknown_length(server: Server):
    assert send_chunked(server, BytesIO(GOOD)).status_int == 200


def test_a_body_of_unknown_length_is_not_read_to_its_end(server: Server):
    body = Endless()
    assert_error(send_chunked(server, body), 413, "invalid_request")
    assert body.given <= 2 * MAX_BODY


def test_a_page_that_refuses_a_large_body_reads_nothing_of_it(server: Server):
    """Pyramid looks for the page's language among the parameters."""
    body = Endless()
    request = Request.blank("/oauth2/authorizations", method="POST", content_type=FORM)
    request.environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(MAX_BODY + 1)}
    assert "The body is larger than" in request.get_response(server.app).text
    assert body.given == 0


def test_a_body_as_large_as_may_be(server: Server):
    padding = b"".join(b"&p%02d=" % n + b"a" * 2000 for n in range(32))
    body = GOOD + padding[: MAX_BODY - len(GOOD)]
    assert send(server, body).status_int == 200


@pytest.mark.parametrize(
    "path",
    [
        "/oauth2/%ff",
        "/oauth2/token/%ff",
        "/oauth2/%C3%28",
        "/.well-known/oauth-authorization-server/%ff",
    ],
)
def test_a_path_that_is_not_utf_8(server: Server, path: str):
    assert_error(server.post(GOOD, server.login(), path), 400, "invalid_request")


@pytest.mark.parametrize("query", ["%ff", "a=%ff", "%zz", "a=%00", "=&=&=", "&" * 1000, "é"])
def test_a_strange_query_changes_nothing(server: Server, query: str):
    assert send(server, GOOD, QUERY_STRING=query).status_int == 200


@pytest.mark.parametrize("name", ["client_secret", "client%5Fsecret", "client_secret%00"])
def test_a_secret_in_the_query_however_it_is_written(server: Server, name: str):
    """RFC 6749 section 2.3.1."""
    answer = send(server, GOOD, QUERY_STRING=f"{name}=x")
    if name.endswith("%00"):
        assert answer.status_int == 200  # another name
    else:
        assert_error(answer, 400, "invalid_request")


def test_an_error_tells_nothing_of_the_inside(server: Server):
    for body in (GOOD + b"&scope=%ff", b"grant_type=<script>", b"grant_type='; DROP TABLE x"):
        text = send(server, body).text
        for word in ("Traceback", "site-packages", "sqlalchemy", "<script>", "DROP"):
            assert word not in text


NAMES = st.sampled_from(
    [
        "grant_type",
        "client_id",
        "client_secret",
        "scope",
        "username",
        "password",
        "resource",
        "code",
        "refresh_token",
        "client_assertion",
        "client_assertion_type",
        "x",
    ]
)
VALUES = st.one_of(
    st.sampled_from(["client_credentials", "password", "robot", "bob", "read", "read write", ""]),
    st.text(max_size=12),
)
FORMS = st.lists(st.tuples(NAMES, VALUES), max_size=8).map(
    lambda pairs: urlencode(pairs, errors="surrogatepass").encode()
)
BODIES = st.one_of(FORMS, FORMS, st.binary(max_size=60))
CREDENTIALS = st.one_of(
    st.none(),
    st.tuples(st.sampled_from(["robot", "nobody"]), st.text(st.characters(codec="utf-8"))).map(
        lambda pair: basic(*pair)["Authorization"]
    ),
    st.text(st.characters(max_codepoint=255), max_size=20),
)
EVERYTHING = settings(
    max_examples=max(100, int(2000 * float(os.environ.get("TEST_ROUNDS", "0.1")))),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CODES = {
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
}


@EVERYTHING
@given(body=BODIES, authorization=CREDENTIALS, content_type=st.sampled_from([FORM] * 5 + ["x/y"]))
def test_no_token_for_whoever_has_no_credentials(
    patient: Server, body: bytes, authorization: str | None, content_type: str
):
    environ = {"CONTENT_TYPE": content_type}
    environ["HTTP_AUTHORIZATION"] = authorization or ""
    answer = send(patient, body, **environ)
    assert answer.status_int in (400, 401)
    assert json.loads(answer.body)["error"] in CODES
    assert patient.records() == []


@EVERYTHING
@given(body=BODIES)
def test_no_form_of_a_right_client_breaks_the_server(patient: Server, body: bytes):
    answer = send(patient, body)
    if answer.status_int == 200:
        assert b"grant_type=client_credentials" in body
    else:
        assert answer.status_int in (400, 401)
        assert json.loads(answer.body)["error"] in CODES
