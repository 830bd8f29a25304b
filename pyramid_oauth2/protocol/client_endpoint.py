"""What every endpoint for clients does first: the form, the client, and what it proves.

The token endpoint, which looks at the grant type in between, reads the form and calls
:func:`identify` itself. Any other has both in :attr:`~.endpoints.EndpointRequest.client_request`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from .authorization.pushed_request import push_request
from .authorization.source import PushedRequest
from .authorization_server import AuthorizationServer
from .client_authentication import authenticate_client
from .endpoints import ClientRequest, EndpointRequest, EndpointResponse
from .errors import InvalidClient, OAuth2Error
from .events import Emit
from .http import HTTPRequest, parse_body, parse_form
from .records import Client
from .refusal import Refusal
from .server import refuse_plain_http
from .single_use import reserve
from .token.access_token import AccessToken
from .token.confirmation import Proof
from .token.request import PasswordCheck, pick_parameters
from .token.required import required_token
from .token.sender_constraints import prove

if TYPE_CHECKING:
    from ..interfaces.endpoints import IEndpoint


CONFIDENTIAL = Refusal(
    "client_authenticates", "RFC 6749 section 2.1", decided_by="client.token_endpoint_auth_method"
)
REQUIRED = Refusal("parameter_of_endpoint_required", "RFC 6749 section 5.2")


def process_request(
    server: AuthorizationServer,
    endpoint: IEndpoint,
    http: HTTPRequest,
    owners: PasswordCheck,
    emit: Emit,
) -> EndpointResponse:
    """The response of a registered endpoint.

    :raises OAuth2Error: the request is refused; the error names the client, if it had
        authenticated or presented its access token.
    """
    refuse_plain_http(server, http)
    authenticated: list[ClientRequest] = []
    # For whom the response is, and the headers that belong to it.
    known: list[tuple[Client, Mapping[str, str]]] = []

    def client_request(*, public: bool = False) -> ClientRequest:
        # What a request may use once is reserved once.
        if not authenticated:
            call = _client_request(server, endpoint, http, emit, public)
            authenticated.append(call)
            known.append((call.client, call.proof.headers))
        return authenticated[0]

    def access_token(scope: str) -> AccessToken:
        token, headers = required_token(server, http, scope)
        known.append((token.client, headers))
        return token

    try:
        request = EndpointRequest(http, owners, emit, client_request, access_token)
        response = endpoint.process(request)
    except OAuth2Error as error:
        for client, headers in known:
            error.respond_to(client, headers)
        raise
    for client, headers in known:
        response = replace(response, client=client, headers={**headers, **response.headers})
    return response


def _client_request(
    server: AuthorizationServer, endpoint: IEndpoint, http: HTTPRequest, emit: Emit, public: bool
) -> ClientRequest:
    form = parse_form(http, server.plug_ins.rules)
    client, proof = identify(server, http, form, emit)
    try:
        if client.public and not public:
            # RFC 6749 section 2.1: it is "incapable of secure client authentication"; its
            # client_id is known to everyone.
            raise InvalidClient(
                "This endpoint is for clients that authenticate.",
                refusal=CONFIDENTIAL.comparing(client_id=client.client_id),
            )
        parameters = pick_parameters(form, endpoint.parameters, REQUIRED)
        reserve(server, proof.reservations, http.reserved)
    except OAuth2Error as error:
        error.respond_to(client, proof.headers)
        raise

    def push(lifetime: int) -> PushedRequest:
        # Not the form from above, which has only the last value of a repeated parameter.
        sent = parse_body(http, rules=server.plug_ins.rules)
        return push_request(server, http, client, sent, proof, lifetime, emit)

    return ClientRequest(client, parameters, proof, push)


def identify(
    server: AuthorizationServer, http: HTTPRequest, form: Mapping[str, str], emit: Emit
) -> tuple[Client, Proof]:
    """The client of a request, and what its sender proves. Nothing is written.

    :return: the reservations of the proof are those of the authentication, too.
    :raises OAuth2Error: the client did not authenticate, or a proof is wrong.
    """
    client, authenticated = authenticate_client(server, http, form, emit)
    try:
        proof = prove(server, http, client)
    except OAuth2Error as error:
        error.client = client
        raise
    if authenticated.reservations or authenticated.by_key:
        own = Proof(reservations=authenticated.reservations, authenticated_by=authenticated.by_key)
        proof = own.and_(proof)
    return client, proof
