"""Reads an authorization request and its destination (RFC 6749 section 4.1.1, RFC 9700).

First the client and its redirect URI: where a response may be sent. An error there
is shown to the user on a page, never sent by a redirect, or the server would be an
open redirector (RFC 9700 section 4.11). Every later error is sent to the client.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..authorization_server import AuthorizationServer
from ..clients.private_schemes import private_schemes
from ..errors import (
    InvalidRequest,
    InvalidScope,
    RequestNotSupported,
    RequestURINotSupported,
    UnauthorizedClient,
    UnsupportedResponseType,
)
from ..http import Parameters
from ..records import Client
from ..redirect_uris import matching_redirect_uri
from ..resources import RESOURCE
from ..scopes import format_scope, grant_scope
from ..token.audience import requested_at
from ..token.sender_constraints import needs_proof, requested_methods
from . import checks
from .authorization_request import RESPONSE_MODES, AuthorizationRequest
from .client_lookup import Count
from .clients import find_client, recorded_client, resolved_document
from .extensions import read_extensions, refuse_unredeemed
from .login_parameters import read_demand, read_hints, read_prompt
from .pkce import code_challenge

if TYPE_CHECKING:
    from ...interfaces.authorization import IResponseType


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a response may be sent. ``redirect_uri`` is one that the client registered.

    It is None if no response is sent to the client.
    """

    client: Client
    redirect_uri: str | None
    # Whether the request named it: then the token request must name it too.
    redirect_uri_named: bool
    state: str | None = None
    response_mode: str = "query"


def find_destination(
    server: AuthorizationServer, parameters: Parameters, count: Count | None = None
) -> Destination:
    """The client, and the one of its redirect URIs to which the response is sent.

    :param count: as for :func:`~.clients.find_client`.
    :raises OAuth2Error: to be shown on a page.
    """
    client = find_client(server, parameters, count)
    named = parameters.once("redirect_uri")
    redirect_uri = _matching(server, client, named)
    if redirect_uri is None:
        raise InvalidRequest(
            "The redirect_uri is not one that the client registered."
            if named
            else "The redirect_uri is missing, and the client did not register exactly one.",
            refusal=checks.other_redirect_uri(client, named),
            client=client,
        )
    # Both only shape an error that may follow; read_request reports the errors in
    # these parameters themselves, without them.
    state = parameters.if_once("state")
    mode = parameters.if_once("response_mode")
    if mode not in RESPONSE_MODES or not _reaches(redirect_uri, mode):
        named_type = parameters.if_once("response_type") or ""
        response_type = server.plug_ins.response_types.get(named_type)
        mode = (response_type and response_type.default_mode) or "query"
    return Destination(client, redirect_uri, named is not None, state, mode)


def _matching(server: AuthorizationServer, client: Client, uri: str | None) -> str | None:
    return matching_redirect_uri(client.redirect_uris, uri, private_schemes(server, client))


def _reaches(redirect_uri: str | None, mode: str) -> bool:
    # An app is opened by its URI scheme, with a URL and without a body.
    return (
        redirect_uri is None or mode != "form_post" or redirect_uri.startswith(("https:", "http:"))
    )


def read_request(
    server: AuthorizationServer, destination: Destination, parameters: Parameters
) -> AuthorizationRequest:
    """Everything that the client requests, checked step by step.

    :raises OAuth2Error: to be sent to the client by a redirect.
    """
    client = destination.client
    parameters.refuse_repeated()
    _refuse_request_objects(parameters)
    name = _response_type(server, client, parameters)
    response_type = server.plug_ins.response_types[name]
    scope = _scope(server, client, parameters.once("scope"))
    access = requested_at(server, client, scope, parameters.values.get(RESOURCE, ()))
    scope = access.scope
    extensions = read_extensions(server, client, access, parameters)
    refuse_unredeemed(server, response_type, extensions)
    demand = read_demand(server, parameters, extensions)
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=destination.redirect_uri,
        redirect_uri_named=destination.redirect_uri_named,
        response_type=name,
        response_mode=_response_mode(name, response_type, destination, parameters),
        scope=scope,
        resources=access.resources,
        optional_scope=scope & client.optional_scope,
        state=destination.state,
        code_challenge=code_challenge(server, client, parameters) if response_type.pkce else None,
        prompt=read_prompt(server, parameters),
        cnf=requested_methods(server, parameters),
        extensions=extensions,
        sub=demand.sub,
        acr=tuple(demand.acr),
        max_age=demand.max_age,
        login_hints=read_hints(parameters, demand.preferred_acr),
        client_document=resolved_document(server, client),
    )


def _scope(server: AuthorizationServer, client: Client, requested: str | None) -> frozenset[str]:
    offline = server.may_be_offline(client)
    return grant_scope(requested, client, server.known_scopes, server.default_scopes, offline)


def _refuse_request_objects(parameters: Parameters) -> None:
    # RFC 9101: a request object, or the URL of one, may differ from the parameters
    # beside it. To ignore it would be to respond to another request.
    if parameters.once("request") is not None:
        raise RequestNotSupported(
            "Request objects are not supported.", refusal=checks.REQUEST_OBJECT
        )
    if parameters.once("request_uri") is not None:
        raise RequestURINotSupported(
            "The parameter request_uri is not supported.", refusal=checks.REQUEST_OBJECT
        )


def _response_type(server: AuthorizationServer, client: Client, parameters: Parameters) -> str:
    response_type = parameters.once("response_type")
    if response_type is None:
        raise InvalidRequest(
            "The parameter response_type is missing.", refusal=checks.RESPONSE_TYPE
        )
    _check_response_type(server, client, response_type, named=True)
    return response_type


def _check_response_type(
    server: AuthorizationServer, client: Client, name: str, named: bool = False
) -> None:
    """Refuse a response type that the server or the client does not have.

    :param named: whether an authorization request names it.
    """
    response_type = server.plug_ins.response_types.get(name)
    # One that no request can name is enabled and registered by its grant type alone.
    named = named or response_type is None or response_type.default_mode is not None
    enabled = name in server.response_types if named else True
    if response_type is None or not enabled:
        raise UnsupportedResponseType(
            "The server does not support this response_type.",
            refusal=checks.RESPONSE_TYPE_ENABLED.comparing(requested=name),
        )
    registered = name in client.response_types if named else True
    if not registered or response_type.grant_type not in client.grant_types:
        raise UnauthorizedClient(
            "This client is not registered for this response_type.",
            refusal=checks.response_type_of(client, name),
        )
    if not response_type.redeemed and needs_proof(server, client):
        # No proof is part of an authorization request, so the token would be bound to nothing.
        raise UnauthorizedClient(
            "The access tokens of this client are bound to a key: use the response_type code.",
            refusal=checks.BOUND_TOKENS.comparing(requested=name),
        )


def _response_mode(
    name: str, response_type: IResponseType, destination: Destination, parameters: Parameters
) -> str:
    mode = parameters.once("response_mode")
    if mode is None:
        return response_type.default_mode or "query"
    if mode not in RESPONSE_MODES:
        raise InvalidRequest(
            "The response_mode is query, fragment or form_post.",
            refusal=checks.RESPONSE_MODE.comparing(response_mode=mode),
        )
    if mode == "query" and response_type.fragment_only:
        raise InvalidRequest(
            f"With response_type={name} the response_mode cannot be query.",
            refusal=checks.RESPONSE_MODE,
        )
    if not _reaches(destination.redirect_uri, mode):
        raise InvalidRequest(
            "A form cannot be posted to an app by its scheme; leave it out.",
            refusal=checks.RESPONSE_MODE,
        )
    return mode


def still_a_destination(
    server: AuthorizationServer, requested: AuthorizationRequest
) -> Destination:
    """Where the response to a request that was stored for a while may be sent now.

    :raises OAuth2Error: the client is gone or has another redirect URI; to be
        shown on a page.
    """
    client = recorded_client(server, requested.client_id, requested.client_document)
    if client is None or client.disabled_at is not None:
        raise UnauthorizedClient(
            "There is no such client any more.",
            refusal=checks.usable_client(client),
            client=client,
        )
    uri = requested.redirect_uri
    if uri is not None and _matching(server, client, uri) is None:
        raise InvalidRequest(
            "The client no longer registers this redirect_uri.",
            refusal=checks.other_redirect_uri(client, uri),
            client=client,
        )
    return Destination(
        client,
        uri,
        requested.redirect_uri_named,
        requested.state,
        requested.response_mode,
    )


def still_allowed(
    server: AuthorizationServer, client: Client, requested: AuthorizationRequest
) -> None:
    """Refuse a stored request if the client may not make it any more.

    :raises OAuth2Error: to be sent to the client.
    """
    _check_response_type(server, client, requested.response_type)
    response_type = server.plug_ins.response_types[requested.response_type]
    refuse_unredeemed(server, response_type, requested.extensions)
    scope = _scope(server, client, format_scope(requested.scope))
    requested_at(server, client, scope, requested.resources)


def narrowed(requested: AuthorizationRequest, ticked: frozenset[str]) -> AuthorizationRequest:
    """The request with the scopes that the user left ticked.

    The form can only narrow the scope, and only by what the page showed as optional.

    :raises InvalidScope: nothing is left.
    """
    scope = (requested.scope - requested.optional_scope) | (requested.scope & ticked)
    if not scope:
        refusal = checks.SCOPE_TICKED.comparing(requested=requested.scope, ticked=ticked)
        raise InvalidScope("The user allowed none of the requested scopes.", refusal=refusal)
    return replace(requested, scope=scope)
