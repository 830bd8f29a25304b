"""The types and times of the registered claims (RFC 7519 section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..protocol.records import CLIENT_ID_LENGTH
from ..protocol.refusal import Refusal
from .refused import JWTRefused
from .uses import KILOBYTE, Use

LEEWAY_AFTER = 30
"""Seconds for which a JWT is accepted after its end: clocks differ (RFC 7519 section 4.1.4)."""

LEEWAY_BEFORE = 30
"""Seconds by which the clock of its issuer may be ahead."""

MAX_DATE = 2**53
MAX_TEXT = 255
DATES = ("exp", "iat", "nbf", "auth_time")
TEXTS = ("iss", "sub", "jti", "client_id", "sid", "nonce", "azp", "htm", "htu")
MAX_URL = 2048
LONG = {
    **{"iss": MAX_URL, "htu": MAX_URL, "client_id": CLIENT_ID_LENGTH, "azp": CLIENT_ID_LENGTH},
    # A client and an application draw them, and a hint is an ID token that has what they drew: the
    # length of the whole JWT limits them.
    **dict.fromkeys(("nonce", "sid"), 16 * KILOBYTE),
}

CLAIM = Refusal("jwt_claim", "RFC 7519 section 4.1", decided_by="jwt")
EXPIRED = Refusal("jwt_exp", "RFC 7519 section 4.1.4", decided_by="jwt")
EARLY = Refusal("jwt_nbf", "RFC 7519 section 4.1.5", decided_by="jwt")


def check_claims(claims: Mapping[str, Any], use: Use, now: float) -> None:
    """Check the claims that mean the same in every use.

    :param now: in UTC seconds.
    :raises JWTRefused: one is missing or has the wrong type, or it is not the time for it.
    """
    for name in use.required:
        if claims.get(name) is None:
            raise JWTRefused(CLAIM.comparing(missing=name), f"has no {name}")
    for name in DATES:
        _check(claims, name, _is_date)
    for name in TEXTS:
        most = use.longest_subject if name == "sub" else LONG.get(name, MAX_TEXT)
        _check(claims, name, partial(_is_text, most=most))
    _check(claims, "aud", _is_audience)
    _check_times(claims, use, now)


def audience(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The values of ``aud``, of which one alone may stand without a list."""
    named = claims.get("aud", ())
    return (named,) if isinstance(named, str) else tuple(named)


def _check(claims: Mapping[str, Any], name: str, is_right: Callable[[Any], bool]) -> None:
    value = claims.get(name)
    # A claim that is null is one that is not there only for those who do not look.
    if name in claims and not is_right(value):
        raise JWTRefused(
            CLAIM.comparing(claim=name, type=type(value).__name__), f"has a wrong {name}"
        )


def _is_date(value: Any) -> bool:
    # RFC 7519 section 2: a JSON number. In Python a bool is one too.
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= MAX_DATE  # which NaN and infinity are not


def _is_text(value: Any, most: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most


def _is_audience(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_is_text(each, MAX_URL) for each in value)
    return _is_text(value, MAX_URL)


def _check_times(claims: Mapping[str, Any], use: Use, now: float) -> None:
    end, begin = claims.get("exp"), max(claims.get("nbf", 0), claims.get("iat", 0))
    # RFC 7519 section 4.1.4: "on or after which" it must not be accepted.
    if use.ends and end is not None and end + LEEWAY_AFTER <= now:
        raise JWTRefused(EXPIRED.comparing(exp=int(end), now=int(now)), "has expired")
    if begin > now + LEEWAY_BEFORE:
        raise JWTRefused(EARLY.comparing(begins=int(begin), now=int(now)), "is not valid yet")
