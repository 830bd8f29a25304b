"""The introspection endpoint's decisions (RFC 7662)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from zope.interface import implementer

from ...interfaces.endpoints import IEndpoint
from ..authorization_server import AuthorizationServer
from ..clients.extra import value_of
from ..clients.resources import RESOURCES
from ..endpoints import EndpointRequest, EndpointResponse
from ..errors import InvalidToken
from ..events import Emit, IntrospectionRefused
from ..records import Client
from ..refusal import Refusal
from ..resources import canonical
from .access_token import AccessToken
from .claims import claims_of
from .resolution import find_access_token
from .revocation import TOKEN
from .sender_constraints import token_type

# RFC 7662 section 2.2: "The authorization server SHOULD NOT include any
# additional information about an inactive token, including why".
INACTIVE: Mapping[str, Any] = {"active": False}

OF_TOKEN = Refusal(
    "introspection_of_token", "RFC 7662 section 2.2", decided_by="client.resource_server"
)

OF_RESOURCE = Refusal(
    "introspection_of_resource", "RFC 9700 section 2.3", decided_by="client.resources"
)


@implementer(IEndpoint)
class IntrospectionEndpoint:
    """``POST /oauth2/introspect``: returns the state of a token to a resource server."""

    methods = ("POST",)
    # A page of another origin has no access.
    cross_origin = False
    parameters = TOKEN

    def __init__(self, server: AuthorizationServer, settings: object = None) -> None:
        self._server = server

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """What the calling client may know about a token.

        :raises OAuth2Error: the request is refused.
        """
        # RFC 7662 section 4: against token scanning, the endpoint "MUST require some form of
        # authorization". A client_id alone proves nothing.
        call = request.client_request(public=False)
        members = introspect(self._server, call.client, call.parameters["token"], request.emit)
        return EndpointResponse.json(members)


def introspect(
    server: AuthorizationServer, client: Client, value: str, emit: Emit
) -> Mapping[str, Any]:
    """The members of the response: what *client* may know about a token.

    A client may know about its own access tokens, and one that is registered as a
    resource server about the tokens for the APIs that it is. Every other token is inactive, without
    a difference: unknown, expired, revoked, or of another client. Codes and
    refresh tokens are inactive too: a resource server that checks ``active`` alone
    must not accept one as an access token.
    """
    try:
        token = find_access_token(server, value)
    except InvalidToken:
        return INACTIVE
    own, audience = (
        _own_resources(server, client),
        server.resources.audience(token.access.resources),
    )
    if token.client.client_id == client.client_id or own.intersection(audience):
        return _members(server, token, client)
    refusal = OF_TOKEN.comparing(client_id=client.client_id, token_of=token.client.client_id)
    if client.resource_server:
        refusal = OF_RESOURCE.comparing(resources=own, audience=audience)
    emit(IntrospectionRefused(client_id=client.client_id, refusal=refusal))
    return INACTIVE


def _own_resources(server: AuthorizationServer, client: Client) -> frozenset[str]:
    """The APIs that a resource server is."""
    if not client.resource_server:
        return frozenset()
    named = value_of(RESOURCES, client) if server.resources.known else ()
    return frozenset(server.resources.audience(tuple(map(canonical, named))))


def _members(server: AuthorizationServer, token: AccessToken, client: Client) -> Mapping[str, Any]:
    claims = claims_of(server, token)
    if token.subject is not None and client.client_id == token.client.client_id:
        # Also where an API knows the user by another one.
        claims["sub"] = server.subject_for(client, token.subject)
    first = {name: claims[name] for name in ("scope", "client_id")}
    return {"active": True, **first, "token_type": token_type(server, token.confirmation), **claims}
