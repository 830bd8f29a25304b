"""Access tokens that a request presents: the protected resource's side (RFC 6750)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..access import Access
from ..authentication import Authentication
from ..envelope import NotUnderstood
from ..errors import InvalidToken
from ..records import ACCESS_TOKEN, Client
from ..server import Server
from ..token_strings import parse_token
from .access_token import AccessTokenData
from .confirmation import Confirmation
from .validity import NotValid, check_limits, check_parties, check_token

B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
TOKEN_PARAMETER = re.compile(rb"(?:^|&)access_token=")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token that is valid now.

    ``subject`` is None for a client that acts for itself. ``issued_at`` and
    ``expires_at`` are in UTC seconds. ``authentication`` is how the user
    authenticated, ``confirmation`` the key to which the token is bound, ``actor``
    the party that acts for the subject (RFC 8693 section 4.1).
    """

    client: Client
    access: Access
    issued_at: int
    expires_at: int
    subject: str | None = None
    grant_id: str | None = None
    authentication: Authentication | None = None
    confirmation: Confirmation | None = None
    actor: Mapping[str, Any] | None = None

    @property
    def scope(self) -> frozenset[str]:
        """The scope of :attr:`access`."""
        return self.access.scope


def bearer_value(authorization: str | None) -> str | None:
    """What follows ``Bearer`` in an Authorization header, None for any other header.

    The scheme is case-insensitive (RFC 9110 section 11.1).
    """
    scheme, *rest = (authorization or "").split(None, 1) or [""]
    return "".join(rest).strip() if scheme.lower() == "bearer" else None


def is_bearer_syntax(value: str) -> bool:
    """Whether *value* can be a bearer token: b64token of RFC 6750 section 2.1."""
    return B64TOKEN.fullmatch(value) is not None


def has_token_parameter(encoded: bytes) -> bool:
    """Whether a query string or a form body has an ``access_token``.

    It is never taken from there (RFC 9700 section 4.3.2).
    """
    return TOKEN_PARAMETER.search(encoded) is not None


def resolve_access_token(server: Server, value: str) -> AccessToken:
    """The valid access token of that value: at most one read of the grant store.

    :raises InvalidToken: there is none. A string that this server cannot have
        made is refused without a read of the store.
    """
    ref = parse_token(value)
    # A code or refresh token is not an access token (RFC 6749 section 1.5).
    if ref is None or ref.kind != ACCESS_TOKEN:
        raise InvalidToken("This is not an access token of this server.")
    found = server.grants.find(ref)
    if found is None:
        raise InvalidToken("The access token is unknown or has expired.")
    token, grant = found
    try:
        of_grant = check_token(token, grant, server.clock())
        data = AccessTokenData.decode(token.data)
        client = check_parties(server, grant, data)
        check_limits(data.access, data.confirmation)
    except (NotValid, NotUnderstood) as dead:
        raise InvalidToken(f"The access token {dead}.") from None
    return AccessToken(
        client=client,
        access=data.access,
        issued_at=token.issued_at,
        expires_at=token.expires_at,
        subject=grant.subject if grant else None,
        grant_id=token.grant_id,
        authentication=of_grant.authentication,
        confirmation=data.confirmation,
        actor=data.actor,
    )
