"""``/oauth2/userinfo``: what a client may know about the user of a token (Core section 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import implementer

from ..interfaces.endpoints import IEndpoint
from ..interfaces.server import IServer
from ..jose.signing import sign
from ..jose.uses import USERINFO_RESPONSE
from ..protocol.clients.extra import value_of
from ..protocol.endpoints import EndpointRequest, EndpointResponse
from ..protocol.errors import InsufficientScope
from ..protocol.refusal import Refusal
from ..protocol.token.access_token import AccessToken
from .claims import claims_about
from .claims_extensions import userinfo_names
from .claims_locales import CLAIMS_LOCALES
from .client_fields import USERINFO_SIGNED_RESPONSE_ALG
from .scopes import OPENID
from .standard_claims import names_of
from .subjects import sub_of

MEDIA_TYPE = "application/jwt"
OF_USER = Refusal("userinfo_of_user", "OpenID Connect Core section 5.3", decided_by="token")


@implementer(IEndpoint)
class UserInfoEndpoint:
    """The endpoint. The token is in the Authorization header, never in a form."""

    methods = ("GET", "POST")
    cross_origin = True
    parameters = ()

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """The claims, as JSON, or signed if the client is registered for that.

        :raises OAuth2Error: there is no valid token of a user with the scope ``openid``.
        :raises StoreUnavailable: the application cannot say who the user is, or there is no key.
        """
        token = request.access_token(OPENID)
        claims = self._claims(token)
        algorithm = value_of(USERINFO_SIGNED_RESPONSE_ALG, token.client)
        if not algorithm:
            return EndpointResponse.json(claims)
        # Core section 5.3.2: signed, it has "iss" and "aud".
        said = {**claims, "iss": self._server.issuer, "aud": token.client.client_id}
        body = sign(self._server, USERINFO_RESPONSE.typ.upper(), said, algorithm)
        return EndpointResponse(body.encode(), MEDIA_TYPE)

    def _claims(self, token: AccessToken) -> Mapping[str, Any]:
        if token.subject is None:
            raise InsufficientScope(
                "The access token is of a client that acts for itself, not of a user.",
                OPENID,
                refusal=OF_USER.comparing(client_id=token.client.client_id),
            )
        names = names_of(token.scope) | userinfo_names(token.kept)
        return {
            "sub": sub_of(self._server, token.client, token.subject),
            **claims_about(self._server, token.subject, names, token.kept.get(CLAIMS_LOCALES, ())),
        }
