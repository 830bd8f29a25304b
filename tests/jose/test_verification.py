"""Which JWTs are trusted (RFC 7515, RFC 7519, RFC 8725)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from pyramid_oauth2.jose.public_keys import KeySet
from pyramid_oauth2.jose.refused import JWTRefused
from pyramid_oauth2.jose.uses import CLIENT_ASSERTION, DPOP_PROOF, USES, Use
from pyramid_oauth2.jose.verification import embedded_key, verify
from tests.jose.forgeries import FORGERIES, Honest, public

NOW = 1_800_000_000
ISSUER = "https://as.example"
CLAIMS = {
    "iss": ISSUER,
    "aud": "https://api.example",
    "exp": NOW + 60,
    "iat": NOW,
    "sub": "ann",
    "client_id": "app",
    "jti": "one",
    "htm": "POST",
    "software_id": "notes",
    "htu": "https://as.example/oauth2/token",
    "token_introspection": {"active": True},
}
KEYS = {
    "ES256": ECKey.generate_key("P-256"),
    "RS256": RSAKey.generate_key(2048),
    "PS256": RSAKey.generate_key(2048),
    "Ed25519": OKPKey.generate_key("Ed25519"),
    "EdDSA": OKPKey.generate_key("Ed25519"),
}


def honest(use: Use, alg: str = "ES256") -> Honest:
    header: dict[str, Any] = {"alg": alg, "typ": use.typ}
    if use.key_embedded:
        header["jwk"] = public(KEYS[alg])
    else:
        header["kid"] = "one"
    others = tuple(each.typ for each in USES.values() if each.typ != use.typ)
    return Honest(header, CLAIMS, KEYS[alg], NOW, others)


def of_the_issuer(key: str = "ES256", **members: Any) -> KeySet:
    return KeySet.of([{**public(KEYS[key]), "kid": "one", **members}])


def accepted(value: str, use: Use, keys: KeySet | None = None, **options: Any) -> Any:
    known = of_the_issuer() if keys is None else keys
    choose = embedded_key if use.key_embedded else lambda jwt: known.fitting(jwt.kid, jwt.algorithm)
    return verify(value, use, choose, options.pop("now", NOW), **options)


def refused_by(value: str, use: Use, keys: KeySet | None = None, **options: Any) -> str:
    with pytest.raises(JWTRefused) as refused:
        accepted(value, use, keys, **options)
    return refused.value.refusal.check


each_use = pytest.mark.parametrize("use", USES.values(), ids=lambda use: use.name)


@each_use
@pytest.mark.parametrize("alg", KEYS)
def test_a_good_one_is_accepted(use, alg):
    jwt = accepted(honest(use, alg).jwt(), use, of_the_issuer(alg))
    assert jwt.claims == CLAIMS


@each_use
@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_one_is_refused(use, name):
    made = honest(use)
    if use.key_embedded and name in OF_ANY_KEY:
        pytest.skip("a proof brings its own key, whatever it is")
    refused_by(FORGERIES[name](made), use)


# What is a forgery only where the key is known beforehand.
OF_ANY_KEY = {
    "jwk embedded",
    "jwk embedded, of the honest key, without kid",
    "kid unknown",
    "kid with a line break",
}


@each_use
def test_that_of_another_use_is_refused(use):
    made = honest(use)
    for typ in set(made.others) - ({"jwt"} if use.untyped else set()):
        assert refused_by(made.headed(typ=typ), use) == "jwt_typ"


@each_use
def test_without_a_type_it_is_refused_except_where_the_use_is_older(use):
    untyped = honest(use).headed(drop=("typ",))
    if use.untyped:
        assert accepted(untyped, use)
        assert accepted(honest(use).headed(typ="JWT"), use)
    else:
        assert refused_by(untyped, use) == "jwt_typ"
        assert refused_by(honest(use).headed(typ="JWT"), use) == "jwt_typ"


@each_use
def test_the_type_is_a_media_type(use):
    made = honest(use)
    assert accepted(made.headed(typ=f"application/{use.typ}"), use)
    assert accepted(made.headed(typ=use.typ.upper()), use)
    assert accepted(made.headed(typ=f"Application/{use.typ}"), use)


@each_use
def test_how_long_a_subject_is(use):
    """That of an assertion is a client_id, which may be a URL (RFC 7523 section 3, item 2)."""
    longest = 512 if use is CLIENT_ASSERTION else 255
    assert accepted(honest(use).jwt(sub="s" * longest), use)
    assert refused_by(honest(use).jwt(sub="s" * (longest + 1)), use) == "jwt_claim"


@each_use
def test_each_required_claim_is_required(use):
    for name in use.required:
        assert refused_by(honest(use).jwt(drop=(name,)), use) == "jwt_claim"


@each_use
def test_clocks_may_differ(use):
    made = honest(use)
    assert accepted(made.jwt(exp=NOW - 29), use)
    assert accepted(made.jwt(iat=NOW + 10, nbf=NOW + 10), use)
    late = made.jwt(exp=NOW - 30)
    if use.ends:
        assert refused_by(late, use) == "jwt_exp"
    else:
        assert accepted(late, use)
    assert refused_by(made.jwt(nbf=NOW + 61), use) == "jwt_nbf"


@each_use
def test_the_length_is_examined_before_anything_is_decoded(use):
    assert refused_by("!" * (use.max_length + 1), use) == "jwt_length"
    assert refused_by("!" * use.max_length, use) == "jwt_form"


def test_no_claim_is_looked_at_before_the_signature():
    use = USES["access token"]
    made = honest(use)
    assert refused_by(made.jwt(key=made.stranger, exp=0), use) == "jwt_signature"
    assert refused_by(made.jwt(exp=0), use) == "jwt_exp"


class TestKeys:
    use = USES["access token"]

    def test_a_key_without_a_name_is_found_if_it_is_the_only_one(self):
        without_kid = honest(self.use).headed(drop=("kid",))
        other = public(ECKey.generate_key("P-256"))
        only = KeySet.of([public(KEYS["ES256"]), public(KEYS["RS256"])])
        assert accepted(without_kid, self.use, only)
        two = KeySet.of([public(KEYS["ES256"]), other])
        assert refused_by(without_kid, self.use, two) == "jwt_key"

    def test_eight_keys_of_one_name_are_tried(self):
        value = honest(self.use).jwt()
        others = [{**public(ECKey.generate_key("P-256")), "kid": "one"} for _ in range(8)]
        own = {**public(KEYS["ES256"]), "kid": "one"}
        assert accepted(value, self.use, KeySet.of([*others[:7], own]))
        assert refused_by(value, self.use, KeySet.of([*others, own])) == "jwt_signature"

    def test_a_key_of_one_algorithm_is_not_used_with_another(self):
        value = honest(self.use, "PS256").jwt()
        assert accepted(value, self.use, of_the_issuer("PS256"))
        assert accepted(value, self.use, of_the_issuer("PS256", alg="PS256"))
        assert refused_by(value, self.use, of_the_issuer("PS256", alg="RS256")) == "jwt_key"

    def test_both_names_of_ed25519_are_one_algorithm(self):
        value = honest(self.use, "Ed25519").jwt()
        assert accepted(value, self.use, of_the_issuer("Ed25519", alg="EdDSA"))

    def test_only_the_algorithms_that_the_use_allows(self):
        value = honest(self.use, "RS256").jwt()
        keys = of_the_issuer("RS256")
        only = frozenset({"ES256", "PS256"})
        assert refused_by(value, self.use, keys, algorithms=only) == "jwt_key"

    def test_digests_of_a_certificate_choose_no_key(self):
        made = honest(self.use)
        assert accepted(made.headed(**{"x5t": "AAAA", "x5t#S256": "AAAA"}), self.use)


class TestProofs:
    def test_the_key_must_be_there(self):
        made = honest(DPOP_PROOF)
        assert refused_by(made.headed(drop=("jwk",)), DPOP_PROOF) == "jwt_proof_key"

    def test_the_key_may_not_be_private(self):
        private = dict(KEYS["ES256"].as_dict(private=True))
        assert refused_by(honest(DPOP_PROOF).headed(jwk=private), DPOP_PROOF) == "jwt_proof_key"

    def test_the_key_signs(self):
        made = honest(DPOP_PROOF)
        assert refused_by(made.headed(jwk=public(made.stranger)), DPOP_PROOF) == "jwt_signature"

    def test_another_key_beside_it_is_refused(self):
        made = honest(DPOP_PROOF)
        jku = made.headed(jku="https://evil.example")
        assert refused_by(jku, DPOP_PROOF) == "jwt_embedded_key"


def test_what_is_refused_is_not_repeated():
    use = USES["access token"]
    for make in FORGERIES.values():
        value = make(honest(use))
        with pytest.raises(JWTRefused) as refused:
            accepted(value, use)
        said = f"{refused.value} {json.dumps(refused.value.refusal.members())}"
        assert "administrator" not in said
        assert value not in said or len(value) < 10
