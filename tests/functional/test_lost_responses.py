"""The store writes, and its response is lost: no request is refused for what it did itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from webtest import TestResponse

from pyramid_oauth2.events import (
    CodeReplayed,
    ConsentGiven,
    ConsentWithdrawn,
    GrantRevoked,
    RefreshReused,
    TokenIssued,
    TokenRevoked,
)
from pyramid_oauth2.protocol import lost_responses
from pyramid_oauth2.protocol.records import Grant, OutcomeUnknown, StoreUnavailable, Token
from pyramid_oauth2.protocol.users import Users

from .errors import assert_error
from .flow import Flow, answer_in
from .server import bearer

ALWAYS = 100
IMPLICIT = {"response_type": "token", "code_challenge": None, "code_challenge_method": None}


class LosesResponses:
    """A store whose calls of one operation are carried out, and then get no response.

    :ivar lost: how many responses are lost from now on.
    :ivar calls: the arguments of each call.
    """

    def __init__(self, store: Any, operation: str) -> None:
        self._store, self._operation = store, operation
        self.lost = 0
        self.error: type[StoreUnavailable] = OutcomeUnknown
        self.calls: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._store, name)
        return self._losing(operation) if name == self._operation else operation

    def _losing(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.calls.append((arguments, named))
            try:
                return operation(*arguments, **named)
            finally:
                if self.lost:
                    self.lost -= 1
                    # In place of a result or of an exception.
                    raise self.error("the response is lost")

        return call


@pytest.fixture
def storage() -> dict[str, str]:
    """One store: that a store wins again with the same attempt is in the contract of all."""
    return {"oauth2.backend": "memory"}


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_responses, "PAUSES", (0, 0, 0))


@pytest.fixture
def losing(start_heard: Callable[..., Flow]) -> Callable[..., tuple[Flow, LosesResponses]]:
    """A flow on a store that will lose the responses of one operation."""

    def losing(operation: str, **changes: str) -> tuple[Flow, LosesResponses]:
        flow = start_heard(**changes)
        return flow, lose(flow, operation)

    return losing


def lose(flow: Flow, operation: str) -> LosesResponses:
    store = LosesResponses(flow.server.service.server.grants, operation)
    flow.server.change(grants=store)
    return store


def kinds(heard: list[Any]) -> list[type]:
    return [type(event) for event in heard]


def grants(flow: Flow) -> list[Grant]:
    return [record for record in flow.server.records() if isinstance(record, Grant)]


def tokens(flow: Flow, kind: str = "access_token") -> list[Token]:
    return [record for record in flow.server.records() if getattr(record, "kind", "") == kind]


@dataclass
class Case:
    """One request that spends or opens something.

    :ivar operation: of the store, whose response is lost.
    :ivar prepare: does what comes before, and returns the request.
    :ivar status: of the response where the outcome gets known.
    :ivar issued: how many grants and access tokens there are then.
    """

    operation: str
    prepare: Callable[[Flow], Callable[[], TestResponse]]
    status: int
    issued: tuple[int, int]


def code(flow: Flow) -> Callable[[], TestResponse]:
    value = flow.code()
    return lambda: flow.redeem(value)


def refresh(flow: Flow) -> Callable[[], TestResponse]:
    value = flow.tokens()["refresh_token"]
    return lambda: flow.refresh(value)


def client_credentials(flow: Flow) -> Callable[[], TestResponse]:
    return flow.server.ask


def password(flow: Flow) -> Callable[[], TestResponse]:
    user = {"username": "bob", "password": "bob's password"}
    return lambda: flow.server.ask("password", **user)


def decision(answer: str) -> Callable[[Flow], Callable[[], TestResponse]]:
    def prepare(flow: Flow) -> Callable[[], TestResponse]:
        page = flow.page()
        return lambda: flow.decide(page, answer)

    return prepare


def silent_code(flow: Flow) -> Callable[[], TestResponse]:
    flow.edit(consent="skip")
    return flow.ask


def implicit(flow: Flow) -> Callable[[], TestResponse]:
    flow.edit(grant_types=("implicit",), response_types=("token",), consent="skip")
    return lambda: flow.ask(**IMPLICIT)


CASES = {
    "code": Case("redeem", code, 200, (1, 1)),
    "refresh": Case("redeem", refresh, 200, (1, 2)),
    "client credentials": Case("open", client_credentials, 200, (0, 1)),
    "password": Case("open", password, 200, (1, 1)),
    "allow": Case("redeem", decision("allow"), 303, (1, 0)),
    "deny": Case("redeem", decision("deny"), 303, (0, 0)),
    "silent code": Case("open", silent_code, 303, (1, 0)),
    "implicit": Case("open", implicit, 303, (1, 1)),
    "page": Case("open", lambda flow: flow.ask, 200, (0, 0)),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


class TestOfEveryFlow:
    @pytest.mark.parametrize("times", [1, 2])
    @pytest.mark.parametrize("grace", ["0", "30"])
    def test_lost_now_and_then(
        self,
        losing: Callable[..., tuple[Flow, LosesResponses]],
        heard: list[Any],
        case: Case,
        times: int,
        grace: str,
    ):
        settings = {"response_types": "code token", "refresh_token_grace": grace}
        flow, store = losing(case.operation, **settings)
        request = case.prepare(flow)
        heard.clear()
        store.calls.clear()
        store.lost = times
        response = request()
        assert response.status_int == case.status, response.text
        assert (len(grants(flow)), len(tokens(flow))) == case.issued
        assert not {CodeReplayed, RefreshReused, GrantRevoked} & set(kinds(heard))
        assert len(store.calls) == times + 1
        assert all(call == store.calls[0] for call in store.calls), "the same attempt, each time"
        if case.status == 200 and response.content_type == "application/json":
            assert kinds(heard) == [TokenIssued]
            token = response.json["access_token"]
            assert flow.server.get("/read", bearer(token)).status_int == 200

    def test_lost_each_time(
        self, losing: Callable[..., tuple[Flow, LosesResponses]], heard: list[Any], case: Case
    ):
        flow, store = losing(case.operation, response_types="code token")
        request = case.prepare(flow)
        heard.clear()
        store.calls.clear()
        store.lost = ALWAYS
        response = request()
        assert response.status_int == 503
        assert response.headers["Retry-After"]
        assert (len(grants(flow)), len(tokens(flow))) == case.issued
        assert heard == []
        assert len(store.calls) == len(lost_responses.PAUSES) + 1

    def test_not_again_if_nothing_was_sent(
        self, losing: Callable[..., tuple[Flow, LosesResponses]], case: Case
    ):
        flow, store = losing(case.operation, response_types="code token")
        request = case.prepare(flow)
        store.calls.clear()
        store.lost, store.error = 1, StoreUnavailable
        assert request().status_int == 503
        assert len(store.calls) == 1


def test_the_repeated_call_may_find_no_store_for_a_moment(start_flow: Callable[..., Flow]):
    """A server that restarts: the first response is lost, then no connection is made."""
    flow = start_flow()
    value = flow.code()
    grants = flow.server.service.server.grants
    errors = [StoreUnavailable("no connection"), None]

    class Restarts(LosesResponses):
        def _losing(self, operation: Callable[..., Any]) -> Callable[..., Any]:
            lost = super()._losing(operation)

            def call(*arguments: Any, **named: Any) -> Any:
                if self.calls and (error := errors.pop(0)) is not None:
                    raise error
                return lost(*arguments, **named)

            return call

    store = Restarts(grants, "redeem")
    store.lost = 1
    flow.server.change(grants=store)
    assert flow.redeem(value).status_int == 200
    assert errors == []


class TestOfOtherOperations:
    def test_a_replay_whose_revocation_is_not_confirmed_is_an_event(
        self, losing: Callable[..., tuple[Flow, LosesResponses]], heard: list[Any]
    ):
        flow, store = losing("revoke_grant")
        value = flow.code()
        flow.redeem(value)
        heard.clear()
        store.lost = ALWAYS
        assert flow.redeem(value).status_int == 503
        assert kinds(heard) == [CodeReplayed]

    @pytest.mark.parametrize("times", [1, 2])
    def test_a_replay_ends_the_grant_once(
        self, losing: Callable[..., tuple[Flow, LosesResponses]], heard: list[Any], times: int
    ):
        flow, store = losing("revoke_grant")
        value = flow.code()
        flow.redeem(value)
        heard.clear()
        store.lost = times
        assert_error(flow.redeem(value), 400, "invalid_grant")
        assert_error(flow.redeem(value), 400, "invalid_grant")
        assert [kind for kind in kinds(heard) if kind is GrantRevoked] == [GrantRevoked]

    def test_of_a_grant_that_ended_before_nothing_is_invented(
        self, losing: Callable[..., tuple[Flow, LosesResponses]], heard: list[Any]
    ):
        flow, store = losing("revoke_grant")
        issued = flow.tokens()
        ref = grants(flow)[0].id
        store._store.revoke_grant(ref, 1, "before")
        heard.clear()
        store.lost = 1
        flow.exchange(path="/oauth2/revoke", token=issued["refresh_token"])
        assert heard == []

    def test_a_revoked_access_token(
        self, losing: Callable[..., tuple[Flow, LosesResponses]], heard: list[Any]
    ):
        """RFC 7009 section 2."""
        flow, store = losing("revoke_token")
        token = flow.tokens()["access_token"]
        heard.clear()
        store.lost = 1
        for _ in range(2):
            assert flow.exchange(path="/oauth2/revoke", token=token).status_int == 200
        assert kinds(heard) == [TokenRevoked]

    def test_another_code_of_the_same_decision(
        self, losing: Callable[..., tuple[Flow, LosesResponses]]
    ):
        flow, store = losing("add")
        page = flow.page()
        first = flow.decide(page)
        store.lost = 1
        second = flow.decide(page)
        assert second.status_int == 303
        assert answer_in(second.location)["code"] != answer_in(first.location)["code"]
        assert len(tokens(flow, "authorization_code")) == 2
        assert flow.redeem(answer_in(second.location)["code"]).status_int == 200

    def test_a_number_of_further_codes(self, losing: Callable[..., tuple[Flow, LosesResponses]]):
        flow, store = losing("reserve")
        page = flow.page()
        flow.decide(page)
        store.lost = 1
        assert flow.decide(page).status_int == 303

    def test_a_wrong_verifier(self, losing: Callable[..., tuple[Flow, LosesResponses]]):
        """RFC 7636 section 4.6."""
        flow, store = losing("amend")
        value = flow.code()
        store.lost = 1
        assert_error(flow.redeem(value, code_verifier="w" * 43), 400, "invalid_grant")
        assert flow.redeem(value).status_int == 200

    def test_a_consent_is_remembered(self, start_heard: Callable[..., Flow], heard: list[Any]):
        flow = start_heard()
        consents = LosesResponses(flow.server.service.server.consents, "put")
        flow.server.change(consents=consents)
        page = flow.page()
        consents.lost = 1
        assert flow.decide(page).status_int == 303
        assert ConsentGiven in kinds(heard)
        assert "code" in answer_in(flow.ask().location)

    def test_a_consent_that_is_withdrawn(self, start_heard: Callable[..., Flow]):
        flow = start_heard()
        flow.allow()
        server = flow.server.service.server
        server.grants.revoke_subject("bob", server.clock(), "test")
        consents = LosesResponses(server.consents, "forget")
        consents.lost = 1
        events: list[Any] = []
        users = Users(replace(server, consents=consents), events.append)
        assert users.revoke("bob", "web").consents == 1
        assert kinds(events) == [ConsentWithdrawn]
        assert server.consents.get("bob", "web") is None

    def test_a_consent_that_was_withdrawn_meanwhile_is_forgotten(
        self, start_heard: Callable[..., Flow]
    ):
        """Also if it is never known whether it was stored."""
        flow = start_heard()
        server = flow.server.service.server

        class Withdrawn(LosesResponses):
            def _losing(self, operation: Callable[..., Any]) -> Callable[..., Any]:
                server.grants.revoke_subject("bob", server.clock(), "withdrawn")
                return super()._losing(operation)

        consents = Withdrawn(server.consents, "put")
        consents.lost = ALWAYS
        flow.server.change(consents=consents)
        flow.decide(flow.page())
        assert server.consents.get("bob", "web") is None
