"""``oauth2.authorization_code_grace``: for a moment, a code gets the same response again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2.events import CodeRepeated, CodeReplayed, GrantRevoked, TokenIssued
from pyramid_oauth2.protocol.records import Token
from pyramid_oauth2.protocol.token.sealing import seal_for
from pyramid_oauth2.protocol.token_strings import parse_token

from .errors import assert_error
from .flow import BACK, VERIFIER, Flow
from .server import Clock, Server, basic, bearer

GRACE = 30


@pytest.fixture(params=["web", "app"])
def flow(request: pytest.FixtureRequest, start_heard: Callable[..., Flow]) -> Flow:
    """A confidential client, and a public one."""
    return start_heard(request.param, authorization_code_grace=str(GRACE))


def kinds(heard: list[Any]) -> list[type]:
    return [type(event) for event in heard]


def status(flow: Flow, tokens: dict[str, Any]) -> int:
    return flow.server.get("/read", bearer(tokens["access_token"])).status_int


class TestWithinTheGrace:
    def test_the_same_bytes(self, flow: Flow, heard: list[Any]):
        code = flow.code()
        heard.clear()
        first, again = flow.redeem(code), flow.redeem(code)
        assert first.status_int == again.status_int == 200
        assert first.body == again.body
        assert dict(first.headers) == dict(again.headers)
        assert kinds(heard) == [TokenIssued, CodeRepeated]
        assert (heard[1].client_id, heard[1].subject) == (flow.client_id, "bob")
        assert status(flow, again.json) == 200

    def test_to_its_last_second(self, flow: Flow):
        clock = Clock(flow.server)
        code = flow.code()
        first = flow.redeem(code)
        clock.now += GRACE - 1
        assert flow.redeem(code).body == first.body

    def test_also_once_the_access_token_was_used(self, flow: Flow):
        code = flow.code()
        first = flow.redeem(code)
        assert status(flow, first.json) == 200
        assert flow.redeem(code).body == first.body

    def test_for_all_who_ask_at_once(self, flow: Flow):
        code = flow.code()
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _: flow.redeem(code), range(10)))
        assert {answer.status_int for answer in answers} == {200}
        assert len({answer.body for answer in answers}) == 1

    def test_also_once_the_code_itself_has_expired(self, start_heard: Callable[..., Flow]):
        flow = start_heard(authorization_code_grace="60", authorization_code_lifetime="10s")
        clock = Clock(flow.server)
        code = flow.code()
        clock.now += 9
        first = flow.redeem(code)
        clock.now += 59
        assert flow.redeem(code).body == first.body

    def test_for_a_client_without_refresh_tokens(self, flow: Flow):
        flow.edit(grant_types=("authorization_code",))
        code = flow.code()
        first = flow.redeem(code)
        assert "refresh_token" not in first.json
        assert flow.redeem(code).body == first.body

    @pytest.mark.parametrize(
        "other",
        [
            {"code_verifier": "another" * 8},
            {"code_verifier": None},
            {"redirect_uri": f"{BACK}/other"},
        ],
    )
    def test_another_request_is_refused_and_ends_nothing(
        self, flow: Flow, heard: list[Any], other: dict[str, Any]
    ):
        code = flow.code()
        first = flow.redeem(code)
        for _ in range(6):
            assert_error(flow.redeem(code, **other), 400, "invalid_grant")
        assert status(flow, first.json) == 200
        assert CodeReplayed not in kinds(heard)
        assert flow.redeem(code).body == first.body

    def test_another_client_gets_nothing_and_ends_nothing(self, flow: Flow):
        code = flow.code()
        first = flow.redeem(code)
        other = "app" if flow.client_id == "web" else "web"
        assert_error(flow.redeem(code, other), 400, "invalid_grant")
        assert status(flow, first.json) == 200

    def test_not_without_the_clients_secret(self, start_heard: Callable[..., Flow]):
        flow = start_heard(authorization_code_grace=str(GRACE))
        code = flow.code()
        flow.redeem(code)
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
        assert flow.server.post(form, basic("web", "wrong")).status_int == 401

    def test_not_when_the_grant_was_revoked(self, flow: Flow):
        code = flow.code()
        flow.redeem(code)
        flow.server.service.server.grants.revoke_subject("bob", 1, "test")
        assert_error(flow.redeem(code), 400, "invalid_grant")


class TestReplay:
    def assert_replayed(self, flow: Flow, heard: list[Any], code: str, *issued: Any) -> None:
        heard.clear()
        assert_error(flow.redeem(code), 400, "invalid_grant")
        assert kinds(heard)[:2] == [CodeReplayed, GrantRevoked]
        assert [status(flow, tokens) for tokens in issued] == [401] * len(issued)

    def test_after_the_grace(self, flow: Flow, heard: list[Any]):
        clock = Clock(flow.server)
        code = flow.code()
        first = flow.redeem(code).json
        clock.now += GRACE
        self.assert_replayed(flow, heard, code, first)

    def test_once_the_refresh_token_was_used(self, flow: Flow, heard: list[Any]):
        code = flow.code()
        first = flow.redeem(code).json
        second = flow.refresh(first["refresh_token"]).json
        self.assert_replayed(flow, heard, code, first, second)

    def test_without_pkce(self, start_heard: Callable[..., Flow], heard: list[Any]):
        """Such a code is all that the request has beside the client's secret."""
        flow = start_heard(authorization_code_grace=str(GRACE), require_pkce="false")
        flow.edit(require_pkce=False)
        code = flow.code(code_challenge=None, code_challenge_method=None)
        first = flow.redeem(code, code_verifier=None).json
        heard.clear()
        assert_error(flow.redeem(code, code_verifier=None), 400, "invalid_grant")
        assert kinds(heard)[:2] == [CodeReplayed, GrantRevoked]
        assert status(flow, first) == 401

    def test_by_default(self, start_heard: Callable[..., Flow], heard: list[Any]):
        """RFC 6749 section 4.1.2."""
        flow = start_heard()
        code = flow.code()
        first = flow.redeem(code).json
        assert spent(flow, code).sealed_answer is None
        self.assert_replayed(flow, heard, code, first)


def spent(flow: Flow, code: str) -> Token:
    ref = parse_token(code)
    assert ref is not None
    found = flow.server.service.server.grants.find(ref)
    assert found is not None
    token: Token = found[0]
    return token


def test_the_code_and_the_verifier_together_open_what_is_stored(flow: Flow):
    code = flow.code()
    answer = flow.redeem(code)
    token = spent(flow, code)
    assert token.sealed_answer is not None

    def opened(presented: str) -> bytes | None:
        seal = seal_for(presented, flow.client_id, token.family, frozenset({"read"}))
        return seal.open(token.sealed_answer.data) if token.sealed_answer else None

    assert (opened(f"{code} {VERIFIER}") or b"").count(answer.json["access_token"].encode()) == 1
    assert opened(code) is opened(VERIFIER) is None


@pytest.mark.parametrize("wrong", ["61", "2m", "-1"])
def test_more_than_a_minute_is_refused_at_the_start(build: Callable[..., Server], wrong: str):
    with pytest.raises(ConfigurationError, match=r"oauth2\.authorization_code_grace"):
        build(changes={"oauth2.authorization_code_grace": wrong})
