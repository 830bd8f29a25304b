"""The revocation endpoint's decisions (RFC 7009)."""

from __future__ import annotations

from zope.interface import implementer

from ...interfaces.endpoints import IEndpoint
from ..authorization_server import AuthorizationServer
from ..client_endpoint import identify, read_form
from ..endpoints import EndpointRequest, EndpointResponse
from ..errors import InvalidRequest, OAuth2Error
from ..events import Emit, TokenRevoked
from ..grants import end_grant
from ..http import HTTPRequest
from ..parameters import Parameter
from ..records import ACCESS_TOKEN, REFRESH_TOKEN, Client, Grant, Token
from ..refusal import Refusal
from ..single_use import reserve
from ..token_strings import parse_token
from .access_token import own_client_id
from .resolution import reference_of

TOKEN_SENT = Refusal("token_parameter_sent", "RFC 7009 section 2.1")
# RFC 7009 section 2.1 and RFC 7662 section 2.1.
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
        client = process_revocation(self._server, request.http, request.emit)
        return EndpointResponse(client=client)


def process_revocation(server: AuthorizationServer, http: HTTPRequest, emit: Emit) -> Client:
    """Revoke the token of the request, if it is the client's; on return no process accepts it.

    ``token_type_hint`` is not read: the prefix of a token string names its kind, and
    RFC 7009 section 2.1 allows a server to ignore the hint.

    :param emit: receives the events.
    :return: the client that sent the request.
    :raises OAuth2Error: the request is refused, and nothing was revoked.
    """
    form = read_form(server, http)
    client, proof = identify(server, http, form, emit)
    try:
        reserve(server, proof.reservations)
        revoke_token(server, client, token_parameter(form), emit)
    except OAuth2Error as error:
        error.client = client
        raise
    return client


def token_parameter(form: dict[str, str]) -> str:
    """The token that a revocation or introspection request is about.

    :raises InvalidRequest: there is none.
    """
    if "token" not in form:
        raise InvalidRequest("The parameter token is missing.", refusal=TOKEN_SENT)
    return form["token"]


def revoke_token(server: AuthorizationServer, client: Client, value: str, emit: Emit) -> None:
    """Revoke an access token, or a refresh token and with it its whole grant.

    A token that is unknown or another client's is not revoked, and the response does
    not show it. RFC 7009 section 2.2: "invalid tokens do not cause an error
    response since the client cannot handle such an error in a reasonable way".
    """
    ref = reference_of(server, value) or parse_token(value)
    found = server.grants.find(ref) if ref and ref.kind in (ACCESS_TOKEN, REFRESH_TOKEN) else None
    if found is None:
        return
    token, grant = found
    # RFC 7009 section 2.1: "verifies whether the token was issued to the client
    # making the revocation request".
    if _client_id(token, grant) != client.client_id:
        return
    if grant is not None and token.kind == REFRESH_TOKEN:
        # RFC 7009 section 2.1: for a refresh token, the server "SHOULD also
        # invalidate all access tokens based on the same authorization grant".
        end_grant(server, grant, "revoked by the client", emit)
    elif server.grants.revoke_token(token.ref, server.clock()):
        subject = grant.subject if grant else None
        event = TokenRevoked(client_id=client.client_id, subject=subject, grant_id=token.grant_id)
        emit(event)


def _client_id(token: Token, grant: Grant | None) -> str | None:
    if grant is not None:
        return grant.client_id
    # A token whose grant is gone is not valid any more, and belongs to no client.
    return own_client_id(token.data) if token.grant_id is None else None
