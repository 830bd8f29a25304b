"""Issuing access tokens, and what their records say (RFC 6749 section 5.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from .errors import InvalidGrant
from .opaque import NewToken, new_family, new_token
from .records import ACCESS_TOKEN, Client, Grant, Token
from .scopes import format_scope, parse_scope
from .server import AuthorizationServer


@dataclass(frozen=True, slots=True)
class Issued:
    """Tokens that are in the store and not yet with the client.

    ``expires_in`` is in seconds. ``subject`` is None where no user is involved.
    """

    access_token: str = field(repr=False)
    expires_in: int
    scope: frozenset[str]
    subject: str | None = None
    grant_id: str | None = None
    token_type: str = "Bearer"

    def parameters(self) -> dict[str, str | int]:
        """The members of the answer; one that has no value is left out, never null."""
        return {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            # RFC 6749 section 5.1 lets it out where it is what was asked for;
            # stated always, it needs no rule at the client.
            "scope": format_scope(self.scope),
        }


@dataclass(frozen=True, slots=True)
class AccessTokenData:
    """What an access token's record holds beside its times.

    ``client_id`` and ``epoch`` are there where no grant says them.
    """

    scope: frozenset[str]
    client_id: str | None = None
    epoch: int | None = None

    def encode(self) -> bytes:
        """As the opaque ``data`` of a record."""
        members = {"scope": format_scope(self.scope)}
        if self.client_id is None:
            return json.dumps(members).encode()
        return json.dumps({**members, "client_id": self.client_id, "epoch": self.epoch}).encode()

    @classmethod
    def decode(cls, data: bytes) -> AccessTokenData:
        """From the ``data`` of a record."""
        members = json.loads(data)
        return cls(parse_scope(members["scope"]), members.get("client_id"), members.get("epoch"))


def issue_to_client(server: AuthorizationServer, client: Client, scope: frozenset[str]) -> Issued:
    """Issue an access token that stands alone: the client acts for itself."""
    now = server.clock()
    lifetime = server.lifetimes.of_access_token(client)
    string = new_token(ACCESS_TOKEN, new_family(server.random), server.random)
    data = AccessTokenData(scope, client.client_id, client.epoch)
    _open(server, None, _access_token(string, now, now + lifetime, data), now)
    return Issued(string.value, lifetime, scope)


def issue_for_owner(
    server: AuthorizationServer, client: Client, subject: str, scope: frozenset[str]
) -> Issued:
    """Open a grant of *subject* to *client*, and issue its first access token."""
    now = server.clock()
    lifetime = min(server.lifetimes.of_access_token(client), server.lifetimes.grant)
    string = new_token(ACCESS_TOKEN, new_family(server.random), server.random)
    grant = Grant(
        id=string.ref.family,
        client_id=client.client_id,
        epoch=client.epoch,
        subject=subject,
        scope=scope,
        created_at=now,
        expires_at=now + lifetime,
        absolute_end=now + server.lifetimes.grant,
    )
    _open(server, grant, _access_token(string, now, now + lifetime, AccessTokenData(scope)), now)
    return Issued(string.value, lifetime, scope, subject, grant.id)


def _access_token(string: NewToken, now: int, end: int, data: AccessTokenData) -> Token:
    kind, family, digest = string.ref
    return Token(
        kind,
        family,
        digest,
        issued_at=now,
        expires_at=end,
        # A token that names its client has no grant to do so.
        grant_id=None if data.client_id else family,
        data=data.encode(),
    )


def _open(server: AuthorizationServer, grant: Grant | None, token: Token, now: int) -> None:
    if not server.grants.open(grant, [token], now):
        raise InvalidGrant("The grant was revoked.")
