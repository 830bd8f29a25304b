"""Responses of the userinfo endpoint that are signed (OpenID Connect Core section 5.3.2)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.jose import judges

from .flow import Flow
from .openid_provider import ISSUER, PROVIDER, give_scopes, parts, provider
from .server import bearer
from .test_userinfo import ALGORITHMS, ask, token_of

StartFlow = Callable[..., Flow]


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    return give_scopes(start_flow(provider, **PROVIDER))


class TestSigned:
    @pytest.mark.parametrize("algorithm", ALGORITHMS)
    def test_for_a_client_that_is_registered_for_it(self, flow: Flow, algorithm: str):
        """Core section 5.3.2."""
        give_scopes(flow, userinfo_signed_response_alg=algorithm)
        answer = ask(flow, token_of(flow, "openid email"))
        assert answer.content_type == "application/jwt"
        jwks = flow.server.get("/oauth2/jwks").json
        header, claims = parts(answer.text)
        assert (header["alg"], header["typ"]) == (algorithm, "JWT")
        assert claims == {
            "iss": ISSUER,
            "aud": "web",
            "sub": "bob",
            "email": "bob@example.org",
            "email_verified": False,
        }
        options = {"issuer": ISSUER, "audience": "web", "algorithms": [algorithm]}
        assert judges.by_node(answer.text, jwks, **options) == claims
        if algorithm in judges.BY_PYJWT:
            assert judges.by_pyjwt(answer.text, jwks, "web") == claims
            assert judges.by_jwcrypto(answer.text, jwks, algorithm) == claims

    def test_an_error_is_json(self, flow: Flow):
        give_scopes(flow, userinfo_signed_response_alg="RS256")
        answer = ask(flow, token_of(flow, "read"))
        assert json.loads(answer.body)["error"] == "insufficient_scope"

    def test_it_is_no_token(self, flow: Flow):
        give_scopes(flow, userinfo_signed_response_alg="RS256")
        signed = ask(flow, token_of(flow, "openid read")).text
        assert ask(flow, signed).json["error"] == "invalid_token"
        assert flow.server.get("/read", bearer(signed)).status_int == 401
