"""An answer of the introspection endpoint, taken apart (RFC 7662 section 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ..protocol.bearer import BearerToken
from ..protocol.errors import InvalidScope
from ..protocol.records import SUBJECT_LENGTH, Client, StoreUnavailable, check_identifier
from ..protocol.scopes import parse_scope

Value = TypeVar("Value")


def token_of_answer(
    answer: Mapping[str, Any], issuer: str, now: int, cache: int
) -> BearerToken | None:
    """The token that an answer describes, None if it is of no use here.

    Its ``client`` has a client_id and nothing else, for nothing else is known;
    where the server tells none, it is ``unknown``.

    :param issuer: the only issuer whose tokens count.
    :param now: when it was answered, in UTC seconds.
    :param cache: for how many seconds the answer may be believed; the end of a
        token that has none of its own.
    :raises StoreUnavailable: the answer is no answer.
    """
    if not _member(answer, "active", bool, False):
        return None
    token_type = _member(answer, "token_type", str, "Bearer")
    # A refresh token, or one that is bound to a key, must not pass for a bearer token.
    if token_type.lower() != "bearer" or _member(answer, "iss", str, issuer) != issuer:
        return None
    expires_at = _member(answer, "exp", int, now + max(cache, 1))
    subject: str | None = _member(answer, "sub", str, "") or None
    try:
        if subject is not None:
            check_identifier("sub", subject, SUBJECT_LENGTH)
        return BearerToken(
            client=Client(_member(answer, "client_id", str, "unknown"), grant_types=()),
            scope=parse_scope(_member(answer, "scope", str, "")),
            issued_at=_member(answer, "iat", int, now),
            expires_at=expires_at,
            subject=subject,
        )
    except (ValueError, InvalidScope) as error:
        raise StoreUnavailable(f"The introspection endpoint's answer is wrong: {error}.") from None


def _member(answer: Mapping[str, Any], name: str, kind: type[Value], default: Value) -> Value:
    value = answer.get(name, default)
    # To Python true is an int, to RFC 7519 it is no time.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise StoreUnavailable(
            f"The introspection endpoint's answer is wrong: {name} is no {kind.__name__}."
        )
    return value
