"""What every endpoint for clients does first: the form, the client, and what it proves."""

from __future__ import annotations

from collections.abc import Mapping

from .authorization_server import AuthorizationServer
from .client_authentication import authenticate_client
from .errors import OAuth2Error
from .events import Emit
from .http import HTTPRequest, parse_form
from .records import Client
from .server import refuse_plain_http
from .token.confirmation import Proof
from .token.possession import prove


def read_form(server: AuthorizationServer, http: HTTPRequest) -> dict[str, str]:
    """The parameters of a request that a client sent to one of its endpoints.

    :raises InvalidRequest: it came by plain http, or it is no well-formed form.
    """
    refuse_plain_http(server, http)
    return parse_form(http, server.plug_ins.rules)


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
    if authenticated.reservations:
        proof = Proof(reservations=authenticated.reservations).and_(proof)
    return client, proof
