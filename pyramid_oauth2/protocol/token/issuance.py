"""Issuing tokens, and what their records say (RFC 6749 section 5.1)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..envelope import Members
from ..errors import InvalidGrant
from ..events import Emit, emit_nothing
from ..grants import earlier_access_tokens, end_earlier_grants
from ..records import (
    ACCESS_TOKEN,
    REFRESH_TOKEN,
    Client,
    Grant,
    Outcome,
    Redemption,
    SealedAnswer,
    Token,
)
from ..scopes import format_scope, parse_scope
from ..server import AuthorizationServer
from ..token_strings import NewToken, new_family, new_token, random_text
from .access_token import AccessTokenData
from .request import TokenRequest
from .sealing import Seal

ATTEMPT_LENGTH = 22  # 131 bits: no two tries are taken for one


@dataclass(frozen=True, slots=True)
class Issued:
    """Tokens that are in the store and not yet with the client.

    ``expires_in`` is in seconds. ``subject`` is None where no user is involved.
    ``repeated`` says that they were issued before, and are answered once more.
    ``others`` are the members of the answer that a later version sealed.
    """

    access_token: str = field(repr=False)
    expires_in: int
    scope: frozenset[str]
    subject: str | None = None
    grant_id: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    token_type: str = "Bearer"
    repeated: bool = False
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def parameters(self) -> dict[str, Any]:
        """The members of the answer; one that has no value is left out, never null."""
        members: dict[str, Any] = {
            "access_token": self.access_token,
            "token_type": self.token_type,
            "expires_in": self.expires_in,
            # RFC 6749 section 5.1 lets it out where it is what was asked for;
            # stated always, it needs no rule at the client.
            "scope": format_scope(self.scope),
        }
        if self.refresh_token is not None:
            members["refresh_token"] = self.refresh_token
        return {**members, **self.others}

    def encode(self) -> bytes:
        """The answer, to be sealed."""
        return json.dumps(self.parameters()).encode()

    @classmethod
    def decode(cls, answer: bytes, grant: Grant) -> Issued:
        """The answer that was sealed, to be given once more."""
        members, others = _MEMBERS.read(answer)
        members["scope"] = parse_scope(members["scope"])
        return cls(
            **members, subject=grant.subject, grant_id=grant.id, repeated=True, others=others
        )


_MEMBERS = Members(
    {
        "access_token": str,
        "token_type": str,
        "expires_in": int,
        "scope": str,
        "refresh_token": str,
    },
    frozenset({"access_token", "token_type", "expires_in", "scope"}),
)


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
    server: AuthorizationServer,
    client: Client,
    subject: str,
    scope: frozenset[str],
    emit: Emit = emit_nothing,
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
    end_earlier_grants(server, grant, emit)
    return made.issued(subject)


def redeem_for_tokens(
    server: AuthorizationServer,
    request: TokenRequest,
    spent: Token,
    grant: Grant,
    scope: frozenset[str],
    seal: Seal | None = None,
) -> tuple[Redemption, Issued | None]:
    """Spend a code or a refresh token, and put tokens in its place: one atomic operation.

    :param seal: keeps the answer for a client that loses it, for
        ``oauth2.refresh_token_grace`` seconds.
    :return: what came of it, and for ``WON`` what was issued.
    """
    client = request.client
    if grant.epoch < client.epoch or not server.is_active(grant.subject):
        return Redemption(Outcome.DEAD), None
    made = _make(server, client, grant.id, scope, grant.absolute_end, parent=spent.digest)
    issued = made.issued(grant.subject)
    redemption = server.grants.redeem(
        spent,
        server.clock(),
        random_text(ATTEMPT_LENGTH, server.random),
        made.records,
        grant_expires_at=made.end,
        sealed_answer=_sealed(server, seal, issued),
        retire=earlier_access_tokens(server, grant),
    )
    if redemption.outcome is not Outcome.WON:
        return redemption, None
    end_earlier_grants(server, grant, request.emit)
    return redemption, issued


def _sealed(server: AuthorizationServer, seal: Seal | None, issued: Issued) -> SealedAnswer | None:
    grace = server.lifetimes.refresh_token_grace
    if seal is None or not grace:
        return None
    return SealedAnswer(seal.close(issued.encode(), server.random), server.clock() + grace)


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
