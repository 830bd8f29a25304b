"""Bearer tokens at a view that declares ``oauth2_scope`` (RFC 6750)."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.response import Response

from pyramid_oauth2.protocol.records import StoreUnavailable

from .server import Server, bearer

CHALLENGE = "WWW-Authenticate"
RESOURCE_METADATA = 'resource_metadata="http://localhost/.well-known/oauth-protected-resource'


def assert_invalid_request(answer: Any) -> None:
    """RFC 6750 section 3.1: "or is otherwise malformed"."""
    assert answer.status_int == 400
    assert answer.json["error"] == "invalid_request"
    assert answer.headers[CHALLENGE].startswith('Bearer realm="oauth2", error="invalid_request"')
    assert answer.headers["Cache-Control"] == "no-store"


def assert_invalid_token(answer: Any) -> None:
    """RFC 6750 section 3.1."""
    assert answer.status_int == 401
    assert answer.json["error"] == "invalid_token"
    assert answer.headers[CHALLENGE].startswith('Bearer realm="oauth2", error="invalid_token"')
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_good_token_opens_the_view(server: Server):
    answer = server.get("/read", bearer(server.token("read", user="bob")))
    assert (answer.status_int, answer.text) == (200, "bob")


def test_no_token_gets_a_bare_challenge(server: Server):
    """RFC 6750 section 3.1: no error code for a request without authentication."""
    answer = server.get("/read")
    assert answer.status_int == 401
    assert (
        answer.headers[CHALLENGE]
        == f'Bearer realm="oauth2", scope="read", {RESOURCE_METADATA}/read"'
    )
    assert "error" not in answer.json


def test_a_narrow_token_is_told_the_scope_that_it_lacks(server: Server):
    """RFC 6750 section 3: the scope attribute."""
    answer = server.get("/write", bearer(server.token("read")))
    assert answer.status_int == 403
    assert answer.json["error"] == "insufficient_scope"
    challenge = answer.headers[CHALLENGE]
    assert 'error="insufficient_scope"' in challenge
    assert challenge.endswith(f'scope="write", {RESOURCE_METADATA}/write"')


def test_a_view_with_two_scopes_wants_both(build: Callable[..., Server]):
    def both(config: Any) -> None:
        config.add_route("both", "/both")
        view = lambda request: Response("in")  # noqa: E731
        config.add_view(view, route_name="both", oauth2_scope="write read")

    server = build(both)
    assert server.get("/both", bearer(server.token("read write"))).status_int == 200
    refused = server.get("/both", bearer(server.token("write")))
    assert f'scope="read write", {RESOURCE_METADATA}/both"' in refused.headers[CHALLENGE]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR"])
def test_the_scheme_in_any_case(server: Server, scheme: str):
    """RFC 9110 section 11.1."""
    headers = {"Authorization": f"{scheme} {server.token()}"}
    assert server.get("/read", headers).status_int == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer {}",
        "Bearer   {}",
        "  Bearer {}  ",
    ],
)
def test_white_space_around_a_token(server: Server, header: str):
    """RFC 9110 section 11.4: one space or more; section 5.5: around a value it means nothing."""
    headers = {"Authorization": header.replace("{}", server.token())}
    assert server.get("/read", headers).status_int == 200


@pytest.mark.parametrize(
    "header",
    ["Basic {}", "Token {}", "OAuth {}", "{}", "Bearer{}", "Basic x, Bearer {}", "", ","],
)
def test_a_token_under_another_scheme_is_none(server: Server, header: str):
    """RFC 6750 section 2.1; section 3.1: no error code where no token was recognised."""
    answer = server.get("/read", {"Authorization": header.replace("{}", server.token())})
    assert answer.status_int == 401
    assert (
        answer.headers[CHALLENGE]
        == f'Bearer realm="oauth2", scope="read", {RESOURCE_METADATA}/read"'
    )


@pytest.mark.parametrize(
    "header",
    [
        "Bearer {} x",
        "Bearer x {}",
        "Bearer {},Bearer {}",
        "Bearer {}, Bearer {}",
        "Bearer {}, Basic x",
        'Bearer "{}"',
        "Bearer token={}",
        "Bearer ={}",
        "Bearer ",
        "Bearer",
    ],
)
def test_a_malformed_header(server: Server, header: str):
    """RFC 6750 section 2.1. A server joins several headers by a comma (RFC 9110 section 5.3)."""
    headers = {"Authorization": header.replace("{}", server.token())}
    assert_invalid_request(server.get("/read", headers))


@pytest.mark.parametrize(
    ("method", "body"), [("GET", b""), ("POST", b"access_token=%s")], ids=["query", "body"]
)
def test_a_token_that_is_not_in_the_header(server: Server, method: str, body: bytes):
    """RFC 9700 section 4.3.2."""
    token = server.token()
    query = "" if body else f"?access_token={token}"
    body = body.replace(b"%s", token.encode())
    headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
    answer = server.browser.request(
        f"/read{query}", method=method, body=body, headers=headers, status="*"
    )
    assert_invalid_request(answer)
    assert token not in answer.text + answer.headers[CHALLENGE]


@pytest.mark.parametrize("other", ["the same", ""])
@pytest.mark.parametrize("place", ["query", "body"])
def test_a_token_in_the_header_and_elsewhere_too(server: Server, place: str, other: str):
    """RFC 6750 section 2: MUST NOT use more than one method."""
    token = server.token()
    parameter = f"access_token={token if other else ''}"
    query, body = (f"?{parameter}", b"") if place == "query" else ("", parameter.encode())
    answer = server.post(body, bearer(token), f"/read{query}")
    assert_invalid_request(answer)


def test_the_view_still_reads_its_form(build: Callable[..., Server]):
    def configure(config: Any) -> None:
        config.add_route("echo", "/echo")
        view = lambda request: Response(request.POST["text"])  # noqa: E731
        config.add_view(view, route_name="echo", oauth2_scope="write")

    server = build(configure)
    answer = server.post({"text": "hällo"}, bearer(server.token("write")), "/echo")
    assert answer.text == "hällo"


def near_misses(token: str) -> dict[str, str]:
    return {
        "another": "oat_" + "0" * 65,
        "other case": token.swapcase(),
        "truncated": token[:-1],
        "extended": token + "0",
        "its digest missing": token[:20],
        "another kind": "ort" + token[3:],
        "NUL": token + "\0",
        "a letter of another script": token[:-1] + "\xe9",
        "another digit": token[:-8] + string.digits[(int(token[-8], 36) + 1) % 10] + token[-7:],
        "huge": token * 1000,
        "nothing": "",
        "not ours": "abcdef",
        "markup": "<script>",
        "quotes": '"\\',
    }


# Cases that the grammar of a bearer token does not allow (RFC 6750 section 2.1).
MALFORMED = {"NUL", "a letter of another script", "nothing", "markup", "quotes"}


@pytest.mark.parametrize("name", near_misses("0" * 69))
def test_a_token_that_is_nearly_right(server: Server, name: str):
    """RFC 6749 section 10.3."""
    value = near_misses(server.token())[name]
    answer = server.get("/read", bearer(value))
    (assert_invalid_request if name in MALFORMED else assert_invalid_token)(answer)
    assert not value or value not in answer.headers[CHALLENGE]
    assert not value or value not in answer.text


def test_a_login_does_not_open_the_view(server: Server):
    """RFC 6750 section 5.3."""
    server.browser.get("/login?user=bob", status=200)
    assert server.get("/read").status_int == 401


def test_a_clients_own_token_has_no_user(build: Callable[..., Server]):
    def view(request: Any) -> dict[str, Any]:
        oauth2 = request.oauth2
        return {
            "userid": request.authenticated_userid,
            "identity": request.identity,
            "subject": oauth2.subject,
            "client": oauth2.client.client_id,
            "scope": sorted(oauth2.scope),
        }

    def configure(config: Any) -> None:
        config.add_route("me", "/me")
        config.add_view(view, route_name="me", oauth2_scope="read", renderer="json")

    server = build(configure)
    own = server.get("/me", bearer(server.token("read"))).json
    nobody = {"userid": None, "identity": None, "subject": None}
    assert own == {**nobody, "client": "robot", "scope": ["read"]}
    users = server.get("/me", bearer(server.token("read write", user="bob"))).json
    bob = {"userid": "bob", "identity": "bob", "subject": "bob"}
    assert users == {**bob, "client": "robot", "scope": ["read", "write"]}


def test_a_token_ends_with_its_last_second(server: Server):
    """RFC 6750 section 3.1."""
    now = server.service.server.clock()
    for user in (None, "bob"):
        server.set_clock(lambda: now)
        token = server.token("read", user)
        server.set_clock(lambda: now + 3599)
        assert server.get("/read", bearer(token)).status_int == 200
        server.set_clock(lambda: now + 3600)
        assert_invalid_token(server.get("/read", bearer(token)))


@pytest.mark.parametrize("user", [None, "bob"], ids=["client's own", "user's"])
@pytest.mark.parametrize("change", ["disabled", "epoch raised", "deleted"])
def test_a_clients_end_is_its_tokens_end(server: Server, change: str, user: str | None):
    token = server.token("read", user)
    clients = server.service.server.clients
    if change == "deleted":
        clients.delete("robot", 1)
    else:
        clients.raise_epoch("robot", 1, disabled_at=1 if change == "disabled" else None)
    assert_invalid_token(server.get("/read", bearer(token)))


def test_a_token_issued_after_the_epoch_was_raised(server: Server):
    server.service.server.clients.raise_epoch("robot", 1)
    assert server.get("/read", bearer(server.token())).status_int == 200


def test_a_revoked_grant_ends_its_tokens(server: Server):
    token = server.token("read", user="bob")
    grants = server.service.server.grants
    (grant,) = grants.grants(subject="bob").items
    assert grants.revoke_grant(grant.id, 1, "test")
    assert_invalid_token(server.get("/read", bearer(token)))


def test_a_store_that_cannot_answer_says_neither_yes_nor_no(
    server: Server, monkeypatch: pytest.MonkeyPatch
):
    token = server.token()

    def fail(ref: Any) -> None:
        raise StoreUnavailable("connection refused by db.internal")

    monkeypatch.setattr(type(server.service.server.grants), "find", lambda self, ref: fail(ref))
    for path in ("/read", "/whoami"):
        answer = server.get(path, bearer(token))
        assert answer.status_int == 503
        assert answer.json["error"] == "temporarily_unavailable"
        assert int(answer.headers["Retry-After"]) > 0
        assert "db.internal" not in answer.text


def test_a_store_that_cannot_answer_issues_nothing(server: Server, monkeypatch: pytest.MonkeyPatch):
    def fail(self: Any, *args: Any) -> None:
        raise StoreUnavailable("connection refused by db.internal")

    monkeypatch.setattr(type(server.service.server.grants), "open", fail)
    answer = server.ask()
    assert answer.status_int == 503
    assert answer.json["error"] == "temporarily_unavailable"
    assert "db.internal" not in answer.text
