"""The logout token (OpenID Connect Back-Channel Logout 1.0 section 2.4)."""

from __future__ import annotations

import time

import pytest

from pyramid_oauth2.jose.public_keys import KeySet
from pyramid_oauth2.jose.uses import LOGOUT_TOKEN
from pyramid_oauth2.jose.verification import verify
from pyramid_oauth2.openid.logout_token import EVENT, logout_token
from tests.functional.openid_provider import parts
from tests.jose import judges

from .notifying import World


class TestToken:
    """Back-Channel Logout 1.0 section 2.4."""

    def test_what_it_says(self, world: World):
        header, claims = parts(logout_token(world.server, world.register(), "bob", "s-1"))
        assert (header["typ"], header["alg"]) == ("logout+jwt", "RS256")
        assert claims == {
            "iss": "https://auth.example.com",
            "aud": "web",
            "iat": world.clock.now,
            "exp": world.clock.now + 120,
            "jti": claims["jti"],
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            "sub": "bob",
            "sid": "s-1",
        }
        assert len(claims["jti"]) == 32

    def test_it_never_has_a_nonce(self, world: World):
        """So that it cannot be used as an ID token."""
        _, claims = parts(logout_token(world.server, world.register(), "bob", "s-1"))
        assert "nonce" not in claims

    def test_each_has_its_own_name(self, world: World):
        client = world.register()
        made = [parts(logout_token(world.server, client, "bob", "s"))[1]["jti"] for _ in range(2)]
        assert len(set(made)) == 2

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "Ed25519", "EdDSA"])
    def test_other_libraries_accept_it(self, world: World, algorithm: str):
        world.clock.now = int(time.time())
        client = world.register(id_token_signed_response_alg=algorithm)
        token = logout_token(world.server, client, "bob", "s-1")
        assert world.server.signer is not None
        jwks = {"keys": list(world.server.signer.published())}
        claims = parts(token)[1]
        assert parts(token)[0]["alg"] == algorithm
        options = {"issuer": claims["iss"], "audience": "web", "typ": "logout+jwt"}
        assert judges.by_node(token, jwks, algorithms=[algorithm], **options) == claims
        if algorithm in judges.BY_PYJWT:
            assert judges.by_pyjwt(token, jwks, "web") == claims
            assert judges.by_jwcrypto(token, jwks, algorithm) == claims

    def test_it_holds_by_the_rules_for_those_that_come_in(self, world: World):
        token = logout_token(world.server, world.register(), "bob", "s-1")
        assert world.server.signer is not None
        keys = KeySet.of(world.server.signer.published()).keys
        found = verify(token, LOGOUT_TOKEN, lambda jwt: tuple(keys), world.clock.now)
        assert found.claims["events"] == {EVENT: {}}
