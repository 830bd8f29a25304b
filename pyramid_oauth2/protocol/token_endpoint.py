"""The token endpoint's decisions, in the order in which they are made (RFC 6749 section 3.2)."""

from __future__ import annotations

from .client_authentication import authenticate_client
from .errors import InvalidRequest, UnauthorizedClient, UnsupportedGrantType
from .requests import HTTPFacts, PasswordCheck, TokenRequest, parse_form, pick_parameters
from .server import AuthorizationServer
from .tokens import Issued


def answer_token_request(
    server: AuthorizationServer, facts: HTTPFacts, owners: PasswordCheck
) -> tuple[TokenRequest, Issued]:
    """Issue what the request asks for; on return it is in the store.

    :raises OAuth2Error: the request is refused, and nothing was issued.
    """
    _refuse_plain_http(server, facts)
    form = parse_form(facts)
    name = form.get("grant_type")
    if name is None:
        raise InvalidRequest("The parameter grant_type is missing.")
    grant_type = server.grant_types.get(name)
    if grant_type is None:
        raise UnsupportedGrantType("The server does not support this grant type.")
    client = authenticate_client(server, facts, form)
    if name not in client.grant_types:
        # RFC 6749 section 5.2: "The authenticated client is not authorized to
        # use this authorization grant type."
        raise UnauthorizedClient("This client is not registered for this grant type.")
    parameters = pick_parameters(form, grant_type.parameters)
    request = TokenRequest(name, client, parameters, facts, owners)
    validated = grant_type.validate(request, server)
    return request, grant_type.issue(request, server, validated)


def _refuse_plain_http(server: AuthorizationServer, facts: HTTPFacts) -> None:
    # RFC 6749 section 3.2: "the authorization server MUST require the use of TLS".
    if server.require_https and not facts.secure:
        raise InvalidRequest(
            "A secure connection is required: use https. (Behind a proxy that ends TLS, "
            "the WSGI server must trust it: with waitress, set trusted_proxy and "
            "trusted_proxy_headers = x-forwarded-proto.)"
        )
