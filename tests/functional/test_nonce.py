"""The nonce: in the ID token of its code alone (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest

from .flow import Flow, answer_in
from .openid_provider import (
    PROVIDER,
    give_scopes,
    parts,
    provider,
)

StartFlow = Callable[..., Flow]


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    return give_scopes(start_flow(provider, **PROVIDER))


def test_the_longest_nonce(flow: Flow):
    _, claims = parts(flow.tokens(scope="openid", nonce="n" * 512)["id_token"])
    assert claims["nonce"] == "n" * 512


def test_a_longer_nonce_is_refused(flow: Flow):
    answer = answer_in(flow.ask(scope="openid", nonce="n" * 513).location)
    assert answer["error"] == "invalid_request"
    assert "nonce" in answer["error_description"]


def test_a_repeated_nonce_is_refused(flow: Flow):
    parameters = {**flow.parameters(scope="openid"), "nonce": "1"}
    answer = answer_in(flow.get(urlencode([*parameters.items(), ("nonce", "2")])).location)
    assert answer["error"] == "invalid_request"


def test_a_remembered_consent_covers_a_new_nonce(flow: Flow):
    flow.code(scope="openid read", nonce="1")
    answer = flow.ask(scope="openid read", nonce="2")
    assert "code=" in answer.location, "the user is not asked again"
