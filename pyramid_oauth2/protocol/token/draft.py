"""Token strings and their records, before they enter the store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from ..access import Access
from ..authorization_server import AuthorizationServer
from ..grant_data import GrantData, grant_data
from ..kept_values import NOTHING_KEPT, KeptValues
from ..records import (
    ACCESS_TOKEN,
    DIGEST_SIZE,
    REFRESH_TOKEN,
    Client,
    Grant,
    Token,
    TokenRef,
)
from ..server import Server
from ..token_strings import NewToken, new_family, new_token
from .access_token import AccessToken, AccessTokenData
from .audience import format_for
from .claims import claims_of
from .confirmation import Confirmation, bound_data
from .issuance import Add, Issuance, Open, Redeem
from .product import Product
from .token_response import BEARER, IssuedTokens

if TYPE_CHECKING:
    from ...interfaces.access_token_format import IAccessTokenFormat


@dataclass(frozen=True, slots=True)
class Draft:
    """What one issuance makes: strings by kind, their records, and the grant behind them.

    ``end`` is the latest end of its records, in UTC seconds. ``grant`` is None for
    a token without a grant. ``product`` is what was made instead of tokens.
    """

    strings: Mapping[str, NewToken] = field(repr=False)
    records: tuple[Token, ...]
    end: int
    grant: Grant | None
    product: Product | None = None

    def issued(
        self, issuance: Issuance, token_type: str = BEARER, members: Mapping[str, Any] | None = None
    ) -> IssuedTokens:
        """The token response.

        :param token_type: of the access token (RFC 6749 section 7.1).
        :param members: those beside the standard ones.
        """
        access_token, refresh_token = self.records[0], self.strings.get(REFRESH_TOKEN)
        return IssuedTokens(
            self.strings[ACCESS_TOKEN].value,
            access_token.expires_at - access_token.issued_at,
            issuance.access.scope,
            self.grant.subject if self.grant else None,
            self.grant.id if self.grant else None,
            refresh_token.value if refresh_token else None,
            token_type,
            others=members or {},
        )


def make_draft(
    server: AuthorizationServer,
    client: Client,
    issuance: Issuance,
    confirmation: Confirmation | None = None,
    produce: Callable[[str], Product | None] | None = None,
    kept: KeptValues = NOTHING_KEPT,
    authenticated_by: str = "",
) -> Draft:
    """Make the strings and records of an issuance.

    :param confirmation: the key to which they are bound.
    :param produce: what is made instead of tokens, for the family; it may return None.
    :param kept: the values of request extensions that stay in it.
    :param authenticated_by: the method by which the client proved a key of its own.
    """
    frame = _frame(server, issuance)
    product = produce(frame.family) if produce else None
    if product is not None:
        kinds = {product.kind: product.data(confirmation, kept)}
    else:
        kinds = _kinds(server, client, issuance, frame, confirmation, authenticated_by)
    strings, records = {}, []
    for kind, data in kinds.items():
        format_ = _format(server, client, issuance) if kind == ACCESS_TOKEN else None
        end = _end(server, client, frame, kind, product, format_, issuance.access)
        if format_ is not None:
            # Most formats say nothing, so the claims are made only if they are asked for.
            claims = partial(_claims, server, client, issuance, frame, end, confirmation)
            strings[kind] = format_.make(frame.family, claims)
        elif product is not None and product.token is not None:
            strings[kind] = product.token
        else:
            strings[kind] = new_token(kind, frame.family, server.random)
        _check_reference(strings[kind].ref, kind, frame.family)
        records.append(_record(frame, strings[kind].ref, end, data))
    last = max(record.expires_at for record in records)
    grant = frame.grant or _new_grant(issuance, client, frame, last)
    return Draft(strings, tuple(records), last, grant, product)


def _check_reference(ref: TokenRef, kind: str, family: str) -> None:
    # A plug-in may have made the string. Under another kind or family its record would be
    # a token that no one granted.
    if (ref.kind, ref.family) != (kind, family):
        raise ValueError(f"a plug-in made a {kind} whose reference has another kind or family")
    # MariaDB would pad a shorter one, and not find it again.
    if len(ref.digest) != DIGEST_SIZE:
        raise ValueError(
            f"a plug-in made a {kind} with a digest of {len(ref.digest)} bytes instead of "
            f"{DIGEST_SIZE}: it has to be the SHA-256 of the token's string"
        )


def _kinds(
    server: Server,
    client: Client,
    issuance: Issuance,
    frame: _Frame,
    confirmation: Confirmation | None,
    authenticated_by: str,
) -> dict[str, bytes]:
    """The kinds of tokens to make, and the data of each."""
    alone = frame.limit is None
    data = AccessTokenData(
        issuance.access,
        client.client_id if alone else None,
        client.epoch if alone else None,
        confirmation,
        issuance.actor,
        # Only such a client can revoke it without that proof.
        authenticated_by if client.public else "",
    )
    kinds = {ACCESS_TOKEN: data.encode()}
    wanted = issuance.refresh_token and not alone and not isinstance(issuance.operation, Add)
    granted = frame.grant.scope if frame.grant else issuance.access.scope
    if wanted and server.may_refresh(client, granted):
        # RFC 9449 section 5: the refresh token of a public client is bound to its key. That of
        # a confidential client is bound to the client, which authenticates.
        bound = confirmation if client.public else None
        kinds[REFRESH_TOKEN] = bound_data(bound, authenticated_by)
    return kinds


def _claims(
    server: Server,
    client: Client,
    issuance: Issuance,
    frame: _Frame,
    end: int,
    confirmation: Confirmation | None,
) -> Mapping[str, Any]:
    subject, authentication, operation = None, None, issuance.operation
    if isinstance(operation, Open):
        subject, authentication = operation.subject, operation.authentication
    elif frame.grant is not None:
        subject = frame.grant.subject
        authentication = GrantData.decode(frame.grant.data, server.understood).authentication
    token = AccessToken(
        client=client,
        access=issuance.access,
        issued_at=frame.now,
        expires_at=end,
        subject=subject,
        grant_id=None if frame.limit is None else frame.family,
        authentication=authentication,
        confirmation=confirmation,
        actor=issuance.actor,
    )
    return claims_of(server, token)


def _format(server: AuthorizationServer, client: Client, issuance: Issuance) -> IAccessTokenFormat:
    formats, access = server.plug_ins.access_token_formats, issuance.access
    name = format_for(server.resources, server.resources.audience(access.resources))
    if name is not None:
        return formats[name]
    return next(each for each in formats.values() if each.suits(client, access))


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
        data=grant_data(access, operation.authentication, operation.kept),
    )


def _end(
    server: Server,
    client: Client,
    frame: _Frame,
    kind: str,
    product: Product | None,
    format_: IAccessTokenFormat | None,
    access: Access,
) -> int:
    lifetime = product.lifetime if product else None
    if lifetime is None:
        lifetime = server.lifetimes.of(kind, client)
        if format_ is not None and format_.lifetime is not None:
            # The client's own is for the form of its tokens, not for one that an API demands.
            own = kind in client.lifetimes and format_.suits(client, access)
            lifetime = lifetime if own else min(lifetime, format_.lifetime)
        most = server.resources.lifetime(server.resources.audience(access.resources))
        if most is not None:
            lifetime = min(lifetime, most)
    end = frame.now + lifetime
    return end if frame.limit is None else min(end, frame.limit)


def _record(frame: _Frame, ref: TokenRef, end: int, data: bytes) -> Token:
    kind, family, digest = ref
    return Token(
        kind,
        family,
        digest,
        issued_at=frame.now,
        expires_at=end,
        grant_id=None if frame.limit is None else frame.family,
        parent=frame.parent,
        data=data,
    )
