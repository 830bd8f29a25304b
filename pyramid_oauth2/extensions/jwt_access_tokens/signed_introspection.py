"""Responses of the introspection endpoint as JWTs (RFC 9701)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import implementer

from ...interfaces.endpoints import IEndpoint, IServerMetadata
from ...interfaces.server import IServer
from ...jose.algorithms import ALGORITHMS, RS256
from ...jose.signing import sign
from ...jose.uses import INTROSPECTION_RESPONSE
from ...protocol.clients.extra import value_of
from ...protocol.endpoints import EndpointRequest, EndpointResponse
from ...protocol.http import accepts
from ...protocol.records import Client
from ...protocol.token.introspection import IntrospectionEndpoint, introspect
from .client_fields import INTROSPECTION_SIGNED_RESPONSE_ALG

TYP = INTROSPECTION_RESPONSE.typ
MEDIA_TYPE = f"application/{TYP}"


@implementer(IEndpoint)
class SignableIntrospection(IntrospectionEndpoint):
    """The introspection endpoint; it signs its response for a caller that wants that.

    A signed response proves later, and to others, what this server said about a token.
    """

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """What the calling client may know about a token.

        :raises OAuth2Error: the request is refused.
        :raises StoreUnavailable: it is to be signed, and there is no key now.
        """
        algorithm = self._algorithm(request)
        if algorithm is None:
            return super().process(request)
        call = request.client_request(public=False)
        members = introspect(self._server, call.client, call.parameters["token"], request.emit)
        body = sign(self._server, TYP, self._claims(call.client, members), algorithm)
        return EndpointResponse(body.encode(), MEDIA_TYPE)

    def _algorithm(self, request: EndpointRequest) -> str | None:
        if self._server.signer is None:
            return None
        client = request.client_request(public=False).client
        registered: str = value_of(INTROSPECTION_SIGNED_RESPONSE_ALG, client)
        # RFC 9701 section 4: the caller asks for it by the Accept header. Section 6: without an
        # algorithm that the client is registered for, it is RS256.
        wanted = accepts(request.http, MEDIA_TYPE)
        return registered or (RS256 if wanted else None)

    def _claims(self, client: Client, members: Mapping[str, Any]) -> Mapping[str, Any]:
        server = self._server
        # RFC 9701 section 5: "sub" and "exp" are left out at the top, so that this can never be
        # taken for an access token.
        return {
            "iss": server.issuer,
            "aud": client.client_id,
            "iat": server.clock(),
            "token_introspection": dict(members),
        }


@implementer(IServerMetadata)
class SignedIntrospectionMetadata:
    """By which algorithms the response can be signed (RFC 9701 section 7)."""

    names = ("introspection_signing_alg_values_supported",)

    def __init__(self, server: IServer, settings: object = None) -> None:
        self._server = server

    def members(self) -> Mapping[str, Any]:
        """All of ours, in a server that can sign."""
        values = [] if self._server.signer is None else list(ALGORITHMS)
        return dict.fromkeys(self.names, values)
