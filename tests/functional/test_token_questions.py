"""Arbitrary input to revocation and introspection: the right error, and never a 500."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.http import MAX_FIELDS
from pyramid_oauth2.protocol.parameters import MAX_VALUE

from .errors import assert_error
from .server import Server, bearer
from .test_hostile_requests import CREDENTIALS, EVERYTHING, send

pytestmark = pytest.mark.usefixtures("cheap_secrets")


@pytest.fixture
def storage() -> dict[str, str]:
    """A malformed request never reaches the store."""
    return {"oauth2.backend": "memory"}


PATHS = ["/oauth2/revoke", "/oauth2/introspect"]
both = pytest.mark.parametrize("path", PATHS)
slashes = pytest.mark.parametrize("path", [*PATHS, *(f"{path}/" for path in PATHS)])


def lives(server: Server, token: str) -> bool:
    return server.get("/read", bearer(token)).status_int == 200


@slashes
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "TRACE"])
def test_another_method(server: Server, path: str, method: str):
    """RFC 9110 section 15.5.6."""
    token = server.token()
    answer = server.browser.request(
        f"{path}?client_id=robot", method=method, headers=server.login(), status=405
    )
    assert answer.headers["Allow"] == "POST"
    assert token not in answer.text
    assert lives(server, token)


@pytest.mark.parametrize(("path", "status"), [(PATHS[0], 204), (PATHS[1], 405)])
def test_options(server: Server, path: str, status: int):
    """Only endpoints that a program in a browser may call support a preflight."""
    assert server.browser.options(path, status=status).headers["Allow"].startswith("POST")


@both
def test_the_token_in_the_url(server: Server, path: str):
    token = server.token()
    answer = server.post({}, server.login(), f"{path}?token={token}")
    assert_error(answer, 400, "invalid_request")
    assert lives(server, token)


@both
@pytest.mark.parametrize("name", ["token", "token_type_hint", "client_id"])
def test_a_repeated_parameter(server: Server, path: str, name: str):
    token = server.token()
    body = urlencode(
        [("token", token), ("token_type_hint", "access_token"), ("client_id", "robot")]
    )
    twice = f"{body}&{name}={token if name == 'token' else 'robot'}".encode()
    assert_error(server.post(twice, server.login(), path), 400, "invalid_request")
    assert lives(server, token)


@both
@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"token=%ff", 400, id="invalid UTF-8"),
        pytest.param(b"token=%zz", 400, id="broken percent-encoding"),
        pytest.param(b"to%00ken=x", 400, id="NUL in a name"),
        pytest.param(b"token=x&scope=%00", 400, id="NUL"),
        pytest.param(b"token=" + b"a" * (MAX_VALUE + 1), 400, id="long value"),
        pytest.param(b"token=x" + b"&x=" * MAX_FIELDS, 400, id="too many fields"),
        pytest.param(b"token=" + b"a" * 2**20, 413, id="1 MiB"),
        pytest.param(b'{"token": "x"}', 400, id="JSON said to be a form"),
        pytest.param(b"", 400, id="nothing"),
    ],
)
def test_body(server: Server, path: str, body: bytes, status: int):
    assert_error(send(server, body, path), status, "invalid_request")


@both
def test_json(server: Server, path: str):
    answer = server.browser.post_json(path, {"token": "x"}, headers=server.login(), status=400)
    assert_error(answer, 400, "invalid_request")


@both
def test_a_charset_is_welcome(server: Server, path: str):
    answer = send(
        server, b"token=x", path, CONTENT_TYPE="application/x-www-form-urlencoded;charset=UTF-8"
    )
    assert answer.status_int == 200


@both
def test_two_ways_to_authenticate(server: Server, path: str):
    """RFC 6749 section 2.3."""
    form = {"token": "x", "client_id": "robot", "client_secret": server.secrets["robot"]}
    assert_error(server.post(form, server.login(), path), 400, "invalid_request")


NAMES = st.sampled_from(["token", "token_type_hint", "client_id", "client_secret", "x", "resource"])
PAIRS = st.tuples(NAMES, st.one_of(st.sampled_from(["robot", "access_token"]), st.text(max_size=9)))
BODIES = st.one_of(
    st.lists(PAIRS, max_size=6).map(
        lambda pairs: urlencode(pairs, errors="surrogatepass").encode()
    ),
    st.binary(max_size=60),
)


@both
@EVERYTHING
@given(body=BODIES, authorization=CREDENTIALS)
def test_nothing_for_whoever_has_no_credentials(
    patient: Server, path: str, body: bytes, authorization: str | None
):
    answer: Any = send(patient, body, path, HTTP_AUTHORIZATION=authorization or "")
    assert answer.status_int in (400, 401)
    assert json.loads(answer.body)["error"] in {"invalid_request", "invalid_client"}


@both
@EVERYTHING
@given(body=BODIES)
def test_no_form_of_a_right_client_breaks_the_server(server: Server, path: str, body: bytes):
    answer: Any = send(server, body, path)
    if answer.status_int == 200:
        assert answer.body in (b"", b'{"active":false}')
    else:
        assert json.loads(answer.body)["error"] in {"invalid_request", "invalid_client"}
