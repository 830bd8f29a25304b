"""The token endpoint's decisions, in the order in which they are made (RFC 6749 section 3.2)."""

from __future__ import annotations

from collections.abc import Mapping

from zope.interface import implementer

from ...interfaces.endpoints import IEndpoint
from ..authorization_server import AuthorizationServer
from ..client_endpoint import identify
from ..endpoints import JSON, EndpointRequest, EndpointResponse
from ..errors import InvalidRequest, OAuth2Error, UnauthorizedClient, UnsupportedGrantType
from ..events import Emit, TokenRefused
from ..http import HTTPRequest, parse_parameters
from ..parameters import Parameter
from ..records import Client
from ..refusal import Refusal
from ..resources import RESOURCE
from .audience import for_resources
from .issuing import issue
from .request import PasswordCheck, TokenRequest, pick_parameters
from .token_response import IssuedTokens

SENT = Refusal("grant_type_sent", "RFC 6749 section 3.2")
ENABLED = Refusal("grant_type_enabled", "RFC 6749 section 5.2", decided_by="oauth2.grant_types")
OF_CLIENT = Refusal("grant_type_of_client", "RFC 6749 section 5.2", decided_by="client.grant_types")


@implementer(IEndpoint)
class TokenEndpoint:
    """``POST /oauth2/token``: issues tokens."""

    methods = ("POST",)
    cross_origin = True
    # The grant types, and the methods of client authentication, declare theirs.
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: AuthorizationServer, settings: object = None) -> None:
        self._server = server

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """What was issued; on return it is in the store.

        :raises OAuth2Error: the request is refused, and nothing was issued.
        """
        client, issued, headers = process_token_request(
            self._server, request.http, request.owners, request.emit
        )
        return EndpointResponse(issued.encode(), JSON, headers=headers, client=client, stored=True)


def process_token_request(
    server: AuthorizationServer, http: HTTPRequest, owners: PasswordCheck, emit: Emit
) -> tuple[Client, IssuedTokens, Mapping[str, str]]:
    """Issue what the client requests; on return it is in the store.

    :param emit: receives the events, also where the request is refused.
    :return: the client, what was issued to it, and the headers of the response.
    :raises OAuth2Error: the request is refused, and nothing was issued.
    """
    sent = parse_parameters(http, server.plug_ins.rules)
    form = sent.as_form()
    name = form.get("grant_type")
    if name is None:
        raise InvalidRequest("The parameter grant_type is missing.", refusal=SENT)
    grant_type = server.plug_ins.grant_types.get(name)
    if grant_type is None:
        raise UnsupportedGrantType(
            "The server does not support this grant type.",
            refusal=ENABLED.comparing(requested=name, enabled=server.plug_ins.grant_types),
        )
    try:
        client, proof = identify(server, http, form, emit)
    except OAuth2Error as error:
        if error.client is not None:
            emit(_refused(error, error.client, name))
        raise
    try:
        if name not in client.grant_types:
            # RFC 6749 section 5.2: "The authenticated client is not authorized to
            # use this authorization grant type."
            raise UnauthorizedClient(
                "This client is not registered for this grant type.",
                refusal=OF_CLIENT.comparing(requested=name, registered=client.grant_types),
            )
        parameters = pick_parameters(form, grant_type.parameters)
        request = TokenRequest(name, client, parameters, http, owners, emit)
        issuance = grant_type.validate(request)
        # RFC 8707 section 2.2, for every grant type.
        issuance = for_resources(server, client, issuance, sent.values.get(RESOURCE, ()))
        issued = issue(server, client, issuance, name, emit, proof, http.reserved)
        return client, issued, proof.headers
    except OAuth2Error as error:
        error.respond_to(client, proof.headers)
        emit(_refused(error, client, name))
        raise


def _refused(error: OAuth2Error, client: Client, grant_type: str) -> TokenRefused:
    return TokenRefused(
        client_id=client.client_id,
        grant_type=grant_type,
        error=error.code,
        refusal=error.refusal,
    )
