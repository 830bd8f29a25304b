"""An ID token is a plug-in: no grant type and no core file knows of it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.protocol.token.presentation import bearer
from tests.functional.flow import Flow
from tests.functional.server import Clock

from . import id_token

AUTHENTICATED_AT = 1_700_000_000


class Users:
    """Users of whom the application knows when they signed in."""

    def authenticated_at(self, request: Any) -> int:
        return AUTHENTICATED_AT

    def authenticate(self, request: Any, username: str, password: str) -> str:
        return username


def configure(config: Any) -> None:
    config.include(id_token)
    config.set_oauth2_resource_owners(Users())


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    flow = start_flow(configure)
    client = flow.server.service.server.clients.get("web")
    flow.server.service.clients.edit(
        "web", client.version, scope=frozenset({"openid", "read", "write"})
    )
    return flow


def claims_of(token: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_a_code_gives_one_with_its_nonce(flow: Flow) -> None:
    issued = flow.redeem(flow.code(scope="openid read", nonce="n-0S6_WzA2Mj")).json
    claims = claims_of(issued["id_token"])
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("http://localhost", "bob", "web")
    assert claims["nonce"] == "n-0S6_WzA2Mj"
    assert claims["auth_time"] == AUTHENTICATED_AT
    half = hashlib.sha256(issued["access_token"].encode()).digest()[:16]
    assert claims["at_hash"] == id_token.encoded(half)
    assert list(issued) == [
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "refresh_token",
        "id_token",
    ]


def test_a_refresh_gives_one_without_the_nonce(flow: Flow) -> None:
    """OpenID Connect Core section 12.2: sub, iss and auth_time stay, the nonce should not be in."""
    first = flow.redeem(flow.code(scope="openid read", nonce="n")).json
    second = flow.refresh(first["refresh_token"]).json
    before, after = claims_of(first["id_token"]), claims_of(second["id_token"])
    assert {name: after[name] for name in ("iss", "sub", "aud", "auth_time")} == {
        name: before[name] for name in ("iss", "sub", "aud", "auth_time")
    }
    assert "nonce" not in after
    assert after["at_hash"] != before["at_hash"]


def test_a_view_sees_what_the_grant_keeps(flow: Flow) -> None:
    """Not the nonce, which was for the response to the code alone."""
    issued = flow.redeem(flow.code(scope="openid read", nonce="n")).json
    token = flow.server.service.resolve(bearer(issued["access_token"]))
    assert token.kept == {"openid": True}


def test_a_repeated_refresh_gives_the_same_bytes(flow: Flow) -> None:
    clock = Clock(flow.server)
    first = flow.redeem(flow.code(scope="openid read")).json
    second = flow.refresh(first["refresh_token"])
    clock.now += 10
    assert flow.refresh(first["refresh_token"]).body == second.body
    assert claims_of(second.json["id_token"])["iat"] == clock.now - 10


def test_a_narrowed_refresh_gives_one_too(flow: Flow) -> None:
    """The request was one of OpenID Connect; which scope this access token has does not matter."""
    first = flow.redeem(flow.code(scope="openid read")).json
    assert "id_token" in flow.refresh(first["refresh_token"], scope="read").json


@pytest.mark.parametrize("form", [{"scope": "read"}, {"scope": "read", "nonce": "n"}])
def test_without_openid_there_is_none(flow: Flow, form: Any) -> None:
    first = flow.redeem(flow.code(**form)).json
    assert "id_token" not in first
    assert "id_token" not in flow.refresh(first["refresh_token"]).json


def test_other_grants_have_none(flow: Flow) -> None:
    assert "id_token" not in flow.server.ask().json


def test_a_remembered_consent_covers_a_new_nonce(flow: Flow) -> None:
    flow.code(scope="openid read", nonce="1")
    answer = flow.ask(scope="openid read", nonce="2")
    assert "code=" in answer.location, "the user is not asked again"


def test_discovery(flow: Flow) -> None:
    metadata = flow.server.get("/.well-known/oauth-authorization-server").json
    assert metadata["id_token_signing_alg_values_supported"] == ["HS256"]


def test_a_code_from_before_the_feature_was_switched_off(flow: Flow) -> None:
    """Its values are not critical: they are ignored, and kept where the record is changed."""
    from dataclasses import replace

    code = flow.code(scope="openid read", nonce="n")
    factories = flow.server.service.server.factories
    flow.server.change(factories=replace(factories, token_responses={}, request_extensions={}))
    first = flow.redeem(code)
    assert first.status_int == 200
    assert "id_token" not in first.json
    flow.server.change(factories=factories)
    assert "id_token" in flow.refresh(first.json["refresh_token"]).json
