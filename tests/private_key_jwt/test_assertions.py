"""What proves a client, and what does not (RFC 7521 section 4.2, RFC 7523 sections 2.2 and 3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jwt as pyjwt
import pytest
from joserfc import jwt as joserfc_jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, RSAKey

from pyramid_oauth2.extensions.private_key_jwt.assertion import LONGEST
from pyramid_oauth2.extensions.private_key_jwt.names import JWT_BEARER
from pyramid_oauth2.jose.claims import LEEWAY_AFTER, LEEWAY_BEFORE
from pyramid_oauth2.jose.public_keys import PublicKey
from pyramid_oauth2.jose.uses import USES
from pyramid_oauth2.protocol.client_authentication import authenticate_client
from pyramid_oauth2.protocol.client_authentication.credentials import FAILED
from pyramid_oauth2.protocol.errors import InvalidClient, InvalidRequest
from pyramid_oauth2.protocol.http import HTTPRequest
from pyramid_oauth2.protocol.records import CLIENT_ID_LENGTH
from tests.functional.server import basic
from tests.jose.forgeries import BY_CLAIMS, FORGERIES

from .world import ISSUER, KEY, KEYS, TOKEN, World, key_set


@pytest.fixture
def world() -> World:
    return World()


def refused(world: World, assertion: str, *args: Any, **form: str) -> str:
    """The check that refuses; the response is that of every failure."""
    with pytest.raises(InvalidClient) as error:
        world.authenticate(assertion, *args, **form)
    assert error.value.description == FAILED
    assert error.value.status == 401
    assert world.checks()[-1] == error.value.refusal.check
    return str(error.value.refusal.check)


class TestAGoodOne:
    @pytest.mark.parametrize("alg", KEYS)
    def test_of_each_algorithm(self, world: World, alg: str) -> None:
        world.add("signer", jwks=key_set(one=KEYS[alg]))
        assert world.authenticate(world.honest("signer", alg).jwt())[0] == "signer"

    def test_by_other_libraries(self, world: World) -> None:
        """Made by PyJWT, jwcrypto and joserfc as their users do."""
        claims = dict(world.honest().claims)
        pem = KEY.as_pem(private=True)
        made = [
            pyjwt.encode(claims, pem, "ES256", {"kid": "one"}),
            joserfc_jwt.encode({"alg": "ES256", "kid": "one"}, claims, KEY),
        ]
        jwk, jwt = pytest.importorskip("jwcrypto.jwk"), pytest.importorskip("jwcrypto.jwt")
        made.append(token := jwt.JWT(header={"alg": "ES256", "kid": "one"}, claims=claims))
        token.make_signed_token(jwk.JWK.from_pem(pem))
        made[-1] = token.serialize()
        for assertion in made:
            assert world.authenticate(assertion)[0] == "web"

    @pytest.mark.parametrize(
        "typ", [None, "JWT", "jwt", "client-authentication+jwt", "application/JWT"]
    )
    def test_its_type(self, world: World, typ: str | None) -> None:
        """draft-ietf-oauth-rfc7523bis; libraries that are older send JWT, or none."""
        drop = ("typ",) if typ is None else ()
        header = {} if typ is None else {"typ": typ}
        assert world.authenticate(world.honest().headed(drop=drop, **header))[0] == "web"

    def test_without_kid_if_one_key_fits(self, world: World) -> None:
        assertion = world.honest().headed(drop=("kid",))
        assert world.authenticate(assertion)[0] == "web"
        world.add("two", jwks=key_set(one=KEY, two=ECKey.generate_key("P-256")))
        assertion = world.honest("two").headed(drop=("kid",))
        assert refused(world, world.honest("two").raw({"alg": "ES256"}, world.honest("two").claims))
        assert world.authenticate(world.honest("two").jwt())[0] == "two"

    def test_of_a_client_with_a_long_client_id(self, world: World) -> None:
        """Such as the URL of a document."""
        url = "https://app.example/" + "a" * (CLIENT_ID_LENGTH - 20)
        world.add(url, jwks=key_set(one=KEY))
        assert world.authenticate(world.honest(url).jwt())[0] == url

    def test_what_is_reserved(self, world: World) -> None:
        """RFC 7523 section 3, item 7: until it would not be accepted any more."""
        (use,) = world.authenticate(world.honest().jwt())[1]
        assert use.expires_at == world.clock() + 60 + LEEWAY_AFTER
        assert isinstance(use.error, InvalidClient)
        world.add("other", jwks=key_set(one=KEY))
        (of_other,) = world.authenticate(world.honest("other").jwt())[1]
        (another,) = world.authenticate(world.honest(jti="two").jwt())[1]
        assert len({use.key, of_other.key, another.key}) == 3
        (same,) = world.authenticate(world.honest().jwt(exp=world.clock() + 90))[1]
        assert same.key == use.key


class TestHowItIsSent:
    def test_beside_a_secret_or_a_header(self, world: World) -> None:
        """RFC 6749 section 2.3: "MUST NOT use more than one authentication method"."""
        good = world.honest().jwt()
        for header in (basic("web", "secret")["Authorization"], "Bearer x", "DPoP x", ""):
            with pytest.raises(InvalidRequest):
                world.authenticate(good, {"authorization": header})
        for form in ({"client_secret": "x"}, {"client_secret": "x", "client_id": "web"}):
            with pytest.raises(InvalidRequest, match="more than one method"):
                world.authenticate(good, **form)

    @pytest.mark.parametrize(
        "type_",
        [
            JWT_BEARER.upper(),
            f"{JWT_BEARER} ",
            "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
        ],
    )
    def test_the_type_is_compared_exactly(self, world: World, type_: str) -> None:
        """RFC 7523 section 2.2: "MUST be"."""
        with pytest.raises(InvalidClient) as error:
            world.authenticate(world.honest().jwt(), client_assertion_type=type_, client_id="web")
        assert error.value.refusal.check == "client_assertion_type"

    def test_a_type_without_an_assertion(self, world: World) -> None:
        """RFC 7521 section 4.2: "REQUIRED"."""
        form = {"client_assertion_type": JWT_BEARER, "client_id": "web"}
        with pytest.raises(InvalidRequest, match="client_assertion is missing"):
            authenticate_client(world.server, HTTPRequest("POST", TOKEN), form, print)

    def test_the_client_id_beside_it_is_the_same(self, world: World) -> None:
        """RFC 7521 section 4.2: "the client_id ... MUST identify the same client"."""
        good = world.honest().jwt()
        assert world.authenticate(good, client_id="web")[0] == "web"
        world.add("other", jwks=key_set(one=KEY))
        with pytest.raises(InvalidRequest):
            world.authenticate(good, client_id="other")


class TestTheClient:
    def test_that_is_not_registered_for_it(self, world: World) -> None:
        """RFC 7591 section 2: the registered method alone."""
        for method in ("none", "client_secret_basic", "client_secret_post"):
            world.add(method, jwks=key_set(one=KEY), token_endpoint_auth_method=method)
            assertion = world.honest(method).jwt()
            assert refused(world, assertion) == "client_authentication_method"

    def test_that_is_unknown_or_disabled(self, world: World) -> None:
        assert refused(world, world.honest("nobody").jwt()) == "client_known"
        world.add("off", jwks=key_set(one=KEY), disabled_at=1)
        assert refused(world, world.honest("off").jwt()) == "client_enabled"

    def test_does_not_use_its_client_id_alone(self, world: World) -> None:
        with pytest.raises(InvalidClient):
            world.authenticate("", client_assertion_type="", client_id="web")

    def test_whose_keys_are_no_keys(self, world: World) -> None:
        for number, jwks in enumerate([{}, {"keys": []}, {"keys": 5}, {"keys": [5, None, {}]}]):
            world.add(f"keyless{number}", jwks=jwks)
            assert refused(world, world.honest(f"keyless{number}").jwt()) == "jwt_key"
        world.add("none")
        assert refused(world, world.honest("none").jwt()) == "jwt_key"

    def test_whose_key_was_published_with_its_private_part(self, world: World) -> None:
        world.add("leaked", jwks={"keys": [{**KEY.as_dict(private=True), "kid": "one"}]})
        assert refused(world, world.honest("leaked").jwt()) == "jwt_key"

    def test_the_registered_algorithm_is_the_only_one(self, world: World) -> None:
        """OpenID Connect Dynamic Client Registration 1.0 section 2."""
        rsa = KEYS["RS256"]
        extra = {"token_endpoint_auth_signing_alg": "PS256"}
        world.add("one", jwks=key_set(one=rsa), extra=extra)
        assert world.authenticate(world.honest("one", "PS256").jwt())[0] == "one"
        assert refused(world, world.honest("one", "RS256").jwt()) == "jwt_key"
        world.add("ed", jwks=key_set(one=KEYS["EdDSA"]), extra={extra.popitem()[0]: "EdDSA"})
        assert world.authenticate(world.honest("ed", "Ed25519").jwt())[0] == "ed"


class TestWhatItSays:
    @pytest.mark.parametrize("aud", [ISSUER, [ISSUER]])
    def test_its_audience(self, world: World, aud: Any) -> None:
        """draft-ietf-oauth-rfc7523bis: the issuer alone."""
        assert world.authenticate(world.honest(aud=aud).jwt())[0] == "web"

    @pytest.mark.parametrize(
        "aud",
        [
            f"{ISSUER}/",
            TOKEN,
            [TOKEN],
            [ISSUER, TOKEN],
            [ISSUER, ISSUER],
            "https://other.example",
            ISSUER.upper(),
        ],
        ids=str,
    )
    def test_another_audience(self, world: World, aud: Any) -> None:
        assert refused(world, world.honest(aud=aud).jwt()) == "client_assertion_audience"

    def test_the_audience_of_an_older_client(self, world: World) -> None:
        """RFC 7523 section 3, item 3: the URL of the token endpoint, or of the one it calls."""
        world.add("old", jwks=key_set(one=KEY), extra={"legacy_assertion_audience": True})
        revoke = f"{ISSUER}/oauth2/revoke"
        for aud in (ISSUER, TOKEN, [TOKEN], revoke):
            assertion = world.honest("old", aud=aud).jwt()
            assert world.authenticate(assertion, url=revoke)[0] == "old"
        for aud in (f"{ISSUER}/oauth2/introspect", [ISSUER, TOKEN], "https://other.example"):
            assertion = world.honest("old", aud=aud).jwt()
            with pytest.raises(InvalidClient):
                world.authenticate(assertion, url=revoke)

    def test_issuer_and_subject_are_the_client(self, world: World) -> None:
        """RFC 7523 section 3, items 1 and 2."""
        world.add("other", jwks=key_set(one=KEY))
        for changes in ({"iss": "other"}, {"iss": ISSUER}, {"iss": "web "}, {"iss": "WEB"}):
            assert refused(world, world.honest(**changes).jwt()) == "client_assertion_parties"
        assert refused(world, world.honest(sub="nobody").jwt()) == "client_known"
        assert refused(world, world.honest(sub="other").jwt()) == "client_assertion_parties"

    def test_it_ends_soon(self, world: World) -> None:
        """RFC 7523 section 3, item 4: "may reject JWTs with an "exp" ... unreasonably far"."""
        most = world.clock() + LONGEST + LEEWAY_BEFORE
        assert world.authenticate(world.honest(exp=most).jwt())[0] == "web"
        assert refused(world, world.honest(exp=most + 1).jwt()) == "client_assertion_lifetime"
        assert refused(world, world.honest(exp=2**53).jwt()) == "client_assertion_lifetime"
        late = world.honest(exp=world.clock() - LEEWAY_AFTER).jwt()
        assert refused(world, late) == "jwt_exp"

    def test_it_has_an_identifier(self, world: World) -> None:
        assert refused(world, world.honest().jwt(drop=("jti",))) == "jwt_claim"

    @pytest.mark.parametrize("use", sorted(USES))
    def test_what_was_made_for_another_use(self, world: World, use: str) -> None:
        """RFC 8725 section 3.11; those without a type of their own have another audience."""
        typ = USES[use].typ
        if typ in ("jwt", "client-authentication+jwt"):
            return
        assert refused(world, world.honest().headed(typ=typ)) == "jwt_typ"


@pytest.mark.parametrize("forged", FORGERIES)
def test_forgeries(world: World, forged: str) -> None:
    """RFC 8725: none of them proves a client."""
    refused(world, FORGERIES[forged](world.honest()))


@pytest.mark.parametrize("forged", BY_CLAIMS)
def test_forgeries_by_claims(world: World, forged: str) -> None:
    refused(world, BY_CLAIMS[forged](world.honest()))


class TestAFailure:
    def test_costs_a_verification_also_where_there_is_no_client(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """RFC 6819 section 5.1.4.2: the time must not reveal which clients exist."""
        verified: list[str] = []
        verifies = PublicKey.verifies

        def counted(self: PublicKey, algorithm: str, *args: Any) -> bool:
            verified.append(algorithm)
            return verifies(self, algorithm, *args)

        monkeypatch.setattr(PublicKey, "verifies", counted)
        stranger = ECKey.generate_key("P-256")
        world.add("other", token_endpoint_auth_method="none")
        for client_id in ("web", "nobody", "other"):
            refused(world, world.honest(client_id).jwt(key=stranger))
            refused(world, world.honest(client_id).headed(kid="unknown"))
        assert verified == ["ES256"] * 6
        refused(world, world.honest("web", "RS256").raw({"alg": "RS256"}, {}))

    def test_is_of_the_client_and_the_address(self, world: World) -> None:
        """Anyone can send garbage in the name of a client."""
        assert refused(world, "a.b.c", client_id="web") == "jwt_form"
        event = world.events[-1]
        assert (event.client_id, event.method) == ("web", "private_key_jwt")
        assert event.remote_addr == "192.0.2.1"

    def test_has_nothing_of_the_assertion(self, world: World) -> None:
        assertion = world.honest().jwt(key=ECKey.generate_key("P-256"))
        refused(world, assertion)
        assert assertion.split(".")[2] not in repr(world.events)


def test_a_key_that_is_too_short_is_none(world: World) -> None:
    """RFC 7518 section 3.3."""
    with pytest.warns(SecurityWarning):
        weak = RSAKey.generate_key(1024)
    world.add("weak", jwks=key_set(one=weak))
    assertion = replace(world.honest("weak"), header={"alg": "RS256", "kid": "one"}, key=weak)
    assert refused(world, assertion.jwt()) == "jwt_key"
