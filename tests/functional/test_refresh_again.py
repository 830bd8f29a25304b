"""A repeated refresh: the same response for a moment, then the end of the grant."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pyramid_oauth2.events import GrantRevoked, RefreshRepeated, RefreshReused, TokenIssued
from pyramid_oauth2.protocol.records import Grant, Token
from pyramid_oauth2.protocol.token.sealing import seal_for
from pyramid_oauth2.protocol.token_strings import parse_token

from .errors import assert_error
from .flow import Flow
from .server import Clock, bearer

GRACE = 30
READ = frozenset({"read"})


@pytest.fixture(params=["web", "app"])
def flow(request: pytest.FixtureRequest, start_heard: Callable[..., Flow]) -> Flow:
    """A confidential client, and a public one."""
    return start_heard(request.param)


def status(flow: Flow, tokens: dict[str, Any]) -> int:
    return flow.server.get("/read", bearer(tokens["access_token"])).status_int


def assert_dead(flow: Flow, *all_tokens: dict[str, Any]) -> None:
    """The grant and all of its tokens have ended."""
    for tokens in all_tokens:
        assert status(flow, tokens) == 401
        assert_error(flow.refresh(tokens["refresh_token"]), 400, "invalid_grant")


def kinds(heard: list[Any]) -> list[type]:
    return [type(event) for event in heard]


class TestWithinTheGrace:
    def test_the_same_bytes(self, flow: Flow):
        value = flow.tokens()["refresh_token"]
        first, again = flow.refresh(value), flow.refresh(value)
        assert first.status_int == again.status_int == 200
        assert first.body == again.body
        assert dict(first.headers) == dict(again.headers)
        assert status(flow, again.json) == 200

    def test_to_its_last_second(self, flow: Flow):
        clock = Clock(flow.server)
        value = flow.tokens()["refresh_token"]
        first = flow.refresh(value)
        clock.now += GRACE - 1
        assert flow.refresh(value).body == first.body

    def test_for_all_who_ask_at_once(self, flow: Flow):
        value = flow.tokens()["refresh_token"]
        with ThreadPoolExecutor(10) as pool:
            answers = list(pool.map(lambda _: flow.refresh(value), range(10)))
        assert {answer.status_int for answer in answers} == {200}
        assert len({answer.body for answer in answers}) == 1

    def test_nothing_is_extended(self, flow: Flow):
        clock = Clock(flow.server)
        value = flow.tokens()["refresh_token"]
        flow.refresh(value)
        before = flow.server.records()
        clock.now += 10
        flow.refresh(value)
        assert flow.server.records() == before

    def test_the_order_of_scopes_is_no_difference(self, flow: Flow):
        value = flow.tokens(scope="read write")["refresh_token"]
        first = flow.refresh(value, scope="read write")
        assert flow.refresh(value, scope="write  read").body == first.body
        assert flow.refresh(value).body == first.body

    @pytest.mark.parametrize(("one", "other"), [("read", "write"), ("read", None), (None, "read")])
    def test_another_scope_is_refused_and_nothing_revoked(
        self, flow: Flow, one: str | None, other: str | None
    ):
        value = flow.tokens(scope="read write")["refresh_token"]
        first = flow.refresh(value, **({"scope": one} if one else {}))
        refused = flow.refresh(value, **({"scope": other} if other else {}))
        assert_error(refused, 400, "invalid_grant")
        assert status(flow, first.json) in (200, 403)
        assert flow.refresh(first.json["refresh_token"]).status_int == 200

    def test_another_client_gets_nothing_and_ends_nothing(self, flow: Flow):
        value = flow.tokens()["refresh_token"]
        first = flow.refresh(value)
        other = "app" if flow.client_id == "web" else "web"
        assert_error(flow.refresh(value, other), 400, "invalid_grant")
        assert status(flow, first.json) == 200

    def test_not_when_the_grant_was_revoked(self, flow: Flow):
        value = flow.tokens()["refresh_token"]
        flow.refresh(value)
        flow.server.service.server.grants.revoke_subject("bob", 1, "test")
        assert_error(flow.refresh(value), 400, "invalid_grant")

    def test_it_is_an_event(self, flow: Flow, heard: list[Any]):
        value = flow.tokens()["refresh_token"]
        heard.clear()
        flow.refresh(value)
        flow.refresh(value)
        assert kinds(heard) == [TokenIssued, RefreshRepeated]
        ref = parse_token(value)
        assert ref is not None
        assert (heard[1].grant_id, heard[1].subject) == (ref.family, "bob")
        assert heard[1].client_id == flow.client_id
        assert heard[1].request is not None


class TestReuse:
    """RFC 9700 section 4.14.2."""

    def test_after_the_grace(self, flow: Flow, heard: list[Any]):
        clock = Clock(flow.server)
        first = flow.tokens()
        second = flow.refresh(first["refresh_token"]).json
        clock.now += GRACE
        heard.clear()
        assert_error(flow.refresh(first["refresh_token"]), 400, "invalid_grant")
        assert kinds(heard)[:2] == [RefreshReused, GrantRevoked]
        assert heard[1].reason == "refresh token reused"
        assert_dead(flow, first, second)

    def test_once_the_successor_was_used(self, flow: Flow):
        first = flow.tokens()
        second = flow.refresh(first["refresh_token"]).json
        third = flow.refresh(second["refresh_token"]).json
        assert_error(flow.refresh(first["refresh_token"]), 400, "invalid_grant")
        assert_dead(flow, first, second, third)

    def test_the_last_generation_can_be_repeated(self, flow: Flow):
        first = flow.tokens()
        second = flow.refresh(first["refresh_token"]).json
        third = flow.refresh(second["refresh_token"])
        assert flow.refresh(second["refresh_token"]).body == third.body

    def test_without_a_grace(self, start_heard: Callable[..., Flow]):
        flow = start_heard(refresh_token_grace="0")
        first = flow.tokens()
        second = flow.refresh(first["refresh_token"]).json
        tokens = [r for r in flow.server.records() if getattr(r, "kind", "") == "refresh_token"]
        assert not [r for r in tokens if r.sealed_answer]
        assert_error(flow.refresh(first["refresh_token"]), 400, "invalid_grant")
        assert_dead(flow, second)

    @pytest.mark.parametrize("scope", ["write", "no-such-scope"])
    def test_whatever_scope_it_asks_for(self, flow: Flow, heard: list[Any], scope: str):
        clock = Clock(flow.server)
        first = flow.tokens()
        second = flow.refresh(first["refresh_token"]).json
        clock.now += GRACE
        heard.clear()
        assert_error(flow.refresh(first["refresh_token"], scope=scope), 400, "invalid_grant")
        assert RefreshReused in kinds(heard)
        assert_dead(flow, second)

    def test_of_an_expired_one(self, flow: Flow):
        clock = Clock(flow.server)
        first = flow.tokens()
        clock.now += 29 * 86400
        second = flow.refresh(first["refresh_token"]).json
        clock.now += 86400
        assert_error(flow.refresh(first["refresh_token"]), 400, "invalid_grant")
        assert_error(flow.refresh(second["refresh_token"]), 400, "invalid_grant")

    def test_by_another_client_is_none(self, flow: Flow):
        clock = Clock(flow.server)
        first = flow.tokens()
        second = flow.refresh(first["refresh_token"]).json
        clock.now += GRACE
        other = "app" if flow.client_id == "web" else "web"
        assert_error(flow.refresh(first["refresh_token"], other), 400, "invalid_grant")
        assert flow.refresh(second["refresh_token"]).status_int == 200

    def test_is_told_once(self, flow: Flow, heard: list[Any]):
        clock = Clock(flow.server)
        first = flow.tokens()
        flow.refresh(first["refresh_token"])
        clock.now += GRACE
        for _ in range(3):
            flow.refresh(first["refresh_token"])
        assert kinds(heard).count(GrantRevoked) == 1


class TestWhatIsKept:
    def spent(self, flow: Flow, value: str) -> Token:
        ref = parse_token(value)
        assert ref is not None
        found = flow.server.service.server.grants.find(ref)
        assert found is not None
        return found[0]

    def test_only_the_spent_token_opens_it(self, flow: Flow):
        value = flow.tokens()["refresh_token"]
        answer = flow.refresh(value)
        spent = self.spent(flow, value)
        assert spent.sealed_answer is not None
        kept = spent.sealed_answer.data
        assert answer.json["access_token"].encode() not in kept
        seal = seal_for(value, flow.client_id, spent.family, READ)
        opened = seal.open(kept)
        assert opened is not None
        assert answer.json["refresh_token"].encode() in opened
        for stranger in (
            seal_for(answer.json["refresh_token"], flow.client_id, spent.family, READ),
            seal_for(value, "another", spent.family, READ),
            seal_for(value, flow.client_id, "another", READ),
            seal_for(value, flow.client_id, spent.family, frozenset({"write"})),
        ):
            assert stranger.open(kept) is None

    def test_a_copy_of_the_store_opens_nothing_once_the_successor_was_used(self, flow: Flow):
        first = flow.tokens()["refresh_token"]
        second = flow.refresh(first).json["refresh_token"]
        flow.refresh(second)
        copy = flow.server.records()
        assert not [r for r in copy if isinstance(r, Token) and self._opens(r, first)]
        assert [r for r in copy if isinstance(r, Token) and self._opens(r, second)]

    def _opens(self, record: Token, value: str) -> bool:
        if record.sealed_answer is None:
            return False
        for client_id in ("web", "app"):
            seal = seal_for(value, client_id, record.family, READ)
            if seal.open(record.sealed_answer.data):
                return True
        return False

    def test_no_grant_lives_longer_for_it(self, flow: Flow):
        Clock(flow.server)
        value = flow.tokens()["refresh_token"]
        flow.refresh(value)
        grants = [r for r in flow.server.records() if isinstance(r, Grant)]
        flow.refresh(value)
        assert [r for r in flow.server.records() if isinstance(r, Grant)] == grants
