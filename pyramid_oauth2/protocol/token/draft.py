"""Token strings and their records, before they enter the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ..grant_data import grant_data
from ..records import ACCESS_TOKEN, AUTHORIZATION_CODE, REFRESH_TOKEN, Client, Grant, Token
from ..server import Server
from ..token_strings import NewToken, new_family, new_token
from .access_token import AccessTokenData
from .issuance import Add, Issuance, Open, Redeem
from .issued import IssuedTokens


@dataclass(frozen=True, slots=True)
class Draft:
    """What one issuance makes: strings by kind, their records, and the grant behind them.

    ``end`` is the latest end of its records, in UTC seconds. ``grant`` is None for
    a token without a grant.
    """

    strings: Mapping[str, NewToken] = field(repr=False)
    records: tuple[Token, ...]
    end: int
    grant: Grant | None

    def issued(self, issuance: Issuance) -> IssuedTokens:
        """The token response."""
        access_token, refresh_token = self.records[0], self.strings.get(REFRESH_TOKEN)
        return IssuedTokens(
            self.strings[ACCESS_TOKEN].value,
            access_token.expires_at - access_token.issued_at,
            issuance.access.scope,
            self.grant.subject if self.grant else None,
            self.grant.id if self.grant else None,
            refresh_token.value if refresh_token else None,
            others=issuance.members,
        )


def make_draft(
    server: Server, client: Client, issuance: Issuance, code: bytes | None = None
) -> Draft:
    """Make the strings and records of an issuance.

    :param code: the data of an authorization code, which is made instead of tokens.
    """
    frame, access = _frame(server, issuance), issuance.access
    if code is not None:
        kinds = {AUTHORIZATION_CODE: code}
    elif frame.limit is None:
        data = AccessTokenData(access, client.client_id, client.epoch).encode()
        kinds = {ACCESS_TOKEN: data}
    else:
        kinds = {ACCESS_TOKEN: AccessTokenData(access).encode()}
        wanted = issuance.refresh_token and not isinstance(issuance.operation, Add)
        if wanted and _may_refresh(server, client):
            kinds[REFRESH_TOKEN] = b""
    strings = {kind: new_token(kind, frame.family, server.random) for kind in kinds}
    records = tuple(_record(server, client, frame, strings[kind], kinds[kind]) for kind in kinds)
    end = max(record.expires_at for record in records)
    return Draft(strings, records, end, frame.grant or _new_grant(issuance, client, frame, end))


class _Frame(NamedTuple):
    """What the records of one issuance share.

    ``limit`` is the latest end that they may have; None for a token without a grant.
    """

    now: int
    family: str
    limit: int | None
    grant: Grant | None = None
    parent: bytes | None = None


def _frame(server: Server, issuance: Issuance) -> _Frame:
    operation, now = issuance.operation, server.clock()
    if operation is None:
        return _Frame(now, new_family(server.random), None)
    if isinstance(operation, Open):
        waiting = operation.interaction
        family = new_family(server.random) if waiting is None else waiting.family
        return _Frame(now, family, now + server.lifetimes.grant)
    grant = operation.grant
    if isinstance(operation, Redeem):
        # Redeeming moves the grant's end, up to the absolute one.
        return _Frame(now, grant.id, grant.absolute_end, grant, operation.token.digest)
    return _Frame(now, grant.id, grant.expires_at, grant)


def _new_grant(issuance: Issuance, client: Client, frame: _Frame, end: int) -> Grant | None:
    operation, access = issuance.operation, issuance.access
    if not isinstance(operation, Open) or frame.limit is None:
        return None
    return Grant(
        id=frame.family,
        client_id=client.client_id,
        epoch=client.epoch,
        subject=operation.subject,
        scope=access.scope,
        resources=access.resources,
        created_at=frame.now,
        expires_at=end,
        absolute_end=frame.limit,
        data=grant_data(access, operation.authentication),
    )


def _may_refresh(server: Server, client: Client) -> bool:
    return REFRESH_TOKEN in server.grant_types and REFRESH_TOKEN in client.grant_types


def _record(server: Server, client: Client, frame: _Frame, string: NewToken, data: bytes) -> Token:
    kind, family, digest = string.ref
    end = frame.now + server.lifetimes.of(kind, client)
    return Token(
        kind,
        family,
        digest,
        issued_at=frame.now,
        expires_at=end if frame.limit is None else min(end, frame.limit),
        grant_id=None if frame.limit is None else family,
        parent=frame.parent,
        data=data,
    )
