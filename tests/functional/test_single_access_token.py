"""``oauth2.single_access_token``: one user, client and scope do not accumulate live tokens."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.events import GrantRevoked
from pyramid_oauth2.interfaces import IService
from pyramid_oauth2.protocol.records import StoreUnavailable, Token

from .errors import assert_error
from .flow import Flow
from .server import Clock, bearer

PASSWORD = {"grant_type": "password", "username": "bob", "password": "bob's password"}
TYPES = ("authorization_code", "refresh_token", "password", "implicit")


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    flow = start_flow(single_access_token="true", response_types="code token")
    flow.edit(grant_types=TYPES, response_types=("code", "token"))
    return flow


def status(flow: Flow, tokens: dict[str, Any]) -> int:
    return flow.server.get("/read", bearer(tokens["access_token"])).status_int


def again(flow: Flow, **changes: str) -> dict[str, Any]:
    """The whole flow again, including the question to the user."""
    return flow.tokens(prompt="consent", **changes)


def by_password(flow: Flow, **more: str) -> dict[str, Any]:
    answer = flow.exchange(**PASSWORD, **more)
    assert answer.status_int == 200, answer.text
    return dict(answer.json)


def test_the_second_flow_ends_the_first(flow: Flow):
    clock = Clock(flow.server)
    first = flow.tokens()
    clock.now += 1
    second = again(flow)
    assert (status(flow, first), status(flow, second)) == (401, 200)
    assert_error(flow.refresh(first["refresh_token"]), 400, "invalid_grant")
    assert flow.refresh(second["refresh_token"]).status_int == 200


def test_whatever_the_grant_type(flow: Flow):
    clock = Clock(flow.server)
    first = flow.tokens()
    clock.now += 1
    second = by_password(flow, scope="read")
    clock.now += 1
    assert (status(flow, first), status(flow, second)) == (401, 200)
    flow.allow(
        response_type="token", prompt="consent", code_challenge=None, code_challenge_method=None
    )
    assert status(flow, second) == 401


def test_a_refresh_ends_the_access_token_before_it(flow: Flow):
    first = flow.tokens()
    second = flow.refresh(first["refresh_token"]).json
    third = flow.refresh(second["refresh_token"]).json
    assert [status(flow, tokens) for tokens in (first, second, third)] == [401, 401, 200]


def test_a_new_flow_after_a_refresh(flow: Flow):
    clock = Clock(flow.server)
    first = flow.refresh(flow.tokens()["refresh_token"]).json
    clock.now += 1
    second = again(flow)
    assert second["access_token"] != first["access_token"]
    assert (status(flow, first), status(flow, second)) == (401, 200)


def test_a_refresh_that_is_repeated_ends_nothing(flow: Flow):
    value = flow.tokens()["refresh_token"]
    first, again = flow.refresh(value), flow.refresh(value)
    assert first.body == again.body
    assert status(flow, again.json) == 200


def test_another_scope_another_user_or_another_client_is_left_alone(flow: Flow):
    clock = Clock(flow.server)
    others = [
        flow.tokens(scope="read write"),
        Flow(flow.server, "web").log_in("alice").tokens(),
        Flow(flow.server, "app").log_in().tokens(),
    ]
    clock.now += 1
    again(flow)
    assert [status(flow, tokens) for tokens in others] == [200, 200, 200]


def test_a_token_of_the_client_itself_is_left_alone(flow: Flow):
    first, second = flow.server.token(), flow.server.token()
    for value in (first, second):
        assert flow.server.get("/read", bearer(value)).status_int == 200


def test_of_many_at_once_none_ends_the_last_and_the_next_ends_all(flow: Flow):
    clock = Clock(flow.server)
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: by_password(flow, scope="read"), range(8)))
    assert 200 in [status(flow, each) for each in tokens]
    clock.now += 1
    last = by_password(flow, scope="read")
    assert [status(flow, each) for each in (*tokens, last)] == [401] * 8 + [200]


def test_it_is_an_event(start_flow: Callable[..., Flow]):
    heard: list[GrantRevoked] = []
    flow = start_flow(
        lambda config: config.add_subscriber(heard.append, GrantRevoked), single_access_token="true"
    )
    clock = Clock(flow.server)
    flow.tokens()
    clock.now += 1
    again(flow)
    assert [event.reason for event in heard] == ["a newer token replaced it"]


def test_off_by_default(start_flow: Callable[..., Flow]):
    flow = start_flow()
    clock = Clock(flow.server)
    first = flow.tokens()
    clock.now += 1
    second = flow.refresh(again(flow)["refresh_token"]).json
    assert (status(flow, first), status(flow, second)) == (200, 200)
    assert not [r for r in flow.server.records() if isinstance(r, Token) and r.revoked_at]


def test_a_store_that_fails_after_the_issue_costs_the_client_nothing(flow: Flow):
    """An error would make it try again, which would look like theft."""
    clock = Clock(flow.server)
    flow.tokens()
    clock.now += 1
    code = flow.code(prompt="consent")
    service = flow.server.service

    class Failing:
        def __getattr__(self, name: str) -> Any:
            return getattr(service.server.grants, name)

        def grants(self, *arguments: Any) -> Any:
            raise StoreUnavailable("the listing is away")

    failing = replace(service, server=replace(service.server, grants=Failing()))
    flow.server.registry.registerUtility(failing, IService)
    answer = flow.redeem(code)
    assert answer.status_int == 200
    assert status(flow, answer.json) == 200
