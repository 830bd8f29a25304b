"""ID tokens that come back as hints (OpenID Connect Core section 3.1.2.1)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from joserfc.jwk import import_key

from pyramid_oauth2.jose import uses
from pyramid_oauth2.jose.refused import JWTRefused
from pyramid_oauth2.jose.signing import PrivateKey, sign
from pyramid_oauth2.keys.ring import KeyRing
from pyramid_oauth2.keys.schedule import DAY, Schedule
from pyramid_oauth2.openid.hint import Hint, read_hint
from pyramid_oauth2.openid.request_extensions import MAX_NONCE
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.records import Client
from tests.jose.forgeries import BY_CLAIMS, FORGERIES, Honest
from tests.keys.rings import OTHER_SECRET, World
from tests.protocol.worlds import FACTORIES, make_server

ISSUER = "https://auth.example.com"
WEB = Client("web")
OF_HINTS = sorted(FORGERIES)
# Its end does not count, and its audience is a client.
OTHERS = ("without iss", "without aud", "iss of another", "iss with a slash", "aud of another")
assert BY_CLAIMS.keys() > set(OTHERS)


class Provider:
    """A server with a key ring, whose clock the test moves."""

    def __init__(self, recognised: float = 120 * DAY) -> None:
        self.keys = World(schedule=Schedule(recognised=recognised))
        self.ring = self.keys.ring()
        self.server = self.signing_by(self.ring)

    def signing_by(self, ring: KeyRing) -> AuthorizationServer:
        """The same server, in another process."""
        factories = replace(FACTORIES, signer=lambda server: ring)
        return make_server(lambda: int(self.keys.now), issuer=ISSUER, factories=factories)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.keys.now)
        claims = {"iss": ISSUER, "aud": "web", "sub": "bob", "iat": now, "exp": now + 3600}
        return {**claims, "sid": "s1", **changes}

    def id_token(self, algorithm: str = "RS256", **changes: Any) -> str:
        return sign(self.server, "JWT", self.claims(**changes), algorithm)

    def rotate(self, algorithm: str = "RS256") -> None:
        """The next key takes the place of the present one."""
        self.keys.now += self.keys.schedule.rotation
        self.ring.key_for(algorithm)
        self.keys.now += self.keys.schedule.announced + self.keys.schedule.cache

    def honest(self) -> Honest:
        """A good hint, with the key that the server signs with."""
        kid = self.ring.key_for("ES256")
        self.ring.sign(b"", kid, "ES256")
        key = import_key(json.loads(self.ring._opened[kid].exported()))
        others = [use.typ for use in uses.USES.values() if use.typ != "jwt"]
        header = {"alg": "ES256", "typ": "JWT", "kid": kid}
        return Honest(header, self.claims(), key, int(self.keys.now), tuple(others))


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "Ed25519", "EdDSA"])
def test_of_an_id_token(provider: Provider, algorithm: str):
    assert read_hint(provider.server, provider.id_token(algorithm)) == Hint("web", "bob", "s1")


def test_a_hint_that_has_expired(provider: Provider):
    """Core section 3.1.2.1: the ID token may be one that is no longer valid."""
    token = provider.id_token()
    provider.keys.now += 30 * DAY
    assert read_hint(provider.server, token, WEB).sub == "bob"


def test_a_long_nonce_of_its_client_and_a_long_sid_of_the_application(provider: Provider):
    """What the server has signed it accepts."""
    token = provider.id_token(nonce="n" * MAX_NONCE, sid="s" * 3000)
    assert read_hint(provider.server, token, WEB).sid == "s" * 3000


def test_without_a_session(provider: Provider):
    claims = provider.claims()
    del claims["sid"]
    assert read_hint(provider.server, sign(provider.server, "JWT", claims, "RS256")).sid is None


def test_for_another_client(provider: Provider):
    with pytest.raises(JWTRefused, match="another client"):
        read_hint(provider.server, provider.id_token(), replace(WEB, client_id="other"))


@pytest.mark.parametrize("aud", [["web", "other"], ["other", "web"]])
def test_for_several_clients(provider: Provider, aud: list[str]):
    """No ID token of this server is."""
    with pytest.raises(JWTRefused, match="another client"):
        read_hint(provider.server, provider.id_token(aud=aud), WEB)


def test_its_user_is_compared_as_the_client_knows_them(provider: Provider):
    """Core section 8."""
    hint = read_hint(provider.server, provider.id_token(), WEB)
    assert hint.is_about(provider.server, WEB, "bob")
    assert not hint.is_about(provider.server, WEB, "ann")


def test_nothing_of_the_user_is_written_down(provider: Provider):
    assert repr(read_hint(provider.server, provider.id_token())) == "Hint(client_id='web')"


class TestOldKeys:
    def test_a_key_that_is_not_published_any_more(self, provider: Provider):
        token = provider.id_token()
        provider.rotate()
        provider.keys.now += 2 * DAY
        published = [key["kid"] for key in provider.ring.published()]
        assert len(published) == 1
        assert read_hint(provider.server, token).sub == "bob"

    def test_its_private_part_is_not_kept(self, provider: Provider):
        """It is removed when the next key is announced after that."""
        token = provider.id_token()
        provider.rotate()
        provider.rotate()
        old, *newer = provider.keys.rotation().read().keys
        assert (old.sealed, old.generation) == (b"", 1)
        assert all(key.sealed for key in newer)
        assert read_hint(provider.server, token).sub == "bob"
        provider.ring.check()

    def test_in_the_end_it_is_forgotten(self, provider: Provider):
        token = provider.id_token()
        for _ in range(3):
            provider.rotate()
        assert "RS256.1" not in provider.keys.names()
        with pytest.raises(JWTRefused, match="no known key"):
            read_hint(provider.server, token)

    def test_without_hints_it_is_forgotten_as_soon_as_it_is_gone(self):
        provider = Provider(recognised=0)
        provider.id_token()
        provider.rotate()
        provider.rotate()
        assert "RS256.1" not in provider.keys.names()

    def test_a_revoked_key(self, provider: Provider):
        token = provider.id_token()
        kid = provider.ring.key_for("RS256")
        provider.keys.rotation().revoke(kid, provider.keys.now)
        provider.keys.now += provider.keys.schedule.cache
        with pytest.raises(JWTRefused, match="no known key"):
            read_hint(provider.server, token)

    def test_a_key_of_another_server(self, provider: Provider):
        stranger = PrivateKey.made("ES256")
        honest = provider.honest()
        for header in (honest.header, {**honest.header, "kid": stranger.kid}):
            made = replace(honest, header=header).jwt(key=stranger.material)
            with pytest.raises(JWTRefused):
                read_hint(provider.server, made)

    def test_a_server_that_cannot_sign(self, provider: Provider):
        token = provider.id_token()
        with pytest.raises(JWTRefused):
            read_hint(make_server(issuer=ISSUER), token)


@pytest.mark.parametrize("name", [*OF_HINTS, *OTHERS])
def test_a_forgery(provider: Provider, name: str):
    honest = provider.honest()
    assert read_hint(provider.server, honest.jwt(), WEB).sub == "bob"
    with pytest.raises(JWTRefused):
        read_hint(provider.server, {**FORGERIES, **BY_CLAIMS}[name](honest), WEB)


@pytest.mark.parametrize("use", [use for use in uses.USES.values() if use.typ != "jwt"])
def test_a_jwt_for_another_use(provider: Provider, use: uses.Use):
    """RFC 8725 section 2.8."""
    claims = {"client_id": "web", "jti": "j", "events": {}, "token_introspection": {}}
    made = sign(provider.server, use.typ, provider.claims(**claims), "RS256")
    with pytest.raises(JWTRefused):
        read_hint(provider.server, made)


def test_a_signed_userinfo_response(provider: Provider):
    """It has the type of every JWT, but no time (Core section 5.3.2)."""
    claims = {"iss": ISSUER, "aud": "web", "sub": "bob", "email": "b@example.org"}
    with pytest.raises(JWTRefused, match="no iat"):
        read_hint(provider.server, sign(provider.server, "JWT", claims, "RS256"))


def test_another_secret_opens_no_key_that_is_needed_for_it():
    """The public key is not sealed."""
    provider = Provider()
    token = provider.id_token()
    other = provider.signing_by(provider.keys.ring(OTHER_SECRET))
    assert read_hint(other, token).sub == "bob"
