"""A refresh belongs to its session as long as that lasts (Back-Channel Logout section 2.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.backends.memory.entries import MemoryEntryStore

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


@pytest.mark.parametrize("first", [0, 1, 16, 29])
def test_the_session_lasts_as_long_as_the_refresh_token(flow: Flow, first: int):
    """So that a sign-out reaches each grant, whenever that was last used."""
    clock = Clock(flow.server)
    issued = flow.tokens(scope="openid")
    clock.now += first * DAY
    issued = flow.refresh(issued["refresh_token"]).json
    clock.now += 30 * DAY - 1
    (session,) = flow.server.service.sessions.list("bob")
    assert flow.server.service.sessions.end("bob", session.sid)
    assert flow.refresh(issued["refresh_token"]).status_int == 400


def test_few_refreshes_extend_it(flow: Flow, monkeypatch: pytest.MonkeyPatch):
    clock, written = Clock(flow.server), list[Any]()
    issued = flow.tokens(scope="openid")
    put = MemoryEntryStore.put

    def counted(store: Any, entry: Any, version: Any) -> Any:
        written.append(entry)
        return put(store, entry, version)

    monkeypatch.setattr(MemoryEntryStore, "put", counted)
    for _ in range(14):
        clock.now += 5 * DAY
        issued = flow.refresh(issued["refresh_token"]).json
    assert len([entry for entry in written if entry.namespace == "session"]) == 2


def test_with_offline_access_it_does_not_extend_the_session(flow: Flow):
    """A user who has not been there for months is not shown as signed in."""
    clock = Clock(flow.server)
    issued = flow.tokens(scope="openid offline_access")
    for _ in range(4):
        clock.now += 20 * DAY
        issued = flow.refresh(issued["refresh_token"]).json
    assert flow.server.service.sessions.list("bob") == []
    assert "sid" not in parts(issued["id_token"])[1]


def test_with_offline_access_it_has_no_sid_of_an_ended_session(flow: Flow):
    issued = flow.tokens(scope="openid offline_access")
    sid = parts(issued["id_token"])[1]["sid"]
    assert flow.server.service.sessions.end("bob", sid)
    again = flow.refresh(issued["refresh_token"]).json
    assert "sid" not in parts(again["id_token"])[1]
