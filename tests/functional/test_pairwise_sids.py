"""No two pairwise clients see by the ``sid`` that they have one user (Core section 8.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .flow import Flow
from .openid_provider import PROVIDER, give_scopes, parts, provider

SALTED = {**PROVIDER, "openid.pairwise_salt": "salt of this server"}
PAIRWISE = {"subject_type": "pairwise"}
BACK = "https://other.example/back"


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return give_scopes(start_flow(provider, **SALTED), **PAIRWISE)


def claims_of(flow: Flow, **parameters: str) -> Any:
    uri = parameters.get("redirect_uri")
    again = {} if uri is None else {"redirect_uri": uri}
    issued = flow.redeem(flow.code(scope="openid", **parameters), **again).json
    return parts(issued["id_token"])[1]


def other(flow: Flow, client_id: str, uri: str, **extra: Any) -> Any:
    """What another client gets in the same browser."""
    flow.server.register(
        client_id,
        redirect_uris=(uri,),
        grant_types=("authorization_code",),
        scope=frozenset({"openid"}),
        extra=extra,
    )
    return claims_of(Flow(flow.server, client_id, flow.browser), redirect_uri=uri)


def test_clients_of_two_sectors_get_two(flow: Flow):
    one = claims_of(flow)
    two = other(flow, "other", BACK, **PAIRWISE)
    public = other(flow, "public", BACK)
    assert len({one["sid"], two["sid"], public["sid"]}) == 3
    assert len({each["sid"][:32] for each in (one, two, public)}) == 3
    (session,) = flow.server.service.sessions.list("bob")
    assert public["sid"] == session.sid


def test_clients_of_one_sector_get_one(flow: Flow):
    assert claims_of(flow)["sid"] == other(flow, "b", "https://client.example/b", **PAIRWISE)["sid"]


def test_it_is_the_same_after_a_refresh(flow: Flow):
    issued = flow.tokens(scope="openid offline_access")
    again = flow.refresh(issued["refresh_token"]).json
    assert parts(issued["id_token"])[1]["sid"] == parts(again["id_token"])[1]["sid"]


def test_the_next_session_has_nothing_of_it(flow: Flow):
    one = claims_of(flow)["sid"]
    assert flow.server.service.sessions.end("bob", one)
    two = claims_of(flow, prompt="consent")["sid"]
    assert one[:32] != two[:32]


def test_an_operator_ends_the_session_by_it(flow: Flow) -> None:
    """Also what an earlier call has left of it, whose process ended in between."""
    issued = flow.tokens(scope="openid read")
    sid = parts(issued["id_token"])[1]["sid"]
    service = flow.server.service
    assert service.server.sessions.remove("bob", service.server.sessions.sid_of(sid))
    assert not service.sessions.end("bob", sid)
    assert flow.refresh(issued["refresh_token"]).status_int == 400


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_client_signs_the_user_out_by_it(flow: Flow, signed_in: bool):
    """RP-Initiated Logout section 2: by the ``sid`` of its hint, also without a login."""
    id_token = flow.tokens(scope="openid")["id_token"]
    if not signed_in:
        flow.log_out()
    flow.browser.get(f"/oauth2/end_session?id_token_hint={id_token}", status="*")
    assert flow.server.service.sessions.list("bob") == []


@pytest.mark.parametrize("sid", ["p.", "p.x", "p.AAAA", "p." + "A" * 60, "p.\u00e4", "p.="])
def test_what_only_looks_like_one(flow: Flow, sid: str):
    assert not flow.server.service.sessions.end("bob", sid)
