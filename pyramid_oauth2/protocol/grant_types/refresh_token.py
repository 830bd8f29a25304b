"""A refresh token, for new tokens (RFC 6749 section 6).

Each is used once (RFC 9700 section 4.14.2). Its answer can be had again for a
moment: a response is lost, or two tabs refresh at once, and nobody is logged out.
"""

from __future__ import annotations

from typing import NamedTuple

from zope.interface import implementer

from ...interfaces import IGrantType
from ..envelope import NotUnderstood, check_understood
from ..errors import InvalidGrant, InvalidScope
from ..events import RefreshRepeated, RefreshReused, grant_event
from ..grants import end_grant
from ..records import REFRESH_TOKEN, Client, Grant, Token
from ..scopes import parse_scope
from ..server import AuthorizationServer
from ..token.issuance import Issued, redeem_for_tokens
from ..token.request import Parameter, TokenRequest
from ..token.sealing import Seal, seal_for
from ..token_strings import parse_token

WRONG_TOKEN = "The refresh token is unknown, expired, used, revoked, or another client's."


class FoundToken(NamedTuple):
    """A refresh token of this client; what was asked for, and what the client may have of it."""

    token: Token
    grant: Grant
    asked: frozenset[str]
    allowed: frozenset[str]


@implementer(IGrantType)
class RefreshToken:
    """``grant_type=refresh_token``."""

    parameters = (Parameter("refresh_token", required=True), Parameter("scope"))

    def validate(self, request: TokenRequest, server: AuthorizationServer) -> FoundToken:
        """The refresh token, and what the new access token may do.

        :raises InvalidGrant: it is not this client's.
        :raises InvalidScope: it asks for more than was granted.
        """
        ref = parse_token(request.parameters["refresh_token"])
        found = server.grants.find(ref) if ref and ref.kind == REFRESH_TOKEN else None
        if found is None:
            raise InvalidGrant(WRONG_TOKEN)
        token, grant = found
        # RFC 6749 section 6: "the refresh token is bound to the client to which it was issued".
        if grant is None or grant.client_id != request.client.client_id:
            raise InvalidGrant(WRONG_TOKEN)
        _check_understood(token, grant)
        asked = parse_scope(request.parameters.get("scope", "")) or grant.scope
        if token.consumed_at is not None:
            # Whatever it asks for, it is a repetition or a reuse, and issues nothing.
            return FoundToken(token, grant, asked, asked)
        return FoundToken(token, grant, asked, _allowed(asked, grant, request.client, server))

    def issue(
        self, request: TokenRequest, server: AuthorizationServer, validated: FoundToken
    ) -> Issued:
        """Spend the refresh token, and put its successor and an access token in its place.

        A client that asks the same again within the grace has lost the answer,
        or two of its processes asked at once: it gets the same answer again.

        :raises InvalidGrant: it is used, expired or revoked.
        :raises TemporarilyUnavailable: the grant was refreshed too often (429).
        """
        token, grant, asked, allowed = validated
        rotation = server.throttle.rotation(request, grant.id)
        # One that is spent rotates nothing: its client waits for a lost answer,
        # or it is a thief's, which must be noticed.
        if token.consumed_at is None:
            rotation.refuse_if_blocked()
        seal = seal_for(request.parameters["refresh_token"], grant.client_id, grant.id, asked)
        redemption, issued = redeem_for_tokens(server, request, token, grant, allowed, seal)
        if redemption.token is not None:
            return _again(request, server, grant, redemption.token, seal)
        if issued is None:
            raise InvalidGrant(WRONG_TOKEN)
        rotation.count(grant.client_id)
        return issued


def _check_understood(token: Token, grant: Grant) -> None:
    try:
        check_understood(token.data)
        check_understood(grant.data)
    except NotUnderstood as error:
        raise InvalidGrant(f"The refresh token {error}.") from None


def _again(
    request: TokenRequest, server: AuthorizationServer, grant: Grant, spent: Token, seal: Seal
) -> Issued:
    kept = spent.sealed_answer
    # Cleared as soon as the successor is used: then the client has the answer,
    # and whoever asks again is somebody else.
    if kept is None or kept.expires_at <= server.clock():
        # RFC 9700 section 4.14.2: the server "cannot determine which party
        # submitted the invalid refresh token, but it will revoke the active
        # refresh token".
        end_grant(server, grant, "refresh token reused", request.emit, RefreshReused)
        raise InvalidGrant(WRONG_TOKEN)
    answer = seal.open(kept.data)
    if answer is None:
        # Another question: it may be the client's own, so nothing is revoked.
        raise InvalidGrant("The refresh token was used a moment ago, for another scope.")
    try:
        issued = Issued.decode(answer, grant)
    except NotUnderstood as error:
        raise InvalidGrant(f"The answer to this refresh {error}.") from None
    request.emit(grant_event(RefreshRepeated, grant))
    return issued


def _allowed(
    asked: frozenset[str], grant: Grant, client: Client, server: AuthorizationServer
) -> frozenset[str]:
    if not asked <= grant.scope:
        # RFC 6749 section 6: "MUST NOT include any scope not originally granted
        # by the resource owner".
        raise InvalidScope("The refresh token was not issued for one of these scopes.")
    # What was withdrawn from the client since is gone. The grant itself stays as
    # it is, so a narrower request narrows this access token only.
    may_have = (client.scope or server.default_scopes or frozenset()) & server.known_scopes
    if not asked & may_have:
        raise InvalidScope("The client may have none of these scopes any more.")
    return asked & may_have
