"""The token endpoint's decisions, in the order in which they are made (RFC 6749 section 3.2)."""

from __future__ import annotations

from ..authorization_server import AuthorizationServer
from ..client_authentication import authenticate_client
from ..errors import InvalidRequest, OAuth2Error, UnauthorizedClient, UnsupportedGrantType
from ..events import Emit, TokenRefused
from ..http import HTTPRequest, parse_form
from ..records import Client
from ..server import refuse_plain_http
from .issued import IssuedTokens
from .issuing import issue
from .request import PasswordCheck, TokenRequest, pick_parameters


def process_token_request(
    server: AuthorizationServer, http: HTTPRequest, owners: PasswordCheck, emit: Emit
) -> tuple[Client, IssuedTokens]:
    """Issue what the client requests; on return it is in the store.

    :param emit: receives the events, also where the request is refused.
    :return: the client, and what was issued to it.
    :raises OAuth2Error: the request is refused, and nothing was issued.
    """
    refuse_plain_http(server, http)
    form = parse_form(http)
    name = form.get("grant_type")
    if name is None:
        raise InvalidRequest("The parameter grant_type is missing.")
    grant_type = server.grant_types.get(name)
    if grant_type is None:
        raise UnsupportedGrantType("The server does not support this grant type.")
    client = authenticate_client(server, http, form, emit)
    try:
        if name not in client.grant_types:
            # RFC 6749 section 5.2: "The authenticated client is not authorized to
            # use this authorization grant type."
            raise UnauthorizedClient("This client is not registered for this grant type.")
        parameters = pick_parameters(form, grant_type.parameters)
        request = TokenRequest(name, client, parameters, http, owners, emit)
        issuance = grant_type.validate(request, server)
        return client, issue(server, client, issuance, name, emit)
    except OAuth2Error as error:
        error.client = client
        emit(TokenRefused(client_id=client.client_id, grant_type=name, error=error.code))
        raise
