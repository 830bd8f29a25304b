"""A refresh belongs to its session as long as that lasts (Back-Channel Logout section 2.7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .flow import Flow
from .openid_provider import PROVIDER, give_scopes, parts, provider
from .server import Clock

DAY = 86_400


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return give_scopes(start_flow(provider, **PROVIDER))


def test_it_extends_the_session(flow: Flow):
    clock = Clock(flow.server)
    issued = flow.tokens(scope="openid")
    for _ in range(3):
        clock.now += 20 * DAY
        issued = flow.refresh(issued["refresh_token"]).json
    (session,) = flow.server.service.sessions.list("bob")
    assert parts(issued["id_token"])[1]["sid"] == session.sid
    assert flow.server.service.sessions.end("bob", session.sid)
    assert flow.refresh(issued["refresh_token"]).status_int == 400


def test_with_offline_access_it_has_no_sid_of_an_ended_session(flow: Flow):
    issued = flow.tokens(scope="openid offline_access")
    sid = parts(issued["id_token"])[1]["sid"]
    assert flow.server.service.sessions.end("bob", sid)
    again = flow.refresh(issued["refresh_token"]).json
    assert "sid" not in parts(again["id_token"])[1]
