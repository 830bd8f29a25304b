"""The token endpoint's decisions, in the order in which they are made (RFC 6749 section 3.2)."""

from __future__ import annotations

from .client_authentication import authenticate_client
from .errors import InvalidRequest, OAuth2Error, UnauthorizedClient, UnsupportedGrantType
from .requests import HTTPFacts, PasswordCheck, TokenRequest, parse_form, pick_parameters
from .server import AuthorizationServer, refuse_plain_http
from .tokens import Issued


def answer_token_request(
    server: AuthorizationServer, facts: HTTPFacts, owners: PasswordCheck
) -> tuple[TokenRequest, Issued]:
    """Issue what the request asks for; on return it is in the store.

    :raises OAuth2Error: the request is refused, and nothing was issued.
    """
    refuse_plain_http(server, facts)
    form = parse_form(facts)
    name = form.get("grant_type")
    if name is None:
        raise InvalidRequest("The parameter grant_type is missing.")
    grant_type = server.grant_types.get(name)
    if grant_type is None:
        raise UnsupportedGrantType("The server does not support this grant type.")
    client = authenticate_client(server, facts, form)
    try:
        if name not in client.grant_types:
            # RFC 6749 section 5.2: "The authenticated client is not authorized to
            # use this authorization grant type."
            raise UnauthorizedClient("This client is not registered for this grant type.")
        parameters = pick_parameters(form, grant_type.parameters)
        request = TokenRequest(name, client, parameters, facts, owners)
        validated = grant_type.validate(request, server)
        return request, grant_type.issue(request, server, validated)
    except OAuth2Error as error:
        error.client = client
        raise
