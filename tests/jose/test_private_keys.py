"""Keys that an operator brings from another server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, rsa
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from pyramid_oauth2.jose.objects import encoded
from pyramid_oauth2.jose.private_keys import private_key
from pyramid_oauth2.jose.public_keys import public_key
from pyramid_oauth2.jose.refused import KeyRefused

KEYS: dict[str, Any] = {
    "RSA": RSAKey.generate_key(2048),
    "EC": ECKey.generate_key("P-256"),
    "OKP": OKPKey.generate_key("Ed25519"),
}
FITTING = [
    *(("RSA", name) for name in ("RS256", "PS256")),
    ("EC", "ES256"),
    *(("OKP", name) for name in ("Ed25519", "EdDSA")),
]
USUAL = [("RSA", "RS256"), ("EC", "ES256"), ("OKP", "Ed25519")]


def jwk_of(key: Any, private: bool = True, **more: Any) -> bytes:
    return json.dumps({**key.as_dict(private=private), **more}).encode()


def pem_of(key: Any, password: bytes | None = None) -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )


@pytest.mark.parametrize("form", ["jwk", "pem", "set"])
@pytest.mark.parametrize(("name", "algorithm"), FITTING)
def test_a_key_signs(form: str, name: str, algorithm: str):
    key = KEYS[name]
    data = {
        "jwk": jwk_of(key, kid="of the other server"),
        "pem": key.as_pem(private=True),
        "set": b'{"keys": [%s]}' % jwk_of(key),
    }[form]
    made = private_key(data, algorithm)
    assert (made.kid, made.algorithm) == (key.thumbprint(), algorithm)
    verifying = public_key(made.public)
    assert verifying.kid == made.kid
    assert verifying.verifies(algorithm, b"signed", made.signature(b"signed"))
    assert made.public["use"] == "sig"


@pytest.mark.parametrize(("name", "algorithm"), USUAL)
def test_without_an_algorithm_it_is_the_usual_one(name: str, algorithm: str):
    assert private_key(KEYS[name].as_pem(private=True)).algorithm == algorithm


def test_a_jwk_names_its_algorithm():
    assert private_key(jwk_of(KEYS["RSA"], alg="PS256")).algorithm == "PS256"


def test_pem_of_openssl_is_read():
    """RFC 8017 appendix A.1.2, as 'openssl genrsa -traditional' writes it."""
    key = rsa.generate_private_key(65537, 2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    assert private_key(b"\n" + pem).algorithm == "RS256"


@pytest.mark.parametrize("operations", [["sign"], ["verify", "sign"]])
def test_a_jwk_of_web_crypto_is_read(operations: list[str]):
    """RFC 7517 section 4.3: its ``exportKey`` writes the operations of the private key."""
    jwk = jwk_of(KEYS["EC"], key_ops=operations, ext=True)
    assert private_key(jwk).algorithm == "ES256"


@pytest.mark.parametrize("before", [b"localKeyID: 01\nKey Attributes: <No Attributes>\n", b"\r\n"])
def test_text_before_a_pem_is_left_out(before: bytes):
    """RFC 7468 section 2: "Data before the encapsulation boundaries are permitted"."""
    assert private_key(before + pem_of(rsa.generate_private_key(65537, 2048))).algorithm == "RS256"


def mixed() -> bytes:
    """The public part of one key with the private part of another."""
    one, other = (ECKey.generate_key("P-256").as_dict(private=True) for _ in "12")
    return json.dumps({**one, "d": other["d"]}).encode()


def short_jwk() -> bytes:
    numbers = rsa.generate_private_key(65537, 1024).private_numbers()
    members = {
        "n": numbers.public_numbers.n,
        "e": numbers.public_numbers.e,
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
    }
    texts = {
        name: encoded(each.to_bytes((each.bit_length() + 7) // 8, "big"))
        for name, each in members.items()
    }
    return json.dumps({"kty": "RSA", **texts}).encode()


# Made by the test of each: a key of DSA takes a third of a second.
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a public JWK": (lambda: jwk_of(KEYS["RSA"], private=False), "is a public key"),
    "a public PEM": (lambda: KEYS["RSA"].as_pem(private=False), "is not a private key"),
    "a secret": (lambda: OctKey.generate_key(256).as_dict(private=True), "is symmetric"),
    "a short RSA key": (lambda: pem_of(rsa.generate_private_key(65537, 1024)), "2048"),
    "a short RSA key as JWK": (lambda: short_jwk(), "2048"),
    "another curve": (
        lambda: pem_of(ec.generate_private_key(ec.SECP384R1())),
        "is of no type, curve",
    ),
    "another curve as JWK": (lambda: jwk_of(ECKey.generate_key("P-521")), "is of no type, curve"),
    "secp256k1": (
        lambda: pem_of(ec.generate_private_key(ec.SECP256K1())),
        "is of no type|do not make",
    ),
    "Ed448": (lambda: pem_of(ed448.Ed448PrivateKey.generate()), "is of no type, curve"),
    "X25519": (lambda: jwk_of(OKPKey.generate_key("X25519")), "is of no type, curve"),
    "DSA": (lambda: pem_of(dsa.generate_private_key(2048)), "is of no type, curve"),
    "an encrypted PEM": (
        lambda: pem_of(rsa.generate_private_key(65537, 2048), b"pw"),
        "is encrypted",
    ),
    "for encryption": (lambda: jwk_of(KEYS["RSA"], use="enc"), "is not for signatures"),
    "not for signing": (lambda: jwk_of(KEYS["EC"], key_ops=["verify"]), "is not for signatures"),
    "operations that are no list": (
        lambda: jwk_of(KEYS["EC"], key_ops="sign"),
        "is not for signatures",
    ),
    "of two parts": (lambda: mixed(), "private part|do not make"),
    "two keys": (
        lambda: b'{"keys": [%s, %s]}' % ((jwk_of(KEYS["EC"]),) * 2),
        "does not have one key",
    ),
    "no key": (lambda: b'{"keys": []}', "does not have one key"),
    "another object": (lambda: b'{"kty": "EC"}', "is a public key"),
    "no object": (lambda: b"[]", "is neither PEM nor a JWK"),
    "nothing": (lambda: b"", "is neither PEM nor a JWK"),
    "bytes": (lambda: b"\xff\x00", "is neither PEM nor a JWK"),
    "a broken PEM": (
        lambda: b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "is not a",
    ),
    "a certificate": (
        lambda: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "is not a",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_another_one_is_refused(name: str):
    make, reason = REFUSED[name]
    data = make()
    with pytest.raises(KeyRefused, match=reason):
        private_key(json.dumps(data).encode() if isinstance(data, dict) else data)


@pytest.mark.parametrize(
    ("name", "algorithm"), [("RSA", "ES256"), ("EC", "RS256"), ("OKP", "ES256")]
)
def test_another_algorithm_is_refused(name: str, algorithm: str):
    with pytest.raises(KeyRefused, match=f"is not for {algorithm}, but for"):
        private_key(KEYS[name].as_pem(private=True), algorithm)


def test_what_a_jwk_says_of_itself_counts():
    with pytest.raises(KeyRefused, match="is not for RS256, but for PS256"):
        private_key(jwk_of(KEYS["RSA"], alg="PS256"), "RS256")


def test_no_message_repeats_the_key():
    jwk = KEYS["EC"].as_dict(private=True)
    with pytest.raises(KeyRefused) as error:
        private_key(json.dumps({**jwk, "x": jwk["d"]}).encode())
    assert jwk["d"] not in str(error.value)
    assert error.value.__cause__ is None
