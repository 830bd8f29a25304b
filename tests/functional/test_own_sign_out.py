"""The application's own "Sign out" ends the session: ``request.oauth2.end_session()``."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.security import forget

from pyramid_oauth2 import StoreUnavailable
from pyramid_oauth2.backends.memory.entries import MemoryEntryStore

from .flow import Flow
from .openid_provider import PROVIDER, parts, provider
from .signing_out import Party, StartFlow, storage  # noqa: F401


def own_sign_out(config: Any) -> None:
    def sign_out(request: Any) -> Any:
        ended = request.oauth2.end_session()
        return HTTPSeeOther(f"/?{ended}", headers=forget(request))

    config.add_route("own_sign_out", "/own_sign_out")
    config.add_view(sign_out, route_name="own_sign_out")


@pytest.fixture
def party(start_flow: StartFlow) -> Party:
    return Party(start_flow(provider, own_sign_out, **PROVIDER))


def sign_out(flow: Flow) -> str:
    """What the call returned."""
    return str(flow.browser.post("/own_sign_out", status=303).location).partition("?")[2]


def test_it_ends_the_session_and_the_login(party: Party) -> None:
    assert sign_out(party.flow) == "True"
    assert party.is_over()
    (event,) = party.events
    assert (event.sid, event.reason) == (party.sid, "the user signed out")
    assert event.request is not None


def test_another_browser_stays_signed_in(party: Party) -> None:
    other = Flow(party.flow.server).log_in("bob")
    tokens = other.tokens(scope="openid read", prompt="consent")
    assert parts(tokens["id_token"])[1]["sid"] != party.sid
    sign_out(party.flow)
    assert party.is_over()
    assert other.refresh(tokens["refresh_token"]).status_int == 200


def test_without_a_session(party: Party) -> None:
    assert sign_out(Flow(party.flow.server).log_in("bob")) == "False"
    assert sign_out(Flow(party.flow.server)) == "False"
    assert not party.is_over()


def test_the_store_is_away(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    """The login ends in any case."""

    def away(*_: Any) -> None:
        raise StoreUnavailable("down")

    monkeypatch.setattr(MemoryEntryStore, "get", away)
    assert sign_out(party.flow) == "False"
    assert party.user == "anonymous"


def test_a_token_signs_no_one_out(party: Party) -> None:
    """RFC 6750: a request with a token has the rights of the token, not of the browser's user."""
    headers = {"Authorization": f"Bearer {party.tokens['access_token']}"}
    party.flow.browser.post("/own_sign_out", headers=headers, status="*")
    assert any(each.sid == party.sid for each in party.flow.server.service.sessions.list("bob"))


def test_without_openid_connect(start_flow: StartFlow) -> None:
    assert sign_out(start_flow(own_sign_out)) == "False"
