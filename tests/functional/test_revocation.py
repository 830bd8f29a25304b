"""``POST /oauth2/revoke`` (RFC 7009)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import transaction
from webtest import TestResponse

from pyramid_oauth2.events import GrantRevoked, TokenRevoked

from .errors import assert_error
from .flow import Flow
from .server import bearer

REVOKE = "/oauth2/revoke"


@pytest.fixture(params=["web", "app"])
def flow(request: pytest.FixtureRequest, start_heard: Callable[..., Flow]) -> Flow:
    """A confidential client, and a public one."""
    return start_heard(request.param)


def revoke(flow: Flow, token: str, client_id: str | None = None, **form: str) -> TestResponse:
    return flow.exchange(client_id, path=REVOKE, **{"token": token, **form})


def status(flow: Flow, tokens: dict[str, Any]) -> int:
    return flow.server.get("/read", bearer(tokens["access_token"])).status_int


def assert_done(answer: TestResponse) -> None:
    """RFC 7009 section 2.2, and no Content-Type, since there is no body."""
    assert (answer.status_int, answer.body) == (200, b"")
    assert "Content-Type" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


class TestAccessToken:
    def test_is_dead_at_once(self, flow: Flow):
        tokens = flow.tokens()
        assert status(flow, tokens) == 200
        assert_done(revoke(flow, tokens["access_token"]))
        assert status(flow, tokens) == 401

    def test_the_grant_goes_on(self, flow: Flow):
        tokens = flow.tokens()
        revoke(flow, tokens["access_token"])
        assert status(flow, flow.refresh(tokens["refresh_token"]).json) == 200

    def test_of_the_client_itself(self, start_heard: Callable[..., Flow]):
        server = start_heard().server
        token = server.token()
        answer = server.post({"token": token}, server.login(), REVOKE)
        assert_done(answer)
        assert server.get("/read", bearer(token)).status_int == 401

    def test_it_is_an_event_once(self, flow: Flow, heard: list[Any]):
        tokens = flow.tokens()
        heard.clear()
        for _ in range(2):
            assert_done(revoke(flow, tokens["access_token"]))
        (event,) = heard
        assert isinstance(event, TokenRevoked)
        assert (event.client_id, event.subject) == (flow.client_id, "bob")


class TestRefreshToken:
    def test_takes_the_whole_grant_with_it(self, flow: Flow):
        first = flow.tokens()
        second = flow.refresh(first["refresh_token"]).json
        assert_done(revoke(flow, second["refresh_token"]))
        assert [status(flow, tokens) for tokens in (first, second)] == [401, 401]
        for tokens in (first, second):
            assert_error(flow.refresh(tokens["refresh_token"]), 400, "invalid_grant")

    def test_also_a_spent_one(self, flow: Flow):
        """A client that missed the last response can still log out."""
        first = flow.tokens()
        second = flow.refresh(first["refresh_token"]).json
        assert_done(revoke(flow, first["refresh_token"]))
        assert status(flow, second) == 401

    def test_another_grant_of_the_user_goes_on(self, flow: Flow):
        first, second = flow.tokens(), flow.tokens(prompt="consent")
        revoke(flow, first["refresh_token"])
        assert status(flow, second) == 200

    def test_it_is_an_event_once(self, flow: Flow, heard: list[Any]):
        tokens = flow.tokens()
        heard.clear()
        for _ in range(2):
            revoke(flow, tokens["refresh_token"])
        (event,) = heard
        assert isinstance(event, GrantRevoked)
        assert (event.subject, event.reason) == ("bob", "revoked by the client")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "id_token", "", "x" * 200, "é"])
def test_whatever_the_hint_says(flow: Flow, kind: str, hint: str):
    """RFC 7009 section 2.1."""
    tokens = flow.tokens()
    assert_done(revoke(flow, tokens[kind], token_type_hint=hint))
    assert status(flow, tokens) == 401


@pytest.mark.parametrize(
    "value",
    ["x", "oat_" + "0" * 65, "\u20ac", "a\0b", "' OR 1=1 --", "oat_", "x" * 4096],
    ids=["garbage", "made up", "not ASCII", "NUL", "SQL", "a prefix", "long"],
)
def test_an_unknown_token_is_no_error(flow: Flow, heard: list[Any], value: str):
    """RFC 7009 section 2.2."""
    assert_done(revoke(flow, value))
    assert heard == []


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_another_clients_token_lives_on(flow: Flow, heard: list[Any], kind: str):
    """RFC 7009 section 2.1."""
    tokens = flow.tokens()
    heard.clear()
    other = "app" if flow.client_id == "web" else "web"
    assert_done(revoke(flow, tokens[kind], other))
    assert heard == []
    assert status(flow, tokens) == 200
    assert flow.refresh(tokens["refresh_token"]).status_int == 200


def test_a_code_is_no_token(flow: Flow):
    code = flow.code()
    assert_done(revoke(flow, code))
    assert flow.redeem(code).status_int == 200


@pytest.mark.parametrize("form", [{}, {"token": ""}])
def test_no_token(flow: Flow, form: dict[str, str]):
    assert_error(flow.exchange(path=REVOKE, **form), 400, "invalid_request")


def test_without_the_clients_secret(start_heard: Callable[..., Flow]):
    """RFC 7009 section 2.1."""
    flow = start_heard()
    tokens = flow.tokens()
    for headers in ({}, {"Authorization": "Basic d2ViOndyb25n"}):
        form = {"token": tokens["access_token"], "client_id": "web"}
        assert_error(flow.server.post(form, headers, REVOKE), 401, "invalid_client")
    assert status(flow, tokens) == 200


def test_pages_of_the_clients_own_origins_may_read_the_answer(flow: Flow):
    spa = "https://spa.example"
    flow.edit(allowed_origins=(spa,))
    tokens = flow.tokens()
    for origin, allowed in ((spa, spa), ("https://evil.example", None)):
        answer = flow.exchange(path=REVOKE, token=tokens["access_token"], origin=origin)
        assert_done(answer)
        assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_the_applications_transaction_cannot_undo_it(
    start_flow: Callable[..., Flow], heard: list[Any]
):
    def doom(event: Any) -> None:
        transaction.doom()

    def configure(config: Any) -> None:
        config.include("pyramid_tm")
        config.add_subscriber(doom, TokenRevoked)

    flow = start_flow(configure)
    tokens = flow.tokens()
    assert_done(revoke(flow, tokens["access_token"]))
    assert status(flow, tokens) == 401
