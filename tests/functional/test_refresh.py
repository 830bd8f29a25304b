"""``grant_type=refresh_token`` (RFC 6749 section 6, RFC 9700 section 4.14.2)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from .errors import assert_error
from .flow import Flow
from .server import Clock, bearer

# What spends a token is where a store could differ most.
pytestmark = pytest.mark.stores(
    "memory", "sqlite", reason="the response to a redemption depends on what the store returns"
)

DAY = 86400


@pytest.fixture(params=["web", "app"])
def flow(request: pytest.FixtureRequest, start_flow: Callable[..., Flow]) -> Flow:
    """A confidential client, and a public one."""
    return start_flow(client_id=request.param)


def opens(flow: Flow, tokens: dict, path: str = "/read") -> int:
    return flow.server.get(path, bearer(tokens["access_token"])).status_int


class TestRotation:
    def test_the_answer(self, flow: Flow):
        first = flow.tokens()
        answer = flow.refresh(first["refresh_token"])
        assert answer.status_int == 200
        assert answer.headers["Cache-Control"] == "no-store"
        tokens = answer.json
        assert tokens["refresh_token"] != first["refresh_token"]
        assert tokens["access_token"] != first["access_token"]
        assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 3600)
        assert tokens["scope"] == "read"
        assert flow.server.get("/read", bearer(tokens["access_token"])).text == "bob"

    def test_an_earlier_access_token_lives_on(self, flow: Flow):
        first = flow.tokens()
        flow.refresh(first["refresh_token"])
        assert opens(flow, first) == 200

    def test_again_and_again(self, flow: Flow):
        tokens = flow.tokens()
        for _ in range(5):
            tokens = flow.refresh(tokens["refresh_token"]).json
        assert opens(flow, tokens) == 200


class TestScope:
    def test_narrower(self, flow: Flow):
        first = flow.tokens(scope="read write")
        tokens = flow.refresh(first["refresh_token"], scope="read").json
        assert tokens["scope"] == "read"
        assert (opens(flow, tokens), opens(flow, tokens, "/write")) == (200, 403)

    def test_a_narrower_one_does_not_narrow_the_grant(self, flow: Flow):
        """RFC 6749 section 6: "the refresh token scope MUST be identical"."""
        value = flow.tokens(scope="read write")["refresh_token"]
        value = flow.refresh(value, scope="read").json["refresh_token"]
        assert flow.refresh(value).json["scope"] == "read write"

    @pytest.mark.parametrize("scope", ["read write", "write", "admin", 'a"b', "read\tread"])
    def test_more_than_was_granted(self, flow: Flow, scope: str):
        value = flow.tokens(scope="read")["refresh_token"]
        assert_error(flow.refresh(value, scope=scope), 400, "invalid_scope")
        assert flow.refresh(value).json["scope"] == "read", "nothing was spent"

    def test_withdrawn_from_the_client_since(self, flow: Flow):
        value = flow.tokens(scope="read write")["refresh_token"]
        flow.edit(scope=frozenset({"read"}))
        answer = flow.refresh(value)
        assert answer.json["scope"] == "read"
        assert opens(flow, answer.json, "/write") == 403

    def test_nothing_left_of_it(self, flow: Flow):
        value = flow.tokens(scope="read")["refresh_token"]
        flow.edit(scope=frozenset({"write"}))
        assert_error(flow.refresh(value), 400, "invalid_scope")


class TestRefused:
    @pytest.mark.parametrize(
        ("value", "error"),
        [
            pytest.param("", "invalid_request", id="empty"),
            pytest.param("x", "invalid_grant", id="garbage"),
            pytest.param("ort_" + "0" * 65, "invalid_grant", id="made up"),
            pytest.param("\u20ac", "invalid_grant", id="not ASCII"),
            pytest.param("a\0", "invalid_request", id="NUL"),
            pytest.param("x" * 9_000, "invalid_request", id="long"),
            pytest.param("' OR 1=1 --", "invalid_grant", id="SQL"),
        ],
    )
    def test_garbage(self, flow: Flow, value: str, error: str):
        assert_error(flow.refresh(value), 400, error)

    def test_missing(self, flow: Flow):
        assert_error(flow.exchange(grant_type="refresh_token"), 400, "invalid_request")

    def test_twice(self, start_flow: Callable[..., Flow]):
        flow = start_flow()
        value = flow.tokens()["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": value}
        body = f"{urlencode(form)}&refresh_token={value}".encode()
        assert_error(flow.server.post(body, flow.server.login("web")), 400, "invalid_request")

    def test_another_client(self, flow: Flow):
        """RFC 6749 section 6: "bound to the client to which it was issued"."""
        value = flow.tokens()["refresh_token"]
        other = "app" if flow.client_id == "web" else "web"
        assert_error(flow.refresh(value, other), 400, "invalid_grant")
        assert flow.refresh(value).status_int == 200

    def test_another_kind_of_token(self, flow: Flow):
        tokens = flow.tokens()
        code = flow.code(prompt="consent")
        for value in (tokens["access_token"], code):
            assert_error(flow.refresh(value), 400, "invalid_grant")
        assert flow.redeem(code).status_int == 200

    def test_it_is_no_access_token(self, flow: Flow):
        """RFC 6749 section 1.5."""
        headers = bearer(flow.tokens()["refresh_token"])
        answer = flow.server.get("/read", headers)
        assert answer.status_int == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_a_confidential_client_without_its_secret(self, start_flow: Callable[..., Flow]):
        flow = start_flow()
        form = {"grant_type": "refresh_token", "client_id": "web"}
        value = flow.tokens()["refresh_token"]
        assert_error(flow.server.post({**form, "refresh_token": value}), 401, "invalid_client")

    def test_a_client_that_is_no_longer_registered_for_it(self, flow: Flow):
        value = flow.tokens()["refresh_token"]
        flow.edit(grant_types=("authorization_code",))
        assert_error(flow.refresh(value), 400, "unauthorized_client")

    def test_a_disabled_client(self, flow: Flow):
        value = flow.tokens()["refresh_token"]
        flow.server.service.server.clients.raise_epoch(flow.client_id, 1, disabled_at=1)
        assert_error(flow.refresh(value), 401, "invalid_client")

    def test_a_client_whose_rights_were_taken_away(self, flow: Flow):
        value = flow.tokens()["refresh_token"]
        flow.server.service.server.clients.raise_epoch(flow.client_id, 1)
        assert_error(flow.refresh(value), 400, "invalid_grant")

    def test_a_grant_that_was_revoked(self, flow: Flow):
        tokens = flow.tokens()
        flow.server.service.server.grants.revoke_subject("bob", 1, "test")
        assert_error(flow.refresh(tokens["refresh_token"]), 400, "invalid_grant")
        assert opens(flow, tokens) == 401


class TestEnds:
    def test_unused_for_too_long(self, flow: Flow):
        clock = Clock(flow.server)
        value = flow.tokens()["refresh_token"]
        clock.now += 30 * DAY - 1
        value = flow.refresh(value).json["refresh_token"]
        clock.now += 30 * DAY
        assert_error(flow.refresh(value), 400, "invalid_grant")

    def test_the_absolute_end_does_not_move(self, start_flow: Callable[..., Flow]):
        flow = start_flow(grant_lifetime="3h", refresh_token_lifetime="2h")
        clock = Clock(flow.server)
        value = flow.tokens()["refresh_token"]
        clock.now += 2 * 3600 - 1
        value = flow.refresh(value).json["refresh_token"]
        clock.now += 3600
        last = flow.refresh(value)
        assert last.json["expires_in"] == 1, "the access token ends with the grant"
        clock.now += 1
        assert_error(flow.refresh(last.json["refresh_token"]), 400, "invalid_grant")
        assert opens(flow, last.json) == 401

    def test_what_ended_can_be_purged(self, flow: Flow):
        clock = Clock(flow.server)
        flow.refresh(flow.tokens()["refresh_token"])
        clock.now += 30 * DAY
        flow.server.service.server.grants.purge(clock.now)
        assert flow.server.records() == []

    def test_no_access_token_outlives_a_short_grant(self, start_flow: Callable[..., Flow]):
        flow = start_flow(grant_lifetime="30s", access_token_lifetime="30s")
        flow.edit(lifetimes={"access_token": 3600})
        clock = Clock(flow.server)
        tokens = flow.tokens()
        assert tokens["expires_in"] == 30
        clock.now += 30
        assert opens(flow, tokens) == 401
        assert_error(flow.refresh(tokens["refresh_token"]), 400, "invalid_grant")

    def test_nor_does_a_code(self, start_flow: Callable[..., Flow]):
        flow = start_flow(grant_lifetime="30s", access_token_lifetime="30s")
        flow.edit(lifetimes={"access_token": 3600})
        clock = Clock(flow.server)
        code = flow.code()
        clock.now += 30
        assert_error(flow.redeem(code), 400, "invalid_grant")
