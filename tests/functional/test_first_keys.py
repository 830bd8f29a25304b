"""The first key of an algorithm is published before it signs (Core section 10.1.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import StoreUnavailable

from .flow import Flow
from .openid_provider import PROVIDER, give_scopes, parts, provider

JWKS = "/oauth2/jwks"


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return give_scopes(start_flow(provider, **PROVIDER))


def published(flow: Flow) -> set[tuple[str, str]]:
    return {(key["alg"], key["kid"]) for key in flow.server.get(JWKS).json["keys"]}


def algorithms(flow: Flow) -> set[str]:
    return {algorithm for algorithm, _ in published(flow)}


def test_when_a_client_is_edited(flow: Flow):
    assert algorithms(flow) == {"RS256"}
    give_scopes(flow, id_token_signed_response_alg="ES256")
    before = published(flow)
    header, _ = parts(flow.tokens(scope="openid")["id_token"])
    assert (header["alg"], header["kid"]) in before
    assert published(flow) == before


@pytest.mark.parametrize(
    "name",
    [
        "id_token_signed_response_alg",
        "userinfo_signed_response_alg",
        "introspection_signed_response_alg",
    ],
)
def test_when_a_client_is_registered(flow: Flow, name: str):
    flow.server.service.clients.add(
        client_name="Signed",
        redirect_uris=("https://app.example/cb",),
        scope=frozenset({"openid"}),
        **{name: "Ed25519"},
    )
    assert algorithms(flow) == {"RS256", "Ed25519"}


def test_not_when_something_else_is_edited(flow: Flow, monkeypatch: pytest.MonkeyPatch):
    give_scopes(flow, id_token_signed_response_alg="ES256")
    signer = flow.server.service.server.signer
    monkeypatch.setattr(type(signer), "key_for", None)
    give_scopes(flow, client_name="Another name")


def test_a_store_that_is_away_stops_no_change(
    flow: Flow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    def away(*arguments: Any) -> str:
        raise StoreUnavailable("The store is away.")

    signer = flow.server.service.server.signer
    monkeypatch.setattr(type(signer), "key_for", away)
    with caplog.at_level(logging.WARNING):
        give_scopes(flow, id_token_signed_response_alg="ES256")
    assert "No key for ES256 can be published: The store is away." in caplog.text
