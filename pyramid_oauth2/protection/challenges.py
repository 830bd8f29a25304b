"""The error responses of a protected resource, with their challenges (RFC 6750 section 3).

401: a token is needed, or the one that was sent is invalid. 403: the token is
not sufficient. ``resource_metadata`` is the URL of the metadata that a client
needs to get a suitable token (RFC 9728 section 5.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pyramid.httpexceptions import HTTPClientError
from pyramid.response import Response

from ..interfaces.request import PyramidRequest
from ..protocol.errors import InsufficientScope, InvalidRequest, OAuth2Error
from ..protocol.refusal import Refusal
from ..protocol.scopes import OFFLINE, format_scope
from ..protocol.token.presentation import BEARER_SCHEME, Presentation
from ..protocol.token.required import MISPLACED, MISSING, PLACE, SCOPE, SENT
from ..protocol.token.token_response import BEARER
from ..responses import error_response, json_response, record_refusal
from .cors import expose_when_sent
from .protected_resources import metadata_url

HEADER = "WWW-Authenticate"
REALM = 'realm="oauth2"'
OWN_PARAMETERS = frozenset({"error", "error_description", "realm", "resource_metadata", "scope"})

PERMISSION = Refusal("token_permission", "RFC 6750 section 3.1", decided_by="view")


class Presenter(Protocol):
    """What a request presents, and how it may authenticate: ``request.oauth2``."""

    @property
    def presentation(self) -> Presentation | None:
        """The access token that it presents."""

    @property
    def challenges(self) -> Mapping[str, Mapping[str, str]]:
        """The parameters of the challenge of each scheme."""

    @property
    def required_scope(self) -> frozenset[str]:
        """The scopes that the view requires."""


class ChallengedRequest(PyramidRequest, Protocol):
    """A request that is refused."""

    @property
    def oauth2(self) -> Presenter:
        """What it presents."""


def missing_token(request: ChallengedRequest, scope: frozenset[str] = frozenset()) -> Response:
    """401 for a request without a token.

    RFC 6750 section 3.1: "If the request lacks any authentication information
    [...] the resource server SHOULD NOT include an error code".

    :param scope: what is required beside the scopes of the view.
    """
    record_refusal(request, SENT)
    response = json_response({"error_description": MISSING}, 401)
    scope = request.oauth2.required_scope | scope
    return _challenged(request, response, {}, metadata_url(request), scope)


def refused_token(request: ChallengedRequest, error: OAuth2Error) -> Response:
    """401 for a token that is unknown, expired or revoked, or whose key is not proved.

    Another demand of a view may have an error of its own, with members and a status.
    """
    return _refusal(request, error)


def misplaced_token(request: ChallengedRequest) -> Response:
    """400 for a malformed token, or one that is not in the Authorization header alone.

    RFC 6750 section 2: "Clients MUST NOT use more than one method to transmit
    the token in each request", and the header is the only method by which the
    token does not end up in logs (RFC 9700 section 4.3.2). RFC 6750 section 3.1:
    "or is otherwise malformed".
    """
    return _refusal(request, InvalidRequest(MISPLACED, refusal=PLACE))


def insufficient_scope(
    request: ChallengedRequest, scope: frozenset[str], of_token: frozenset[str]
) -> Response:
    """403 for a valid token that lacks a scope; the response names all that are required.

    :param scope: what is required beside the scopes of the view.
    :param of_token: the scopes that it has.
    """
    # All at once: a client that learns of one after the other sends its user back each time.
    scope = request.oauth2.required_scope | scope
    text = format_scope(scope)
    refusal = SCOPE.comparing(required=scope, of_token=of_token)
    error = InsufficientScope(f"The access token needs the scope: {text}.", text, refusal=refusal)
    return _refusal(request, error)


def missing_permission(request: ChallengedRequest) -> Response:
    """403 for a token whose user or scopes lack the view's permission.

    The challenge has no error code: a token with more scopes would not help.
    """
    record_refusal(request, PERMISSION)
    members = {
        "error": "access_denied",
        "error_description": "The access token does not give the permission for this.",
    }
    return _challenged(request, json_response(members, 403), {}, metadata_url(request))


def refused_at_endpoint(request: ChallengedRequest, error: OAuth2Error) -> Response:
    """The refusal of a token at an endpoint of the server, which is no resource with metadata."""
    if error.refusal == SENT:
        # RFC 6750 section 3.1: without a token there is no error code.
        response = json_response({"error_description": error.description}, error.status)
        return _challenged(request, response, {}, None)
    scope = _needed_scope(request, error)
    return _challenged(request, error_response(error), _parameters(error), None, scope)


def challenge_of(response: Response) -> str | None:
    """The challenges of one of these responses, None for any other response."""
    challenges: list[str] = response.headers.getall(HEADER)
    ours = any(text.startswith(f"{BEARER} {REALM}") for text in challenges)
    return ", ".join(challenges) if ours else None


class TokenRequired(HTTPClientError):  # type: ignore[misc]
    """Raised by ``request.oauth2.require`` if there is no token.

    As an exception it rolls back the view's transaction. It is not an
    ``HTTPForbidden``, so an API request is never redirected to a login page.
    """

    code, title = 401, "Unauthorized"

    def __init__(self, request: ChallengedRequest, scope: frozenset[str] = frozenset()) -> None:
        super().__init__(MISSING)
        _take_over(self, missing_token(request, scope))


class ScopeRequired(HTTPClientError):  # type: ignore[misc]
    """Raised by ``request.oauth2.require`` if the token lacks a scope."""

    code, title = 403, "Forbidden"

    def __init__(
        self, request: ChallengedRequest, scope: frozenset[str], of_token: frozenset[str]
    ) -> None:
        super().__init__(f"The scope {format_scope(scope)} is needed.")
        _take_over(self, insufficient_scope(request, scope, of_token))


def _take_over(exception: HTTPClientError, response: Response) -> None:
    exception.headerlist = response.headerlist
    exception.body = response.body


def _refusal(request: ChallengedRequest, error: OAuth2Error) -> Response:
    record_refusal(request, error.refusal)
    if error.headers:
        # RFC 9449 section 9: the page needs the nonce to send the request again.
        expose_when_sent(request, error.headers)
    scope, metadata = _needed_scope(request, error), metadata_url(request)
    return _challenged(request, error_response(error), _parameters(error), metadata, scope)


def _parameters(error: OAuth2Error) -> dict[str, str]:
    """What a challenge says of an error."""
    added = {
        # RFC 9470 section 3: ``acr_values`` and ``max_age`` are parameters of the challenge.
        # What is not text or a number cannot be one.
        name: str(value)
        for name, value in error.members.items()
        if isinstance(value, str | int) and name not in OWN_PARAMETERS
    }
    return {"error": error.code, "error_description": error.description, **added}


def _needed_scope(request: ChallengedRequest, error: OAuth2Error) -> frozenset[str]:
    """What a token needs in the place of the one that is refused by an error."""
    if isinstance(error, InsufficientScope):
        return frozenset(error.scope.split())
    # A client that needs another token is to know for what, without asking for the metadata.
    return request.oauth2.required_scope if error.status == 401 else frozenset()


def _challenged(
    request: ChallengedRequest,
    response: Response,
    parameters: Mapping[str, str],
    metadata: str | None,
    scope: frozenset[str] = frozenset(),
) -> Response:
    """Add a challenge for each scheme; the error is in that of the scheme that was used.

    Quoted strings are separated by commas, as strict clients expect it.

    :param parameters: of the error.
    :param metadata: where those of the resource are; None if it has none.
    :param scope: what a token needs (RFC 6750 section 3).
    """
    # Whether access lasts while the user is away is no matter of an API.
    scope = scope - OFFLINE
    described = {"scope": format_scope(scope)} if scope else {}
    if metadata is not None:
        described["resource_metadata"] = metadata
    presentation = request.oauth2.presentation
    used = presentation.scheme if presentation else BEARER_SCHEME
    for scheme, own in request.oauth2.challenges.items():
        error = parameters if scheme.lower() == used else {}
        members = {**error, **own, **described}
        text = "".join(f', {name}="{_quotable(value)}"' for name, value in members.items())
        response.headers.add(HEADER, f"{scheme} {REALM}{text}")
    return response


def _quotable(value: str) -> str:
    """As the content of a quoted-string (RFC 9110 section 5.6.4): no line break, ASCII only."""
    text = value
    if not (value.isascii() and value.isprintable()):
        text = "".join(each if " " <= each <= "~" else "?" for each in value)
    return text.replace("\\", "\\\\").replace('"', '\\"')
