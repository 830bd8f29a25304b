"""A private key that an operator brings from another server, in PEM or as a JWK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..protocol.clients.secret_keys import PRIVATE_MEMBERS
from .algorithms import ED25519, ES256, RS256, algorithms_of
from .objects import json_object
from .public_keys import MAX_RSA_BITS, MIN_RSA_BITS, PUBLIC_MEMBERS, public_key
from .refused import KeyRefused
from .signing import PrivateKey

# RFC 7468 section 2: "Data before the encapsulation boundaries are permitted"; 'openssl pkcs12'
# writes some. No JWK has such a line.
BEGIN = re.compile(rb"^-----BEGIN ", re.MULTILINE)
USUAL = (RS256, ES256, ED25519)
"""The algorithm that is meant if none is named, of those that a key is good for."""
SAMPLE = b"pyramid_oauth2"


def private_key(data: bytes, algorithm: str | None = None) -> PrivateKey:
    """The key in the contents of a file.

    :param algorithm: by which it signs; None for the one that the JWK names, or the usual one.
    :raises KeyRefused: it is public or symmetric, too weak, encrypted, or not for that algorithm.
        The message goes on with a verb, and repeats nothing of the key.
    """
    jwk, material = _read(data)
    public = material.as_dict(private=False)
    signing = {name: jwk[name] for name in ("use", "alg") if name in jwk}
    good_for = public_key({**public, **signing}).algorithms
    chosen = algorithm or next((name for name in USUAL if name in good_for), min(good_for))
    if chosen not in good_for:
        raise KeyRefused(f"is not for {chosen}, but for {', '.join(sorted(good_for))}")
    key = PrivateKey.of(chosen, material)
    if not public_key(key.public).verifies(chosen, SAMPLE, key.signature(SAMPLE)):
        raise KeyRefused("has a private part that is not that of its public one")
    return key


def _read(data: bytes) -> tuple[Mapping[str, Any], Any]:
    """The members of a JWK, none of a PEM; and what joserfc makes of the key."""
    if BEGIN.search(data):
        return {}, _of_pem(data)
    try:
        document = json_object(data)
    except ValueError:
        raise KeyRefused("is neither PEM nor a JWK") from None
    jwk = _single(document)
    if jwk.get("kty") == "oct":
        raise KeyRefused("is symmetric: every client could sign with it")
    if not PRIVATE_MEMBERS & jwk.keys():
        raise KeyRefused("is a public key: the private one is needed")
    # First what is public, since joserfc takes what is weak.
    public_key({name: jwk[name] for name in jwk.keys() - PRIVATE_MEMBERS - {"key_ops"}})
    # RFC 7517 section 4.3: "sign" is of the private key, "verify" of its public one.
    if "key_ops" in jwk and not (isinstance(jwk["key_ops"], list) and "sign" in jwk["key_ops"]):
        raise KeyRefused("is not for signatures: its key_ops lack sign")
    names = (*PUBLIC_MEMBERS[jwk["kty"]], *PRIVATE_MEMBERS, "kty")
    return jwk, _imported({name: jwk[name] for name in names if name in jwk})


def _single(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The one key of a JWK Set, or the JWK itself."""
    keys = document.get("keys", [document])
    if not isinstance(keys, list) or len(keys) != 1 or not isinstance(keys[0], dict):
        raise KeyRefused("does not have one key: import each from a file of its own")
    found: Mapping[str, Any] = keys[0]
    return found


def _of_pem(data: bytes) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if b"PRIVATE KEY" not in data:
        raise KeyRefused("is not a private key")
    try:
        loaded: Any = serialization.load_pem_private_key(data, None)
    except TypeError:
        raise KeyRefused("is encrypted: 'openssl pkey -in FILE' decrypts it") from None
    except (ValueError, UnsupportedAlgorithm):
        raise KeyRefused("is not a private key") from None
    pem = loaded.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    types: Mapping[str, type] = {
        "RSA": rsa.RSAPrivateKey,
        "EC": ec.EllipticCurvePrivateKey,
        "OKP": ed25519.Ed25519PrivateKey,
    }
    found = next((name for name, each in types.items() if isinstance(loaded, each)), None)
    if found is None:
        raise KeyRefused("is of no type, curve and algorithm that are accepted here")
    if found == "RSA" and loaded.key_size < MIN_RSA_BITS:
        raise KeyRefused(f"is not of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits")
    return _imported(pem, found)


def _imported(value: Any, key_type: Any = None) -> Any:
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    try:
        material = import_key(value, key_type)
    except (JoseError, ValueError, TypeError, KeyError):
        raise KeyRefused("has members that do not make a key") from None
    if not algorithms_of(material.key_type, material.as_dict(private=False).get("crv")):
        raise KeyRefused("is of no type, curve and algorithm that are accepted here")
    return material
