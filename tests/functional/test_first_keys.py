"""The first key of an algorithm is published before it signs (Core section 10.1.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from zope.interface import implementer

from pyramid_oauth2.extension import ClientLookup, IClientResolver
from pyramid_oauth2.protocol.records import Client, DuplicateRecord, StoreUnavailable

from .flow import BACK, Flow
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


def register(flow: Flow, **metadata: Any) -> None:
    usual = {"redirect_uris": ("https://app.example/cb",), "scope": frozenset({"openid"})}
    flow.server.service.clients.add(**{"client_name": "Signed", **usual, **metadata})


@pytest.mark.parametrize(
    "name",
    [
        "id_token_signed_response_alg",
        "userinfo_signed_response_alg",
        "introspection_signed_response_alg",
    ],
)
def test_when_a_client_is_registered(flow: Flow, name: str):
    register(flow, **{name: "Ed25519"})
    assert algorithms(flow) == {"RS256", "Ed25519"}


def test_when_its_access_tokens_are_to_be_jwts(start_flow: Callable[..., Flow]):
    """They are signed by the algorithm of the settings."""
    settings = {**PROVIDER, "jwt_access_tokens.algorithm": "PS256"}
    flow = give_scopes(start_flow(provider, **settings))
    register(flow)
    assert algorithms(flow) == {"RS256"}
    give_scopes(flow, access_token_format="jwt")
    before = published(flow)
    assert algorithms(flow) == {"RS256", "PS256"}
    header, _ = parts(flow.tokens(scope="openid")["access_token"])
    assert (header["alg"], header["kid"]) in before


def test_when_it_is_moved_here(flow: Flow):
    clients = flow.server.service.clients
    elsewhere = replace(
        clients.get("web"), client_id="moved", extra={"userinfo_signed_response_alg": "ES256"}
    )
    assert clients.restore(elsewhere)
    assert algorithms(flow) == {"RS256", "ES256"}


@implementer(IClientResolver)
class Documents:
    """Finds one client, at its URL."""

    URL = "https://document.example/"

    def __init__(self, server: object, settings: object) -> None:
        pass

    def recognises(self, client_id: str) -> bool:
        return client_id == self.URL

    def resolve(self, lookup: ClientLookup) -> Client:
        chosen = {"id_token_signed_response_alg": "ES256"}
        return Client(
            client_id=lookup.client_id,
            redirect_uris=(BACK,),
            token_endpoint_auth_method="none",
            scope=frozenset({"openid"}),
            extra=chosen,
        )


def test_when_a_user_allows_a_client_that_a_resolver_finds(start_flow: Callable[..., Flow]):
    def with_documents(config: Any) -> None:
        config.add_oauth2_client_resolver("documents", Documents)

    flow = Flow(start_flow(provider, with_documents, **PROVIDER).server, Documents.URL).log_in()
    assert algorithms(flow) == {"RS256"}
    assert flow.code(scope="openid")
    assert algorithms(flow) == {"RS256", "ES256"}


def test_not_before_the_client_is_in_the_store(flow: Flow):
    with pytest.raises(DuplicateRecord):
        register(flow, client_id="web", id_token_signed_response_alg="ES256")
    assert algorithms(flow) == {"RS256"}


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
