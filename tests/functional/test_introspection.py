"""``POST /oauth2/introspect`` (RFC 7662)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestResponse

from .errors import assert_error
from .flow import Flow
from .server import Clock, basic

INTROSPECT = "/oauth2/introspect"


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    """Two clients, and an API that is registered as a resource server."""
    flow = start_flow()
    flow.server.register("api", grant_types=(), scope=frozenset(), resource_server=True)
    return flow


def introspect(flow: Flow, token: str, client_id: str = "api", **form: str) -> TestResponse:
    headers = flow.server.login(client_id)
    return flow.server.post({"token": token, **form}, headers, INTROSPECT)


def assert_inactive(answer: TestResponse) -> None:
    """The response does not reveal the reason (RFC 7662 section 2.2)."""
    assert (answer.status_int, answer.body) == (200, b'{"active":false}')
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"


class TestActive:
    def test_a_users_token(self, flow: Flow):
        clock = Clock(flow.server)
        answer = introspect(flow, flow.tokens(scope="read write")["access_token"])
        assert answer.json == {
            "active": True,
            "scope": "read write",
            "client_id": "web",
            "token_type": "Bearer",
            "iat": clock.now,
            "exp": clock.now + 3600,
            "iss": "http://localhost",
            "sub": "bob",
        }
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "application/json"
        assert "Set-Cookie" not in answer.headers

    def test_a_clients_own_has_no_subject(self, flow: Flow):
        members = introspect(flow, flow.server.token()).json
        assert members["active"] is True
        assert "sub" not in members
        assert None not in members.values()

    def test_a_client_sees_its_own(self, flow: Flow):
        tokens = flow.tokens()
        assert introspect(flow, tokens["access_token"], "web").json["active"] is True

    @pytest.mark.parametrize("hint", ["access_token", "refresh_token", "x"])
    def test_whatever_the_hint_says(self, flow: Flow, hint: str):
        token = flow.tokens()["access_token"]
        assert introspect(flow, token, token_type_hint=hint).json["active"] is True


class TestInactive:
    def test_another_clients(self, flow: Flow):
        """RFC 7662 section 4: otherwise a client could search for valid tokens."""
        assert_inactive(introspect(flow, flow.server.token(), "web"))

    @pytest.mark.parametrize(
        "value",
        ["x", "oat_" + "0" * 65, "\u20ac", "a\0b", "' OR 1=1 --", "x" * 4096],
        ids=["garbage", "made up", "not ASCII", "NUL", "SQL", "long"],
    )
    def test_unknown(self, flow: Flow, value: str):
        assert_inactive(introspect(flow, value))

    def test_expired(self, flow: Flow):
        clock = Clock(flow.server)
        token = flow.tokens()["access_token"]
        clock.now += 3599
        assert introspect(flow, token).json["active"] is True
        clock.now += 1
        assert_inactive(introspect(flow, token))

    def test_revoked(self, flow: Flow):
        token = flow.tokens()["access_token"]
        flow.exchange(path="/oauth2/revoke", token=token)
        assert_inactive(introspect(flow, token))

    def test_of_a_grant_that_was_revoked(self, flow: Flow):
        token = flow.tokens()["access_token"]
        flow.server.service.server.grants.revoke_subject("bob", 1, "test")
        assert_inactive(introspect(flow, token))

    def test_of_a_disabled_client(self, flow: Flow):
        token = flow.tokens()["access_token"]
        flow.server.service.server.clients.raise_epoch("web", 1, disabled_at=1)
        assert_inactive(introspect(flow, token))

    def test_codes_and_refresh_tokens(self, flow: Flow):
        """RFC 6749 section 1.5: only an access token gives access to a resource."""
        tokens, code = flow.tokens(), flow.code(prompt="consent")
        for value in (tokens["refresh_token"], code, flow.server.secrets["web"]):
            for client_id in ("api", "web"):
                assert_inactive(introspect(flow, value, client_id))
        assert flow.redeem(code).status_int == 200, "nothing was spent"
        assert flow.refresh(tokens["refresh_token"]).status_int == 200

    def test_of_a_deactivated_user(self, start_flow: Callable[..., Flow]):
        gone: set[str] = set()

        class Users:
            def is_active(self, subject: str) -> bool:
                return subject not in gone

        flow = start_flow(lambda config: config.set_oauth2_resource_owners(Users()), grant_types="")
        flow.server.register("api", grant_types=(), scope=frozenset(), resource_server=True)
        token = flow.tokens()["access_token"]
        assert introspect(flow, token).json["active"] is True
        gone.add("bob")
        assert_inactive(introspect(flow, token))


class TestRefused:
    def test_without_authentication(self, flow: Flow):
        """RFC 7662 section 2.1."""
        token = flow.tokens()["access_token"]
        forms: list[tuple[dict[str, str], dict[str, str]]] = [
            ({}, {}),
            ({"client_id": "api"}, {}),
            ({}, basic("api", "wrong")),
            ({}, {"Authorization": f"Bearer {token}"}),
        ]
        for form, headers in forms:
            answer = flow.server.post({"token": token, **form}, headers, INTROSPECT)
            assert_error(answer, 401, "invalid_client")

    def test_a_public_client(self, flow: Flow):
        token = Flow(flow.server, "app", flow.browser).tokens()["access_token"]
        answer = flow.server.post({"token": token, "client_id": "app"}, {}, INTROSPECT)
        assert_error(answer, 401, "invalid_client")

    def test_a_disabled_resource_server(self, flow: Flow):
        token = flow.tokens()["access_token"]
        flow.server.service.server.clients.raise_epoch("api", 1, disabled_at=1)
        assert_error(introspect(flow, token), 401, "invalid_client")

    @pytest.mark.parametrize("form", [{}, {"token": ""}])
    def test_no_token(self, flow: Flow, form: dict[str, str]):
        answer = flow.server.post(form, flow.server.login("api"), INTROSPECT)
        assert_error(answer, 400, "invalid_request")

    def test_no_page_of_another_origin_may_read_it(self, flow: Flow):
        headers = {**flow.server.login("api"), "Origin": "https://evil.example"}
        answer = flow.server.post({"token": "x"}, headers, INTROSPECT)
        assert not [name for name in answer.headers if name.startswith("Access-Control-")]


def test_a_resource_server_gets_no_token(flow: Flow):
    answer = flow.server.post({"grant_type": "client_credentials"}, flow.server.login("api"))
    assert_error(answer, 400, "unauthorized_client")


def test_it_changes_nothing(flow: Flow):
    token: dict[str, Any] = flow.tokens()
    before = flow.server.records()
    for value in token.values():
        introspect(flow, str(value))
    assert flow.server.records() == before
