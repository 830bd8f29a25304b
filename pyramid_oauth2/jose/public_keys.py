"""Public keys of other parties and of our own, as a JWK Set has them (RFC 7517)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..protocol.clients.secret_keys import PRIVATE_MEMBERS
from ..protocol.messages import message as _
from .algorithms import algorithms_of, same_as
from .objects import decoded
from .refused import KeyRefused, KeyUnsuited

MAX_KEY_ID = 255
MAX_TRIED = 8
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
MIN_EXPONENT = 65537
# RFC 7518 section 6, RFC 8037 section 2.
PUBLIC_MEMBERS = {"EC": ("crv", "x", "y"), "RSA": ("n", "e"), "OKP": ("crv", "x")}


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key with which a signature can be verified.

    :param kid: its name in its set; None if it has none.
    :param algorithms: the names of those for which it may be used.
    :param jwk: its public members, without ``kid``, ``alg`` and ``use``.
    :param material: the same, as joserfc has it: to make it takes as long as to verify.
    """

    kid: str | None
    algorithms: frozenset[str]
    jwk: Mapping[str, str] = field(repr=False)
    material: Any = field(repr=False, compare=False)

    def verifies(self, algorithm: str, signed: bytes, signature: bytes) -> bool:
        """Whether *signature* is one of this key over *signed*."""
        from joserfc.jws import JWSRegistry

        return JWSRegistry.algorithms[algorithm].verify(signed, signature, self.material)


def public_key(jwk: Mapping[str, Any]) -> PublicKey:
    """The key of a JWK (RFC 7517 section 4).

    :raises KeyRefused: it has private members, is symmetric or too weak, is not for
        signatures, or its members do not make a key.
    """
    kid, designed = jwk.get("kid"), jwk.get("alg")
    # A private key that was published proves nothing any more.
    if private := sorted(PRIVATE_MEMBERS & jwk.keys()):
        raise KeyRefused(_("has private members: %(names)s", names=", ".join(private)))
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= MAX_KEY_ID):
        raise KeyRefused(
            _("has a kid that is not text of 1 to %(most)s characters", most=MAX_KEY_ID)
        )
    # RFC 7517 sections 4.2 and 4.3.
    if jwk.get("use", "sig") != "sig" or "verify" not in _operations(jwk):
        raise KeyUnsuited(_("is not for signatures"))
    algorithms = algorithms_of(jwk.get("kty"), jwk.get("crv"))
    if designed is not None:
        # RFC 8725 section 3.1: a key is used with one algorithm.
        algorithms &= same_as(designed) if isinstance(designed, str) else set()
    if not algorithms:
        raise KeyUnsuited(_("is of no type, curve and algorithm that are accepted here"))
    members = {name: jwk.get(name) for name in PUBLIC_MEMBERS[jwk["kty"]]}
    _check_strength(members)
    public = {**members, "kty": jwk["kty"]}
    return PublicKey(kid, algorithms, public, _material(public))


def _operations(jwk: Mapping[str, Any]) -> list[Any]:
    operations = jwk.get("key_ops", ["verify"])
    return operations if isinstance(operations, list) else []


def _check_strength(members: Mapping[str, Any]) -> None:
    if "n" not in members:
        return
    modulus, exponent = _number(members["n"]), _number(members["e"])
    # RFC 7518 section 3.3: 2048 bits or more. Verifying takes the longer the larger both are.
    if not MIN_RSA_BITS <= modulus.bit_length() <= MAX_RSA_BITS:
        sizes = {"least": MIN_RSA_BITS, "most": MAX_RSA_BITS}
        raise KeyRefused(_("is not of %(least)s to %(most)s bits", **sizes))
    if not (MIN_EXPONENT <= exponent < 2**32 and exponent % 2):
        raise KeyRefused(
            _("has an exponent that is not an odd number from %(least)s", least=MIN_EXPONENT)
        )


def _number(text: Any) -> int:
    try:
        return int.from_bytes(decoded(text), "big")
    except (TypeError, ValueError):
        raise KeyRefused(_("has a member that is not base64url without padding")) from None


def _material(jwk: dict[str, Any]) -> Any:
    """What joserfc makes of it; refuses what is no key, such as a point off its curve."""
    from joserfc.errors import JoseError
    from joserfc.jwk import import_key

    for name in jwk.keys() - {"kty", "crv"}:
        _number(jwk[name])
    try:
        return import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError):
        raise KeyRefused(_("has members that do not make a key")) from None


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one party.

    :param refused: why the other keys of its document are not among them.
    """

    keys: tuple[PublicKey, ...] = ()
    refused: tuple[str, ...] = ()

    @classmethod
    def of(cls, jwks: Iterable[Any]) -> KeySet:
        """The keys of the ``keys`` member of a JWK Set.

        RFC 7517 section 5: keys that are not understood are ignored. The set of a party is
        still good when it has a key of a type that came later.
        """
        keys, refused = [], []
        for jwk in jwks:
            try:
                keys.append(public_key(jwk if isinstance(jwk, Mapping) else {}))
            except KeyRefused as error:
                refused.append(str(error))
        return cls(tuple(keys), tuple(refused))

    def fitting(self, kid: str | None, algorithm: str) -> tuple[PublicKey, ...]:
        """The keys that may have signed a JWT with that header.

        Without a ``kid`` there must be one key alone that fits: to try one after the other
        would let a sender choose how much is computed.
        """
        fit = [key for key in self.keys if algorithm in key.algorithms]
        if kid is not None:
            return tuple(key for key in fit if key.kid == kid)[:MAX_TRIED]
        return tuple(fit) if len(fit) == 1 else ()

    def has(self, kid: str | None) -> bool:
        """Whether a key of that name is in the set."""
        return any(key.kid == kid for key in self.keys)
