"""A request that a client stores before its user comes: an interaction without a browser.

RFC 9126 section 2: the client authenticates, and sends the parameters directly to the server.
The user's browser then brings the handle alone.
"""

from __future__ import annotations

from dataclasses import replace

from ..authorization_server import AuthorizationServer
from ..errors import InvalidRequest, OAuth2Error
from ..events import Emit
from ..http import HTTPRequest, Parameters
from ..records import Client
from ..token.confirmation import Proof
from ..token.sender_constraints import bound_in_advance
from . import checks
from .authorization_request import AuthorizationRequest
from .interaction import OpenInteraction, begin_interaction, change_interaction
from .interaction_data import Interaction
from .request import find_destination, read_request
from .results import refused_event
from .source import PUSHED, PushedRequest, StoredRequest
from .unpacking import unpacked
from .unusable import UnusableInteraction
from .user import User


def push_request(
    server: AuthorizationServer,
    http: HTTPRequest,
    client: Client,
    form: Parameters,
    proof: Proof,
    lifetime: int,
    emit: Emit,
) -> PushedRequest:
    """Check a request as the authorization endpoint does, and store it.

    :param client: the client that has authenticated.
    :param form: the parameters that it sent.
    :param proof: what it proves; what the client redeems may be bound to the key.
    :param lifetime: for how long a browser may open it, in seconds.
    :raises OAuth2Error: the request is refused.
    """
    if client.public:
        # Anyone can send it, as anyone can open the authorization endpoint.
        attempt = server.throttle.interaction(http, emit)
        attempt.refuse_if_blocked()
        attempt.count_or_refuse(client.client_id)
    try:
        request = _checked(server, client, form, proof)
    except OAuth2Error as error:
        emit(refused_event(error, client))
        raise
    handle, _ = begin_interaction(server, Interaction(request), lifetime=lifetime)
    return PushedRequest(handle, lifetime)


def open_pushed_request(
    server: AuthorizationServer, handle: str, client_id: str | None, user: User
) -> None:
    """Let a browser open a request: from now on it waits as long as any, for this browser.

    :param client_id: as the browser brings it.
    :raises UnusableInteraction: it is unknown, expired or used, or another client's.
    """
    browser, now = user.browser(), server.clock()

    def opened(found: OpenInteraction) -> Interaction:
        interaction = found.interaction
        if interaction.request.client_id != client_id:
            # RFC 9126 section 2.2: the request_uri "MUST be bound to the client".
            raise UnusableInteraction(
                "This request is another client's.",
                refusal=checks.PUSHED_CLIENT,
                code="another_request",
            )
        # Also where no user is signed in: a handle that a client sent is for one browser.
        return interaction.opened_by(browser, user.subject, user.new, now)

    change_interaction(server, handle, opened, now + server.lifetimes.interaction)


def _checked(
    server: AuthorizationServer, client: Client, form: Parameters, proof: Proof
) -> AuthorizationRequest:
    values = {**form.values, "client_id": (client.client_id,)}
    sent = replace(form, values=values, provenance=frozenset({PUSHED}))
    if form.once("client_id") not in (None, client.client_id):
        raise InvalidRequest(
            "The client_id is not that of the client that authenticated.",
            refusal=checks.REQUEST_CLIENT,
        )
    parameters = unpacked(server, sent)
    if isinstance(parameters, StoredRequest):
        # RFC 9126 section 2.1: "The request_uri authorization request parameter [...] MUST NOT
        # be provided".
        raise InvalidRequest(
            "A request that is stored cannot be stored again.", refusal=checks.PUSHED_TWICE
        )
    request = read_request(server, find_destination(server, parameters), parameters)
    requested, proven = request.cnf or {}, bound_in_advance(server, proof)
    for name, value in proven.items():
        if requested.get(name, value) != value:
            raise InvalidRequest(
                "The request names another key than the one that is proven.",
                refusal=checks.PUSHED_KEY,
            )
    return replace(request, cnf={**requested, **proven} or None)
