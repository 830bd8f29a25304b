"""The authorization endpoint's decisions, in their order (RFC 6749 section 4.1.1, RFC 9700).

First the client and its redirect URI: where a response may be sent. An error there
is shown to the user on a page, never sent by a redirect, or the server would be an
open redirector (RFC 9700 section 4.11). Every later error is sent to the client.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..access import LIMITS, Access, Details
from ..envelope import CRITICAL, Members, NotUnderstood
from ..errors import (
    InvalidRequest,
    InvalidScope,
    RequestNotSupported,
    RequestURINotSupported,
    UnauthorizedClient,
    UnsupportedResponseType,
)
from ..http import Parameters
from ..records import CLIENT_ID_LENGTH, Client
from ..redirect_uris import matching_redirect_uri
from ..scopes import format_scope, grant_scope
from ..server import Server
from . import checks
from .pkce import code_challenge

# The response types of RFC 6749, and the grant type that a client needs for each.
GRANT_TYPE_OF = {"code": "authorization_code", "token": "implicit"}
DEFAULT_MODE = {"code": "query", "token": "fragment"}
RESPONSE_MODES = ("query", "fragment", "form_post")
_SETS = frozenset({"scope", "prompt", "optional_scope"})
PROMPTS = frozenset({"none", "login", "consent"})


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a response may be sent. ``redirect_uri`` is one that the client registered."""

    client: Client
    redirect_uri: str
    # Whether the request named it: then the token request must name it too.
    redirect_uri_named: bool
    state: str | None = None
    response_mode: str = "query"


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a client requests, checked. The consent form cannot change it, only narrow it.

    ``others`` are the members that a later version wrote.
    """

    client_id: str
    redirect_uri: str
    redirect_uri_named: bool
    response_type: str
    response_mode: str
    scope: frozenset[str]
    state: str | None = None
    code_challenge: str | None = None
    prompt: frozenset[str] = frozenset()
    # What the user may untick, as it was when the request was made.
    optional_scope: frozenset[str] = frozenset()
    resources: tuple[str, ...] = ()
    details: tuple[Details, ...] = ()
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def access(self) -> Access:
        """Everything that is requested."""
        return Access(self.scope, self.resources, self.details)

    def encode(self) -> dict[str, Any]:
        """As JSON can say it."""
        members = _MEMBERS.write(self)
        members |= {name: sorted(members[name]) for name in _SETS}
        absent = [name for name in LIMITS if not members[name]]
        for name in absent:
            del members[name]
        if len(absent) < len(LIMITS):
            critical = {*members.get(CRITICAL, []), *self.access.limits()}
            members[CRITICAL] = sorted(critical)
        return members

    @classmethod
    def decode(cls, members: Any) -> AuthorizationRequest:
        """From what :meth:`encode` made.

        :raises NotUnderstood: this version cannot answer the request.
        """
        known, others = _MEMBERS.split(members)
        try:
            sets = {name: frozenset(known[name]) for name in _SETS & known.keys()}
            limits = {name: tuple(known[name]) for name in known.keys() & set(LIMITS)}
            request = cls(**{**known, **sets, **limits}, others=others)
            known_values = (
                request.response_type in GRANT_TYPE_OF
                and request.response_mode in RESPONSE_MODES
                and request.prompt <= PROMPTS
            )
        except TypeError:
            known_values = False
        if not known_values:
            raise NotUnderstood("asks for what this version of the server does not know")
        return request


_MEMBERS = Members.of(AuthorizationRequest)


def find_destination(server: Server, parameters: Parameters) -> Destination:
    """The client, and the one of its redirect URIs to which the response is sent.

    :raises OAuth2Error: to be shown on a page.
    """
    client_id = parameters.once("client_id")
    if client_id is None:
        raise InvalidRequest("The parameter client_id is missing.", refusal=checks.CLIENT_ID)
    client = server.clients.get(client_id) if len(client_id) <= CLIENT_ID_LENGTH else None
    if client is None or client.disabled_at is not None:
        raise UnauthorizedClient("There is no such client.", refusal=checks.usable_client(client))
    named = parameters.once("redirect_uri")
    redirect_uri = matching_redirect_uri(client.redirect_uris, named)
    if redirect_uri is None:
        raise InvalidRequest(
            "The redirect_uri is not one that the client registered."
            if named
            else "The redirect_uri is missing, and the client did not register exactly one.",
            refusal=checks.other_redirect_uri(client, named),
        )
    destination = Destination(client, redirect_uri, named is not None)
    return _with_state_and_mode(destination, parameters)


def _with_state_and_mode(destination: Destination, parameters: Parameters) -> Destination:
    # Both only shape an error that may follow; read_request reports the errors in
    # these parameters themselves, without them.
    state = parameters.if_once("state")
    mode = parameters.if_once("response_mode")
    if mode not in RESPONSE_MODES or not _reaches(destination.redirect_uri, mode):
        mode = DEFAULT_MODE.get(parameters.if_once("response_type") or "", "query")
    return replace(destination, state=state, response_mode=mode)


def _reaches(redirect_uri: str, mode: str) -> bool:
    # An app is opened by its URI scheme, with a URL and without a body.
    return mode != "form_post" or redirect_uri.startswith(("https:", "http:"))


def read_request(
    server: Server, destination: Destination, parameters: Parameters
) -> AuthorizationRequest:
    """Everything that the client requests, checked step by step.

    :raises OAuth2Error: to be sent to the client by a redirect.
    """
    parameters.refuse_repeated()
    _refuse_request_objects(parameters)
    client = destination.client
    response_type = _response_type(server, client, parameters)
    scope = grant_scope(
        parameters.once("scope"), client, server.known_scopes, server.default_scopes
    )
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=destination.redirect_uri,
        redirect_uri_named=destination.redirect_uri_named,
        response_type=response_type,
        response_mode=_response_mode(response_type, destination, parameters),
        scope=scope,
        optional_scope=scope & client.optional_scope,
        state=destination.state,
        code_challenge=code_challenge(server, client, parameters)
        if response_type == "code"
        else None,
        prompt=_prompt(parameters),
    )


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


def _response_type(server: Server, client: Client, parameters: Parameters) -> str:
    response_type = parameters.once("response_type")
    if response_type is None:
        raise InvalidRequest(
            "The parameter response_type is missing.", refusal=checks.RESPONSE_TYPE
        )
    _check_response_type(server, client, response_type)
    return response_type


def _check_response_type(server: Server, client: Client, response_type: str) -> None:
    if response_type not in server.response_types:
        raise UnsupportedResponseType(
            "The server does not support this response_type.",
            refusal=checks.RESPONSE_TYPE_ENABLED.comparing(requested=response_type),
        )
    registered = response_type in client.response_types
    if not registered or GRANT_TYPE_OF[response_type] not in client.grant_types:
        raise UnauthorizedClient(
            "This client is not registered for this response_type.",
            refusal=checks.response_type_of(client, response_type),
        )


def _response_mode(response_type: str, destination: Destination, parameters: Parameters) -> str:
    mode = parameters.once("response_mode")
    if mode is None:
        return DEFAULT_MODE[response_type]
    if mode not in RESPONSE_MODES:
        raise InvalidRequest(
            "The response_mode is query, fragment or form_post.",
            refusal=checks.RESPONSE_MODE.comparing(response_mode=mode),
        )
    if mode == "query" and response_type == "token":
        # A token in a query string stays in logs and histories.
        raise InvalidRequest(
            "With response_type=token the response_mode cannot be query.",
            refusal=checks.RESPONSE_MODE,
        )
    if not _reaches(destination.redirect_uri, mode):
        raise InvalidRequest(
            "A form cannot be posted to an app by its scheme; leave it out.",
            refusal=checks.RESPONSE_MODE,
        )
    return mode


def _prompt(parameters: Parameters) -> frozenset[str]:
    prompt = frozenset(filter(None, (parameters.once("prompt") or "").split(" ")))
    if not prompt <= PROMPTS or ("none" in prompt and len(prompt) > 1):
        refusal = checks.PROMPT.comparing(prompt=prompt)
        raise InvalidRequest("The prompt is none, or login and consent.", refusal=refusal)
    return prompt


def still_a_destination(server: Server, requested: AuthorizationRequest) -> Destination:
    """Where the response to a request that was stored for a while may be sent now.

    :raises OAuth2Error: the client is gone or has another redirect URI; to be
        shown on a page.
    """
    client = server.clients.get(requested.client_id)
    if client is None or client.disabled_at is not None:
        raise UnauthorizedClient(
            "There is no such client any more.", refusal=checks.usable_client(client)
        )
    if matching_redirect_uri(client.redirect_uris, requested.redirect_uri) is None:
        raise InvalidRequest(
            "The client no longer registers this redirect_uri.",
            refusal=checks.other_redirect_uri(client, requested.redirect_uri),
        )
    return Destination(
        client,
        requested.redirect_uri,
        requested.redirect_uri_named,
        requested.state,
        requested.response_mode,
    )


def still_allowed(server: Server, client: Client, requested: AuthorizationRequest) -> None:
    """Refuse a stored request if the client may not make it any more.

    :raises OAuth2Error: to be sent to the client.
    """
    _check_response_type(server, client, requested.response_type)
    grant_scope(format_scope(requested.scope), client, server.known_scopes, server.default_scopes)


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
