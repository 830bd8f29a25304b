"""The form of a JWT: three parts in base64url, with a header for its use (RFC 7515 section 7.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..protocol.refusal import Refusal
from .algorithms import ALGORITHMS
from .objects import decoded, json_object
from .public_keys import MAX_KEY_ID
from .refused import JWTRefused
from .uses import ACCESS_TOKEN, KILOBYTE, Use

MAX_HEADER = 2 * KILOBYTE
PARTS = 3
# RFC 7515 sections 4.1.2 to 4.1.8: a key, or where a key is.
KEY_MEMBERS = frozenset({"jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"})
HINTS = frozenset({"x5t", "x5t#S256"})  # digests, which choose no key here

LENGTH = Refusal("jwt_length", "RFC 8725 section 3.11", decided_by="jwt")
FORM = Refusal("jwt_form", "RFC 7515 section 7.1", decided_by="jwt")
ALGORITHM = Refusal("jwt_algorithm", "RFC 8725 section 3.1", decided_by="jwt")
CRITICAL = Refusal("jwt_crit", "RFC 7515 section 4.1.11", decided_by="jwt")
EMBEDDED_KEY = Refusal("jwt_embedded_key", "RFC 8725 section 3.10", decided_by="jwt")
KEY_ID = Refusal("jwt_kid", "RFC 8725 section 3.10", decided_by="jwt")
TYPE = Refusal("jwt_typ", "RFC 8725 section 3.11", decided_by="jwt")


@dataclass(frozen=True, slots=True)
class CompactJWT:
    """A JWT of which the form and the header are right; its signature is not verified.

    :param signed: what the signature is over.
    """

    header: Mapping[str, Any]
    claims: Mapping[str, Any] = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def algorithm(self) -> str:
        """The name in ``alg``, one of :data:`~.algorithms.ALGORITHMS`."""
        return str(self.header["alg"])

    @property
    def kid(self) -> str | None:
        """The name of its key."""
        return self.header.get("kid")


def parse(value: str, use: Use) -> CompactJWT:
    """The parts of a JWT.

    :raises JWTRefused: it is too long, has another form, or its header is not right for *use*.
    """
    # Before anything is decoded: decoding takes memory and time.
    if len(value) > use.max_length:
        raise JWTRefused(LENGTH.comparing(length=len(value)), "is too long")
    parts = value.split(".")
    # Five parts are encrypted (RFC 7516), which would hide the header that is checked here.
    if len(parts) != PARTS:
        raise JWTRefused(FORM.comparing(parts=len(parts)), "does not have three parts")
    if len(parts[0]) > MAX_HEADER:
        raise JWTRefused(LENGTH.comparing(length=len(parts[0])), "has too long a header")
    try:
        header, payload, signature = (decoded(part) for part in parts)
        jwt = CompactJWT(
            json_object(header),
            json_object(payload),
            value[: value.rindex(".")].encode(),
            signature,
        )
    except ValueError:
        raise JWTRefused(FORM, "is not three JSON objects and bytes in base64url") from None
    _check_header(jwt.header, use)
    return jwt


def access_token_of(issuer: str, value: str) -> CompactJWT | None:
    """What looks like an access token that *issuer* has signed; None if it does not.

    It proves nothing: no signature is verified.
    """
    # Asked of every token that is presented: what is opaque must cost nothing here.
    if value.count(".") != PARTS - 1:
        return None
    try:
        jwt = parse(value, ACCESS_TOKEN)
    except JWTRefused:
        return None
    return jwt if jwt.claims.get("iss") == issuer else None


def _check_header(header: Mapping[str, Any], use: Use) -> None:
    algorithm = header.get("alg")
    # RFC 7515 section 4.1.1: the value is a case-sensitive string.
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise JWTRefused(
            ALGORITHM.comparing(alg=_shown(algorithm)), "is not signed by an accepted algorithm"
        )
    # RFC 7515 section 4.1.11: an extension that is not understood makes it invalid. None is
    # understood here. Of RFC 7797, "b64" changes what is signed; "zip" is of RFC 7516.
    if unknown := sorted({"crit", "b64", "zip"} & header.keys()):
        raise JWTRefused(CRITICAL.comparing(members=unknown), "needs an extension")
    allowed = HINTS | {"jwk"} if use.key_embedded else HINTS
    if named := sorted(KEY_MEMBERS.intersection(header) - allowed):
        raise JWTRefused(EMBEDDED_KEY.comparing(members=named), "brings its own key")
    kid = header.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= MAX_KEY_ID):
        raise JWTRefused(KEY_ID, "has a kid that is not a short text")
    _check_type(header.get("typ"), use)


def _check_type(typ: Any, use: Use) -> None:
    if typ is None and use.untyped:
        return
    if isinstance(typ, str):
        # RFC 7515 section 4.1.9: a media type, of which "application/" may be left out.
        name = typ.lower().removeprefix("application/")
        if name == use.typ or (use.untyped and name == "jwt"):
            return
    raise JWTRefused(TYPE.comparing(typ=_shown(typ), wanted=use.typ), f"is not a JWT of {use.typ}")


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else type(value).__name__
