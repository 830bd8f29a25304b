"""A sender constraint at an endpoint of the server that takes access tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.functional.flow import BACK, VERIFIER, Flow
from tests.functional.openid_provider import PROVIDER, give_scopes, provider

from . import proof_of_possession
from .proving import Client

USERINFO = "/oauth2/userinfo"


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return give_scopes(start_flow(provider, proof_of_possession.includeme, **PROVIDER))


@pytest.fixture
def client(flow: Flow) -> Client:
    return Client(flow.server, "web")


@pytest.fixture
def token(flow: Flow, client: Client) -> str:
    form = {"code": flow.code(scope="openid"), "redirect_uri": BACK}
    issued = client.ask(grant_type="authorization_code", code_verifier=VERIFIER, **form).json
    assert issued["token_type"] == "PoP"
    return str(issued["access_token"])


def test_with_a_proof(client: Client, token: str) -> None:
    answer = client.get(token, USERINFO)
    assert answer.json == {"sub": "bob"}
    assert answer.headers["Proof-Nonce"] == client.key.nonce


@pytest.mark.parametrize(
    ("other", "error"), [({"nonce": "x"}, "use_proof_nonce"), ({"ath": "x"}, "invalid_proof")]
)
def test_a_wrong_proof(client: Client, token: str, other: Any, error: str) -> None:
    """The challenge names the error (RFC 9449 section 7.1), as that of a view does."""
    answer = client.get(token, USERINFO, **other)
    assert (answer.status_int, answer.json["error"]) == (401, error)
    own, bound = answer.headers.getall("WWW-Authenticate")
    assert own == 'Bearer realm="oauth2"'
    assert bound.startswith(f'PoP realm="oauth2", error="{error}", ')
    assert bound.endswith(', algs="Ed25519"')
    assert ("Proof-Nonce" in answer.headers) is (error == "use_proof_nonce")
