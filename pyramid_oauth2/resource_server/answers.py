"""An answer of the introspection endpoint, taken apart (RFC 7662 section 2.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from ..protocol.errors import InvalidScope
from ..protocol.records import SUBJECT_LENGTH, Client, StoreUnavailable, check_identifier
from ..protocol.scopes import parse_scope
from ..protocol.token.presentation import AccessToken

Value = TypeVar("Value")


# What tells that a token is none to be sent as it is: bound to a key (RFC 7800
# section 3.1, RFC 8705 section 3.2, RFC 9449 section 6.2), or no access token.
KEY_BOUND = "cnf"
USE = "token_use"


def token_of_answer(
    answer: Mapping[str, Any], issuer: str, audience: str, now: int, cache: int
) -> AccessToken | None:
    """The token that an answer describes, None if it is of no use here.

    Its ``client`` has a client_id and nothing else, for nothing else is known;
    where the server tells none, it is ``unknown``.

    :param issuer: the only issuer whose tokens count.
    :param audience: the public URL of this application. A token that names
        whom it is for must name it, or a resource below it (RFC 9700 section 2.3).
    :param now: when it was answered, in UTC seconds.
    :param cache: for how many seconds the answer may be believed; the end of a
        token that has none of its own.
    :raises StoreUnavailable: the answer is no answer.
    """
    if not _member(answer, "active", bool, False):
        return None
    if not _is_for_us(answer, issuer, audience):
        return None
    client_id = _member(answer, "client_id", str, "unknown")
    subject: str | None = _member(answer, "sub", str, "") or None
    if subject == client_id:
        # Some servers say so of a token that a client has for itself. It is no user.
        subject = None
    try:
        if subject is not None:
            check_identifier("sub", subject, SUBJECT_LENGTH)
        return AccessToken(
            client=Client(client_id, grant_types=()),
            scope=parse_scope(_member(answer, "scope", str, "")),
            issued_at=_member(answer, "iat", int, now),
            expires_at=_member(answer, "exp", int, now + max(cache, 1)),
            subject=subject,
        )
    except (ValueError, InvalidScope) as error:
        raise StoreUnavailable(f"The introspection endpoint's answer is wrong: {error}.") from None


def _is_for_us(answer: Mapping[str, Any], issuer: str, audience: str) -> bool:
    if answer.get(KEY_BOUND) is not None:
        return False
    if _member(answer, USE, str, "access_token") != "access_token":
        return False
    if _member(answer, "token_type", str, "Bearer").lower() != "bearer":
        return False
    if _member(answer, "iss", str, issuer) != issuer:
        return False
    named = answer.get("aud")
    if named is None:
        return True
    return any(
        isinstance(each, str) and f"{each.rstrip('/')}/".startswith(f"{audience}/")
        for each in (named if isinstance(named, list) else [named])
    )


def _member(answer: Mapping[str, Any], name: str, kind: type[Value], default: Value) -> Value:
    value = answer.get(name)
    if value is None:
        return default
    # To Python true is an int, to RFC 7519 it is no time.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise StoreUnavailable(
            f"The introspection endpoint's answer is wrong: {name} is no {kind.__name__}."
        )
    return value
