"""Who gets where: every kind of caller at every kind of view."""

from __future__ import annotations

import pytest

from pyramid_oauth2.protocol.opaque import new_token
from pyramid_oauth2.protocol.records import ACCESS_TOKEN

from .server import Server, bearer

LOGIN = "302 to /login"  # the application's forbidden view
LACKING = "403"
NARROW = "403 insufficient_scope"
MISSING = "401"
INVALID = "401 invalid_token"

COLUMNS = ("edit", "view", "delete", "read", "whoami")
MATRIX = {
    "anonymous": (LOGIN, LOGIN, MISSING, MISSING, "anonymous"),
    "cookie bob": ("bob", LOGIN, MISSING, MISSING, "bob"),
    "bearer bob, read": (LACKING, "anonymous", NARROW, "bob", "anonymous"),
    "bearer bob, write": (LACKING, LACKING, "bob", NARROW, "anonymous"),
    "bearer alice, write": (LACKING, LACKING, LACKING, NARROW, "anonymous"),
    "client's own token": (LACKING, "anonymous", LACKING, "anonymous", "anonymous"),
    "foreign bearer": ("bob", LOGIN, INVALID, INVALID, "bob"),
    "bad bearer": (INVALID, INVALID, INVALID, INVALID, INVALID),
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
    """Above all it does not give one user's right in the name of another."""
    headers = credentials(server, row)
    without = outcome(server, f"/{column}", headers)
    server.browser.get("/login?user=bob", status=200)
    assert outcome(server, f"/{column}", headers) == without
