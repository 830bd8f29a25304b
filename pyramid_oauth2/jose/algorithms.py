"""The signature algorithms of this server (RFC 7518 section 3, RFC 8037, RFC 9864).

Only signatures by a public key. A MAC (``HS256``) with a public key as its secret is the
oldest forgery (RFC 8725 section 2.1), and ``none`` is no signature.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A signature algorithm.

    :param name: the value of ``alg``.
    :param key_type: the value of ``kty`` of its keys.
    :param curve: the value of ``crv`` of its keys; None for RSA.
    """

    name: str
    key_type: str
    curve: str | None = None


ES256 = "ES256"
RS256 = "RS256"
ED25519 = "Ed25519"
ED25519_NAMES = frozenset({ED25519, "EdDSA"})

ALGORITHMS: Mapping[str, Algorithm] = {
    each.name: each
    for each in (
        Algorithm(ES256, "EC", "P-256"),
        Algorithm("PS256", "RSA"),
        Algorithm(RS256, "RSA"),
        # RFC 9864 section 2.2 names the curve; "EdDSA" (RFC 8037) is what most libraries send.
        Algorithm(ED25519, "OKP", "Ed25519"),
        Algorithm("EdDSA", "OKP", "Ed25519"),
    )
}
"""Every algorithm in which a JWT may come in, by name."""


def algorithms_of(key_type: object, curve: object) -> frozenset[str]:
    """The names of the algorithms of a key; none for a key that this server cannot use."""
    return frozenset(
        each.name
        for each in ALGORITHMS.values()
        if each.key_type == key_type and each.curve in (None, curve)
    )


def same_as(name: str) -> frozenset[str]:
    """That name of an algorithm, and its other one (RFC 9864 section 2.2)."""
    return ED25519_NAMES if name in ED25519_NAMES else frozenset({name})
