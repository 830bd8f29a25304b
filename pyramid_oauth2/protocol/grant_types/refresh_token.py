"""A refresh token, for new tokens (RFC 6749 section 6).

Each is used once (RFC 9700 section 4.14.2).
"""

from __future__ import annotations

from typing import NamedTuple

from zope.interface import implementer

from ...interfaces import IGrantType
from ..errors import InvalidGrant, InvalidScope
from ..opaque import parse_token
from ..records import REFRESH_TOKEN, Client, Grant, Token
from ..requests import Parameter, TokenRequest
from ..scopes import parse_scope
from ..server import AuthorizationServer
from ..tokens import Issued, redeem_for_tokens

WRONG_TOKEN = "The refresh token is unknown, expired, used, revoked, or another client's."


class FoundToken(NamedTuple):
    """A refresh token of this client, and the scope of the access token to come."""

    token: Token
    grant: Grant
    scope: frozenset[str]


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
        scope = _scope(request.parameters.get("scope"), grant, request.client, server)
        return FoundToken(token, grant, scope)

    def issue(
        self, request: TokenRequest, server: AuthorizationServer, validated: FoundToken
    ) -> Issued:
        """Spend the refresh token, and put its successor and an access token in its place.

        :raises InvalidGrant: it is used, expired or revoked.
        """
        token, grant, scope = validated
        _, issued = redeem_for_tokens(server, request.client, token, grant, scope)
        if issued is None:
            raise InvalidGrant(WRONG_TOKEN)
        return issued


def _scope(
    asked: str | None, grant: Grant, client: Client, server: AuthorizationServer
) -> frozenset[str]:
    wanted = parse_scope(asked or "") or grant.scope
    if not wanted <= grant.scope:
        # RFC 6749 section 6: "MUST NOT include any scope not originally granted
        # by the resource owner".
        raise InvalidScope("The refresh token was not issued for one of these scopes.")
    # What was withdrawn from the client since is gone. The grant itself stays as
    # it is, so a narrower request narrows this access token only.
    allowed = (client.scope or server.default_scopes or frozenset()) & server.known_scopes
    if not wanted & allowed:
        raise InvalidScope("The client may have none of these scopes any more.")
    return wanted & allowed
