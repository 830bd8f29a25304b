"""Parsing a response of the introspection endpoint (RFC 7662 section 2.2)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, TypeVar

from ..protocol.access import Access
from ..protocol.errors import InvalidScope
from ..protocol.records import SUBJECT_LENGTH, Client, StoreUnavailable, check_identifier
from ..protocol.scopes import parse_scope
from ..protocol.token.access_token import AccessToken

log = logging.getLogger(__name__)

Value = TypeVar("Value")


# Members that exclude a token from use as a plain bearer token: it is bound to a key (RFC
# 7800 section 3.1, RFC 8705 section 3.2, RFC 9449 section 6.2), or is no access token.
KEY_BOUND = "cnf"
USE = "token_use"


def token_of_answer(
    answer: Mapping[str, Any], issuer: str, audience: str, now: int, cache: int
) -> AccessToken | None:
    """Return the token that a response describes, None if it cannot be used here.

    Its ``client`` has only a client_id, since nothing else is known about it. If the
    response has no client_id, it is ``unknown``.

    :param issuer: the only issuer whose tokens are accepted.
    :param audience: the public URL of this application. A token with an audience
        must name this URL, or a resource below it (RFC 9700 section 2.3).
    :param now: when the response was received, in UTC seconds.
    :param cache: for how many seconds the response may be cached; a token without
        an end of its own expires then.
    :raises StoreUnavailable: the response is malformed.
    """
    if not _member(answer, "active", bool, False):
        return None
    if (mistake := _unusable(answer, issuer, audience)) is not None:
        # The response to the client does not say it, and it may be a mistake of the set-up.
        log.info("An active token is refused: %s", mistake)
        return None
    client_id = _member(answer, "client_id", str, "unknown")
    subject: str | None = _member(answer, "sub", str, "") or None
    if subject == client_id:
        # Some servers send this for a token issued to the client itself. It is no user.
        subject = None
    try:
        if subject is not None:
            check_identifier("sub", subject, SUBJECT_LENGTH)
        return AccessToken(
            client=Client(client_id, grant_types=()),
            access=Access(parse_scope(_member(answer, "scope", str, ""))),
            issued_at=_member(answer, "iat", int, now),
            # Not before the response leaves the cache, which counts fractions of a second.
            expires_at=_member(answer, "exp", int, now + cache + 1),
            subject=subject,
        )
    except (ValueError, InvalidScope) as error:
        raise StoreUnavailable(f"The introspection endpoint's answer is wrong: {error}.") from None


def _unusable(answer: Mapping[str, Any], issuer: str, audience: str) -> str | None:
    """Why a token cannot be used here; None if it can."""
    if answer.get(KEY_BOUND) is not None:
        return "it is bound to a key (cnf)"
    if (use := _member(answer, USE, str, "access_token")) != "access_token":
        return f"its token_use is {use!r}"
    if (token_type := _member(answer, "token_type", str, "Bearer")).lower() != "bearer":
        return f"its token_type is {token_type!r}"
    if (iss := _member(answer, "iss", str, issuer)) != issuer:
        return f"its iss is {iss!r}, and oauth2.issuer is {issuer!r}"
    named = answer.get("aud")
    if named is None or any(
        isinstance(each, str) and f"{each.rstrip('/')}/".startswith(f"{audience}/")
        for each in (named if isinstance(named, list) else [named])
    ):
        return None
    return f"its aud is {named!r}, which does not name {audience!r}"


def _member(answer: Mapping[str, Any], name: str, kind: type[Value], default: Value) -> Value:
    value = answer.get(name)
    if value is None:
        return default
    # In Python a bool is also an int, but it is not a time according to RFC 7519.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise StoreUnavailable(
            f"The introspection endpoint's answer is wrong: {name} is no {kind.__name__}."
        )
    return value
