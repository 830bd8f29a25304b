"""Which public keys may verify a signature (RFC 7517, RFC 7518, RFC 8725 section 3.5)."""

from __future__ import annotations

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from pyramid_oauth2.jose.public_keys import KeySet, public_key
from pyramid_oauth2.jose.refused import KeyRefused
from tests.jose.forgeries import b64, public

EC = public(ECKey.generate_key("P-256"))
RSA = public(RSAKey.generate_key(2048))
OKP = public(OKPKey.generate_key("Ed25519"))


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def modulus(bits: int) -> str:
    return number((1 << (bits - 1)) | 1)


@pytest.mark.parametrize(
    ("jwk", "algorithms"),
    [(EC, {"ES256"}), (RSA, {"RS256", "PS256"}), (OKP, {"EdDSA", "Ed25519"})],
)
def test_a_key_is_for_the_algorithms_of_its_type(jwk, algorithms):
    assert public_key(jwk).algorithms == algorithms
    assert public_key({**jwk, "use": "sig", "key_ops": ["verify"]}).algorithms == algorithms


REFUSED = {
    "no members": {},
    "no type": {"crv": "P-256", "x": EC["x"], "y": EC["y"]},
    "type is a list": {**EC, "kty": ["EC"]},
    "type is an object": {**EC, "kty": {}},
    "symmetric": {"kty": "oct", "k": "AAAA"},
    "symmetric without its key": {"kty": "oct"},
    "curve P-384": public(ECKey.generate_key("P-384")),
    "curve P-521": public(ECKey.generate_key("P-521")),
    "curve secp256k1": {**EC, "crv": "secp256k1"},
    "curve is a list": {**EC, "crv": ["P-256"]},
    "curve of another type": {**EC, "crv": "Ed25519"},
    "curve X25519": public(OKPKey.generate_key("X25519")),
    "curve Ed448": public(OKPKey.generate_key("Ed448")),
    "no y": {name: value for name, value in EC.items() if name != "y"},
    "x is a number": {**EC, "x": 1},
    "x is null": {**EC, "x": None},
    "x has padding": {**EC, "x": EC["x"] + "="},
    "x is too short": {**EC, "x": "AAAA"},
    "x is not base64url": {**EC, "x": "+" + EC["x"][1:]},
    "point not on the curve": {**EC, "x": EC["y"], "y": EC["x"]},
    "point at infinity": {**EC, "x": b64(bytes(32)), "y": b64(bytes(32))},
    "Ed25519 of 31 bytes": {**OKP, "x": b64(bytes(31))},
    "RSA of 1024 bits": {**RSA, "n": modulus(1024)},
    "RSA of 2047 bits": {**RSA, "n": modulus(2047)},
    "RSA of 8193 bits": {**RSA, "n": modulus(8193)},
    "RSA of a million bits": {**RSA, "n": "_" * 170_000},
    "exponent 1": {**RSA, "e": number(1)},
    "exponent 3": {**RSA, "e": number(3)},
    "exponent even": {**RSA, "e": number(65538)},
    "exponent of 33 bits": {**RSA, "e": number(2**32 + 1)},
    "exponent as long as the modulus": {**RSA, "e": RSA["n"]},
    "exponent is a number": {**RSA, "e": 65537},
    "for encryption": {**EC, "use": "enc"},
    "use is null": {**EC, "use": None},
    "key_ops without verify": {**EC, "key_ops": ["sign"]},
    "key_ops of encryption": {**EC, "key_ops": ["encrypt", "wrapKey"]},
    "key_ops is text": {**EC, "key_ops": "verify"},
    "alg of encryption": {**RSA, "alg": "RSA-OAEP"},
    "alg of another type": {**EC, "alg": "RS256"},
    "alg none": {**EC, "alg": "none"},
    "alg is a list": {**EC, "alg": ["ES256"]},
    "kid is a number": {**EC, "kid": 1},
    "kid is empty": {**EC, "kid": ""},
    "kid is too long": {**EC, "kid": "k" * 256},
    "private EC": dict(ECKey.generate_key("P-256").as_dict(private=True)),
    "private RSA": dict(RSAKey.generate_key(2048).as_dict(private=True)),
    "private OKP": dict(OKPKey.generate_key("Ed25519").as_dict(private=True)),
    "one private member": {**RSA, "dp": "AAAA"},
    "private member that is null": {**EC, "d": None},
    "symmetric member in another key": {**EC, "k": "AAAA"},
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_key_that_cannot_be_used_is_refused(name):
    with pytest.raises(KeyRefused):
        public_key(REFUSED[name])


def test_a_message_has_no_part_of_the_key():
    private = dict(ECKey.generate_key("P-256").as_dict(private=True))
    with pytest.raises(KeyRefused) as refused:
        public_key(private)
    assert str(refused.value) == "has private members: d"


def test_of_a_set_the_keys_that_are_understood_count():
    keys = KeySet.of([{**EC, "kid": "one"}, {"kty": "AKP"}, "text", None, OKP])
    assert [key.kid for key in keys.keys] == ["one", None]
    assert len(keys.refused) == 3
    assert keys.has("one")
    assert not keys.has("two")


def test_the_key_is_not_in_its_repr():
    shown = repr(public_key(EC))
    assert EC["x"] not in shown
    assert "ES256" in shown
