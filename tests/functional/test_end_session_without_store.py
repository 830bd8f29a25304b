"""Signing out while the store is away: the login ends in any case.

The user may be leaving the device to others.
"""

from __future__ import annotations

from typing import Any

import pytest

from pyramid_oauth2 import StoreUnavailable
from pyramid_oauth2.backends.memory.entries import MemoryEntryStore
from pyramid_oauth2.protocol.server import Server

from .signing_out import BYE, Party, asks, says_signed_out, storage  # noqa: F401
from .test_end_session import party  # noqa: F401


def away(*_: Any) -> None:
    raise StoreUnavailable("down")


def test_it_cannot_write(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr(MemoryEntryStore, "put", away)
    answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
    assert answer.location == BYE
    assert party.user == "anonymous"


def test_sessions_cannot_be_read(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Whether the hint is of this very session is not known: the user is asked."""
    monkeypatch.setattr(MemoryEntryStore, "get", away)
    page = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
    assert asks(page)
    assert says_signed_out(party.press(page))
    assert party.user == "anonymous"


def test_nothing_can_be_read(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    for name in ("get", "put"):
        monkeypatch.setattr(MemoryEntryStore, name, away)
    monkeypatch.setattr(Server, "client", away)
    page = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
    assert asks(page)
    assert says_signed_out(party.press(page))
    assert party.user == "anonymous"


def test_what_is_left_of_a_login(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """No login goes on, and the user can try again."""
    party.flow.log_out()
    with monkeypatch.context() as patch:
        patch.setattr(MemoryEntryStore, "put", away)
        assert party.send(id_token_hint=party.id_token).status_int == 503
    assert says_signed_out(party.send(id_token_hint=party.id_token))
    assert party.is_over()
