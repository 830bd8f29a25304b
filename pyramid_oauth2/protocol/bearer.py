"""Who comes with an access token: the resource's side (RFC 6750)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .errors import InvalidToken
from .opaque import parse_token
from .records import ACCESS_TOKEN, Client, Grant, Token
from .server import AuthorizationServer
from .tokens import AccessTokenData

B64TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
TOKEN_PARAMETER = re.compile(rb"(?:^|&)access_token=")


@dataclass(frozen=True, slots=True)
class BearerToken:
    """An access token that is valid now.

    ``subject`` is None for a client that acts for itself. ``issued_at`` and
    ``expires_at`` are in UTC seconds.
    """

    client: Client
    scope: frozenset[str]
    issued_at: int
    expires_at: int
    subject: str | None = None
    grant_id: str | None = None


def bearer_value(authorization: str | None) -> str | None:
    """What follows ``Bearer`` in an Authorization header, None for any other header.

    The scheme is case-insensitive (RFC 9110 section 11.1).
    """
    scheme, _, value = (authorization or "").strip().partition(" ")
    return value.strip() if scheme.lower() == "bearer" else None


def is_bearer_syntax(value: str) -> bool:
    """Whether *value* can be a bearer token: b64token of RFC 6750 section 2.1."""
    return B64TOKEN.fullmatch(value) is not None


def has_token_parameter(encoded: bytes) -> bool:
    """Whether a query string or a form body has an ``access_token``.

    It is never taken from there (RFC 9700 section 4.3.2).
    """
    return TOKEN_PARAMETER.search(encoded) is not None


def resolve_bearer_token(server: AuthorizationServer, value: str) -> BearerToken:
    """The valid access token of that value: at most one read of the grant store.

    :raises InvalidToken: there is none. A string that this server cannot have
        made is refused without asking the store.
    """
    ref = parse_token(value)
    # A code or refresh token is not an access token (RFC 6749 section 1.5).
    if ref is None or ref.kind != ACCESS_TOKEN:
        raise InvalidToken("This is not an access token of this server.")
    found = server.grants.find(ref)
    if found is None:
        raise InvalidToken("The access token is unknown or has expired.")
    token, grant = found
    _check_alive(token, grant, server.clock())
    return _with_client(server, token, grant)


def _check_alive(token: Token, grant: Grant | None, now: int) -> None:
    if token.expires_at <= now:
        raise InvalidToken("The access token has expired.")
    if token.revoked_at is not None or token.consumed_at is not None:
        raise InvalidToken("The access token was revoked.")
    if token.grant_id is None:
        return
    # A grant that is gone takes its tokens with it, whatever they say.
    if grant is None or grant.revoked_at is not None or grant.expires_at <= now:
        raise InvalidToken("The grant behind the access token was revoked or has ended.")


def _with_client(server: AuthorizationServer, token: Token, grant: Grant | None) -> BearerToken:
    data = AccessTokenData.decode(token.data)
    client_id = grant.client_id if grant else data.client_id
    epoch = grant.epoch if grant else data.epoch
    client = server.clients.get(client_id) if client_id else None
    if client is None or client.disabled_at is not None:
        raise InvalidToken("The client of the access token is disabled.")
    # Everything issued under a lower epoch was taken away. A higher one is not
    # refused: whoever issued it knew a change that is not known here yet.
    if epoch is None or epoch < client.epoch:
        raise InvalidToken("The rights of the token's client were withdrawn.")
    if grant is not None and not server.is_active(grant.subject):
        raise InvalidToken("The user of the access token is deactivated.")
    return BearerToken(
        client=client,
        scope=data.scope,
        issued_at=token.issued_at,
        expires_at=token.expires_at,
        subject=grant.subject if grant else None,
        grant_id=token.grant_id,
    )
