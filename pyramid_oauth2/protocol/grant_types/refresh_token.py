"""A refresh token, redeemed for new tokens (RFC 6749 section 6).

A refresh token is used once (RFC 9700 section 4.14.2). For a moment the same
request gets the same response again: a response may be lost, and two tabs may
refresh at once.
"""

from __future__ import annotations

from zope.interface import implementer

from ...interfaces.extension import IGrantType
from ..access import Access
from ..envelope import NotUnderstood
from ..errors import InvalidGrant, InvalidScope
from ..events import RefreshRepeated, RefreshReused
from ..grant_data import access_of
from ..parameters import Parameter
from ..records import REFRESH_TOKEN, Client, Grant, Token
from ..refusal import Refusal
from ..scopes import OF_CLIENT, OFFLINE, named_scope, parse_scope
from ..server import Server
from ..token.confirmation import BOUND
from ..token.issuance import Issuance, Redeem, Repeat, Reuse
from ..token.request import TokenRequest
from ..token_strings import parse_token

WRONG_TOKEN = "The refresh token is unknown, expired, used, revoked, or another client's."
OTHER_SCOPE = "The refresh token was used a moment ago, for another scope or resource."

KNOWN = Refusal("refresh_token_known", "RFC 6749 section 6", decided_by="token")
CLIENT = Refusal("refresh_token_of_client", "RFC 6749 section 6", decided_by="grant")

# RFC 9700 section 4.14.2: the server "cannot determine which party submitted the
# invalid refresh token, but it will revoke the active refresh token".
REUSE = Reuse(RefreshReused, "refresh token reused")


@implementer(IGrantType)
class RefreshToken:
    """``grant_type=refresh_token``."""

    parameters = (Parameter("refresh_token", required=True), Parameter("scope"))

    def __init__(self, server: Server, settings: object = None) -> None:
        self._server = server

    def validate(self, request: TokenRequest) -> Issuance:
        """Redeem the refresh token; its successor and an access token take its place.

        :raises InvalidGrant: it is not a refresh token of this client, or the client may have
            nothing of its grant any more.
        :raises InvalidScope: the client requests more than the user granted, or only what it
            may not have any more.
        :raises TemporarilyUnavailable: the grant was refreshed too often (429).
        """
        presented = request.parameters["refresh_token"]
        token, grant, granted = _find(presented, request.client, self._server)
        asked = parse_scope(request.parameters.get("scope", ""))
        # What is no error at the authorization endpoint is none here.
        asked -= OFFLINE - granted.scope
        requested = granted.with_scope(asked or granted.scope)
        grace = self._server.lifetimes.refresh_token_grace
        repeat = Repeat(presented, requested.scope, grace, RefreshRepeated, OTHER_SCOPE)
        redeem = Redeem(token, grant, WRONG_TOKEN, REUSE, repeat)
        if token.consumed_at is not None:
            # It issues nothing, so scope and rate do not matter. The client waits for a
            # lost response, or an attacker uses the token, which must be noticed.
            return Issuance(requested, redeem)
        # RFC 6749 section 6: "MUST NOT include any scope not originally granted
        # by the resource owner".
        access = granted.narrowed_to(requested, "The refresh token")
        access = _still_allowed(access, granted, request.client, self._server)
        rotation = self._server.throttle.rotation(request, grant.id)
        rotation.refuse_if_blocked()
        return Issuance(access, redeem, attempt=rotation)


def _find(presented: str, client: Client, server: Server) -> tuple[Token, Grant, Access]:
    ref = parse_token(presented)
    found = server.grants.find(ref) if ref and ref.kind == REFRESH_TOKEN else None
    if found is None:
        raise InvalidGrant(WRONG_TOKEN, refusal=KNOWN.comparing(refresh_token=presented))
    token, grant = found
    # RFC 6749 section 6: "the refresh token is bound to the client to which it was issued".
    if grant is None or grant.client_id != client.client_id:
        refusal = CLIENT.comparing(
            client_id=client.client_id, token_of=grant.client_id if grant else None
        )
        raise InvalidGrant(WRONG_TOKEN, refusal=refusal)
    try:
        BOUND.read(token.data)
        return token, grant, access_of(grant, server.understood)
    except NotUnderstood as error:
        raise InvalidGrant(f"The refresh token {error}.", refusal=error.refusal) from None


def _still_allowed(access: Access, granted: Access, client: Client, server: Server) -> Access:
    # Without the scopes that the client lost since. The grant keeps its scope: a
    # narrower request narrows this access token only.
    may_have = server.scope_of(client)
    left = granted.scope & may_have
    if not left or left == OFFLINE != granted.scope:
        # For invalid_grant a client asks its user again; no other scope of this grant helps.
        raise InvalidGrant(
            "The client may have nothing of what was granted any more.",
            refusal=OF_CLIENT.comparing(granted=granted.scope, allowed=may_have),
        )
    if not access.scope & may_have:
        raise InvalidScope(
            f"The client may not have this scope any more: {named_scope(access.scope)}.",
            refusal=OF_CLIENT.comparing(excess=access.scope, allowed=may_have),
        )
    return access.with_scope(access.scope & may_have)
