"""Whether a JWT can be trusted: its form, its key, its signature, then what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..protocol.refusal import Refusal
from .claims import check_claims
from .compact import CompactJWT, parse
from .public_keys import PublicKey, public_key
from .refused import JWTRefused, KeyRefused
from .uses import Use

KEY = Refusal("jwt_key", "RFC 7515 section 6", decided_by="key_set")
SIGNATURE = Refusal("jwt_signature", "RFC 7515 section 5.2", decided_by="key_set")
PROOF_KEY = Refusal("jwt_proof_key", "RFC 9449 section 4.3", decided_by="jwt")


def verify(
    value: str,
    use: Use,
    keys: Callable[[CompactJWT], tuple[PublicKey, ...]],
    now: float,
    algorithms: frozenset[str] | None = None,
) -> CompactJWT:
    """The JWT of a string, once everything about it holds that is the same in every use.

    The caller still compares ``iss``, ``aud`` and what else its use demands.

    :param keys: returns the keys that may have signed it. It sees claims of which no
        signature was verified: it may use the one that says whose keys they are, and no other.
    :param now: in UTC seconds.
    :param algorithms: the names of those that are accepted; None for all of ours.
    :raises JWTRefused: it does not hold.
    """
    jwt = parse(value, use)
    verify_parsed(jwt, use, keys, now, algorithms)
    return jwt


def verify_parsed(
    jwt: CompactJWT,
    use: Use,
    keys: Callable[[CompactJWT], tuple[PublicKey, ...]],
    now: float,
    algorithms: frozenset[str] | None = None,
) -> None:
    """The same for a JWT that :func:`~.compact.parse` has returned for that use.

    :raises JWTRefused: it does not hold.
    """
    if algorithms is not None and jwt.algorithm not in algorithms:
        raise JWTRefused(KEY.comparing(alg=jwt.algorithm), "is not signed by an accepted algorithm")
    # RFC 8725 section 3.1: the key says which algorithms it is for, never the JWT alone.
    fitting = [key for key in keys(jwt) if jwt.algorithm in key.algorithms]
    if not fitting:
        raise JWTRefused(KEY.comparing(alg=jwt.algorithm, kid=jwt.kid), "has no known key")
    if not any(key.verifies(jwt.algorithm, jwt.signed, jwt.signature) for key in fitting):
        raise JWTRefused(SIGNATURE.comparing(kid=jwt.kid), "is not signed by its key")
    check_claims(jwt.claims, use, now)


def embedded_key(jwt: CompactJWT) -> tuple[PublicKey, ...]:
    """The key in the header, for a proof of possession of it (RFC 9449 section 4.3).

    :raises JWTRefused: there is none, or it cannot be used.
    """
    jwk: Any = jwt.header.get("jwk")
    try:
        return (public_key(jwk if isinstance(jwk, Mapping) else {}),)
    except KeyRefused as error:
        raise JWTRefused(PROOF_KEY, f"has a key that {error}") from None
