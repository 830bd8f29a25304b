"""The access matrix: every kind of caller at every kind of view."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest
from pyramid.config import Configurator

from pyramid_oauth2.protocol.records import ACCESS_TOKEN
from pyramid_oauth2.protocol.token_strings import new_token
from pyramid_oauth2.testing import memory_backend

from . import host
from .conftest import BASE
from .protections import (
    INVALID,
    LACKING,
    LOGIN,
    MISSING,
    NARROW,
    PROTECTIONS,
    Protection,
    transactional,
)
from .server import Server, bearer

COLUMNS = ("edit", "view", "delete", "read", "both", "whoami")
MATRIX = {
    "anonymous": (LOGIN, LOGIN, MISSING, MISSING, LOGIN, "anonymous"),
    "cookie bob": ("bob", LOGIN, MISSING, MISSING, "bob", "bob"),
    "bearer bob, read": (LACKING, "anonymous", NARROW, "bob", "bob", "anonymous"),
    "bearer bob, write": (LACKING, LACKING, "bob", NARROW, NARROW, "anonymous"),
    "bearer alice, write": (LACKING, LACKING, LACKING, NARROW, NARROW, "anonymous"),
    "bearer alice, read": (LACKING, "anonymous", NARROW, "alice", LACKING, "anonymous"),
    "client's own token": (LACKING, "anonymous", LACKING, "anonymous", LACKING, "anonymous"),
    "foreign bearer": ("bob", LOGIN, INVALID, INVALID, INVALID, "bob"),
    "bad bearer": (INVALID, INVALID, INVALID, INVALID, INVALID, INVALID),
}
CELLS = [
    pytest.param(row, column, expected, id=f"{row} at {column}")
    for row, cells in MATRIX.items()
    for column, expected in zip(COLUMNS, cells, strict=True)
]


def credentials(server: Server, row: str) -> dict[str, str]:
    match row.split(", ")[0]:
        case "bearer bob" | "bearer alice":
            user, scope = row.removeprefix("bearer ").split(", ")
            return bearer(server.token(scope, user))
        case "client's own token":
            return bearer(server.token("read write"))
        case "foreign bearer":
            return bearer("app-token-of-bob")
        case "bad bearer":
            return bearer(new_token(ACCESS_TOKEN, "f" * 16, lambda n: bytes(n)).value)
    return {}


def outcome(server: Server, path: str, headers: dict[str, str]) -> str:
    answer = server.get(path, headers)
    if answer.status_int == 200:
        return answer.text
    if answer.status_int == 302:
        return f"302 to {answer.location.removeprefix('http://localhost')}"
    error = answer.json.get("error", "")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer ")
    if error in ("", "access_denied"):
        assert "error=" not in challenge
        return str(answer.status_int)
    assert f'error="{error}"' in challenge
    return f"{answer.status_int} {error}"


@pytest.mark.parametrize(("row", "column", "expected"), CELLS)
def test_cell(server: Server, row: str, column: str, expected: str):
    if row == "cookie bob":
        server.browser.get("/login?user=bob", status=200)
    assert outcome(server, f"/{column}", credentials(server, row)) == expected


@pytest.mark.parametrize("row", [row for row in MATRIX if "bearer" in row or "token" in row])
@pytest.mark.parametrize("column", COLUMNS)
def test_a_cookie_beside_a_bearer_token_changes_nothing(server: Server, row: str, column: str):
    """Above all, it does not combine one user's rights with another's name."""
    headers = credentials(server, row)
    without = outcome(server, f"/{column}", headers)
    server.browser.get("/login?user=bob", status=200)
    assert outcome(server, f"/{column}", headers) == without


@pytest.fixture(scope="module", params=["alone", "with pyramid_tm and pyramid_retry"])
def together(request: pytest.FixtureRequest) -> bool:
    return request.param != "alone"


@pytest.fixture(scope="module", params=PROTECTIONS)
def protection(request: pytest.FixtureRequest) -> Protection:
    return PROTECTIONS[request.param]


@pytest.fixture(scope="module")
def protected(protection: Protection, together: bool) -> Iterator[Server]:
    """The application, protected in one of the ways."""
    settings = {**BASE, **memory_backend(), **protection.settings}
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    config.include(host.users)
    with warnings.catch_warnings():
        # The pair of policies is deprecated; the test is that it works.
        warnings.simplefilter("ignore", DeprecationWarning)
        protection.configure(config)
        host.views(config)
        if together:
            transactional(config)
        server = Server(config.make_wsgi_app())
    yield server
    server.service.close()


VISITS = [
    pytest.param(row, signed_in, id=f"{row}, beside bob's cookie" if signed_in else row)
    for row in MATRIX
    for signed_in in (False, True)
    if row not in ("anonymous", "cookie bob") or signed_in == (row == "cookie bob")
]


@pytest.mark.parametrize(("row", "signed_in"), VISITS)
def test_in_every_way_the_same(
    protected: Server, protection: Protection, row: str, signed_in: bool
):
    """A cookie beside a token changes nothing, above all not whose name goes with whose rights."""
    protected.browser = protected.fresh_browser()
    if signed_in:
        protected.browser.get("/login?user=bob", status="*")
    expected = protection.rows.get(row, MATRIX[row])
    found = tuple(outcome(protected, f"/{name}", credentials(protected, row)) for name in COLUMNS)
    assert found == tuple(protection.names.get(cell, cell) for cell in expected)
