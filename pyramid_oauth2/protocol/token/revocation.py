"""The revocation endpoint's decisions (RFC 7009)."""

from __future__ import annotations

from functools import partial

from zope.interface import implementer

from ...interfaces.endpoints import IEndpoint
from ..authorization_server import AuthorizationServer
from ..endpoints import EndpointRequest, EndpointResponse
from ..events import Emit, TokenRevoked
from ..grants import end_grant
from ..lost_responses import until_known
from ..parameters import Parameter
from ..records import ACCESS_TOKEN, REFRESH_TOKEN, Client, Grant, Token
from ..server import Server
from ..token_strings import parse_token
from .access_token import own_client_id
from .confirmation import Proof
from .proven_clients import check_client_proof
from .resolution import recognise, reference_of

# RFC 7009 section 2.1 and RFC 7662 section 2.1. The hint is not read: the prefix of a token
# string names its kind, and RFC 7009 section 2.1 allows a server to ignore the hint.
TOKEN = (Parameter("token", required=True), Parameter("token_type_hint"))


@implementer(IEndpoint)
class RevocationEndpoint:
    """``POST /oauth2/revoke``: revokes a token."""

    methods = ("POST",)
    cross_origin = True
    parameters = TOKEN

    def __init__(self, server: AuthorizationServer, settings: object = None) -> None:
        self._server = server

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """200 without a body, also for a token that is unknown or another client's.

        :raises OAuth2Error: the request is refused, and nothing was revoked.
        """
        # RFC 7009 section 2.1: "first validates the client credentials (in case of a
        # confidential client)"; a public client has none.
        call = request.client_request(public=True)
        value = call.parameters["token"]
        revoke_token(self._server, call.client, value, request.emit, call.proof)
        return EndpointResponse()


def revoke_token(
    server: AuthorizationServer, client: Client, value: str, emit: Emit, proof: Proof
) -> None:
    """Revoke an access token, or a refresh token and with it its whole grant.

    A token that is unknown or another client's is not revoked, and the response does
    not show it. RFC 7009 section 2.2: "invalid tokens do not cause an error
    response since the client cannot handle such an error in a reasonable way".

    :param proof: what the request proves.
    :raises InvalidGrant: the client got the token by a proof, and does not prove itself now.
    """
    ref = reference_of(recognise(server, value)) or parse_token(value)
    found = server.grants.find(ref) if ref and ref.kind in (ACCESS_TOKEN, REFRESH_TOKEN) else None
    if found is None:
        return
    token, grant = found
    # RFC 7009 section 2.1: "verifies whether the token was issued to the client
    # making the revocation request".
    if _client_id(token, grant) != client.client_id:
        return
    check_client_proof(client, token, proof)
    if grant is not None and token.kind == REFRESH_TOKEN:
        # RFC 7009 section 2.1: for a refresh token, the server "SHOULD also
        # invalidate all access tokens based on the same authorization grant".
        end_grant(server, grant, "revoked by the client", emit)
    elif _revoked(server, token):
        subject = grant.subject if grant else None
        event = TokenRevoked(client_id=client.client_id, subject=subject, grant_id=token.grant_id)
        emit(event)


def _revoked(server: Server, token: Token) -> bool:
    now = server.clock()
    revoke = partial(server.grants.revoke_token, token.ref, now)

    def again() -> bool:
        if revoke():
            return True
        # By the call whose response was lost, or by another one before.
        found = server.grants.find(token.ref)
        return found is not None and found[0].revoked_at == now

    return until_known(revoke, again)


def _client_id(token: Token, grant: Grant | None) -> str | None:
    if grant is not None:
        return grant.client_id
    # A token whose grant is gone is not valid any more, and belongs to no client.
    return own_client_id(token.data) if token.grant_id is None else None
