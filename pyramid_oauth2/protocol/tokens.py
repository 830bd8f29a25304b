"""Issuing tokens, and what their records say (RFC 6749 section 5.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import NamedTuple

from .errors import InvalidGrant
from .opaque import NewToken, new_family, new_token, random_text
from .records import ACCESS_TOKEN, REFRESH_TOKEN, Client, Grant, Outcome, Token
from .scopes import format_scope, parse_scope
from .server import AuthorizationServer

ATTEMPT_LENGTH = 22  # 131 bits: no two tries are taken for one


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
    refresh_token: str | None = field(default=None, repr=False)
    token_type: str = "Bearer"

    def parameters(self) -> dict[str, str | int]:
        """The members of the answer; one that has no value is left out, never null."""
        members: dict[str, str | int] = {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            # RFC 6749 section 5.1 lets it out where it is what was asked for;
            # stated always, it needs no rule at the client.
            "scope": format_scope(self.scope),
        }
        if self.refresh_token is not None:
            members["refresh_token"] = self.refresh_token
        return members


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
    if not server.grants.open(None, [_record(string, now, now + lifetime, data.encode())], now):
        raise InvalidGrant("The grant was revoked.")
    return Issued(string.value, lifetime, scope)


def issue_for_owner(
    server: AuthorizationServer, client: Client, subject: str, scope: frozenset[str]
) -> Issued:
    """Open a grant of *subject* to *client*, and issue its first tokens."""
    now = server.clock()
    family = new_family(server.random)
    absolute_end = now + server.lifetimes.grant
    made = _make(server, client, family, scope, absolute_end)
    grant = Grant(
        id=family,
        client_id=client.client_id,
        epoch=client.epoch,
        subject=subject,
        scope=scope,
        created_at=now,
        expires_at=made.end,
        absolute_end=absolute_end,
    )
    if not server.grants.open(grant, made.records, now):
        raise InvalidGrant("The grant was revoked.")
    return made.issued(subject)


def redeem_for_tokens(
    server: AuthorizationServer, client: Client, spent: Token, grant: Grant, scope: frozenset[str]
) -> tuple[Outcome, Issued | None]:
    """Spend a code or a refresh token, and put tokens in its place: one atomic operation.

    :return: the outcome, and for ``WON`` what was issued.
    """
    if grant.epoch < client.epoch or not server.is_active(grant.subject):
        return Outcome.DEAD, None
    made = _make(server, client, grant.id, scope, grant.absolute_end, parent=spent.digest)
    redemption = server.grants.redeem(
        spent,
        server.clock(),
        random_text(ATTEMPT_LENGTH, server.random),
        made.records,
        grant_expires_at=made.end,
    )
    won = redemption.outcome is Outcome.WON
    return redemption.outcome, made.issued(grant.subject) if won else None


class _Made(NamedTuple):
    """Tokens of one grant that are not in the store yet."""

    access_token: NewToken
    refresh_token: NewToken | None
    records: list[Token]
    scope: frozenset[str]
    expires_in: int
    end: int

    def issued(self, subject: str) -> Issued:
        refresh_token = self.refresh_token.value if self.refresh_token else None
        return Issued(
            self.access_token.value,
            self.expires_in,
            self.scope,
            subject,
            self.access_token.ref.family,
            refresh_token,
        )


def _make(
    server: AuthorizationServer,
    client: Client,
    family: str,
    scope: frozenset[str],
    absolute_end: int,
    *,
    parent: bytes | None = None,
) -> _Made:
    now = server.clock()
    end = min(now + server.lifetimes.of_access_token(client), absolute_end)
    access_token = new_token(ACCESS_TOKEN, family, server.random)
    data = AccessTokenData(scope).encode()
    records = [_record(access_token, now, end, data, grant_id=family, parent=parent)]
    refresh_token = None
    if _may_refresh(server, client):
        refresh_token = new_token(REFRESH_TOKEN, family, server.random)
        refresh_end = min(now + server.lifetimes.refresh_token, absolute_end)
        records.append(_record(refresh_token, now, refresh_end, b"", family, parent))
    last = max(record.expires_at for record in records)
    return _Made(access_token, refresh_token, records, scope, end - now, last)


def _may_refresh(server: AuthorizationServer, client: Client) -> bool:
    return REFRESH_TOKEN in server.grant_types and REFRESH_TOKEN in client.grant_types


def _record(
    string: NewToken,
    now: int,
    end: int,
    data: bytes,
    grant_id: str | None = None,
    parent: bytes | None = None,
) -> Token:
    kind, family, digest = string.ref
    return Token(
        kind,
        family,
        digest,
        issued_at=now,
        expires_at=end,
        grant_id=grant_id,
        parent=parent,
        data=data,
    )
