"""The error responses of a protected resource, with their challenges (RFC 6750 section 3).

401: a token is needed, or the one that was sent is invalid. 403: the token is
not sufficient. ``resource_metadata`` is the URL of the metadata that a client
needs to get a suitable token (RFC 9728 section 5.1).
"""

from __future__ import annotations

from pyramid.httpexceptions import HTTPClientError
from pyramid.response import Response

from ..interfaces.request import PyramidRequest
from ..protocol.errors import InsufficientScope, InvalidRequest, InvalidToken, OAuth2Error
from ..protocol.scopes import format_scope
from ..responses import error_response, json_response
from .protected_resources import metadata_url

BEARER = 'Bearer realm="oauth2"'
MISSING = "An access token is needed: send it as 'Authorization: Bearer ...'."


def missing_token(request: PyramidRequest) -> Response:
    """401 for a request without a token.

    RFC 6750 section 3.1: "If the request lacks any authentication information
    [...] the resource server SHOULD NOT include an error code".
    """
    return json_response({"error_description": MISSING}, 401, _challenge(request))


def invalid_token(request: PyramidRequest, error: InvalidToken) -> Response:
    """401 for a token that is unknown, expired, revoked or malformed."""
    return _refusal(request, error)


def misplaced_token(request: PyramidRequest) -> Response:
    """400 for a malformed token, or one that is not in the Authorization header alone.

    RFC 6750 section 2: "Clients MUST NOT use more than one method to transmit
    the token in each request", and the header is the only method by which the
    token does not end up in logs (RFC 9700 section 4.3.2). RFC 6750 section 3.1:
    "or is otherwise malformed".
    """
    text = "Send one access token, in the Authorization header only."
    return _refusal(request, InvalidRequest(text))


def insufficient_scope(request: PyramidRequest, scope: frozenset[str]) -> Response:
    """403 for a valid token that lacks a scope; the response names the required scopes."""
    text = format_scope(scope)
    error = InsufficientScope(f"The access token needs the scope: {text}.", text)
    return _refusal(request, error, scope=text)


def missing_permission(request: PyramidRequest) -> Response:
    """403 for a token whose user or scopes lack the view's permission.

    The challenge has no error code: a token with more scopes would not help.
    """
    members = {
        "error": "access_denied",
        "error_description": "The access token does not give the permission for this.",
    }
    return json_response(members, 403, _challenge(request))


def challenge_of(response: Response) -> str | None:
    """The challenge of one of these responses, None for any other response."""
    text: str = response.headers.get("WWW-Authenticate", "")
    return text if text.startswith(BEARER) else None


class TokenRequired(HTTPClientError):  # type: ignore[misc]
    """Raised by ``request.oauth2.require`` if there is no token.

    As an exception it rolls back the view's transaction. It is not an
    ``HTTPForbidden``, so an API request is never redirected to a login page.
    """

    code, title = 401, "Unauthorized"

    def __init__(self, request: PyramidRequest) -> None:
        super().__init__(MISSING)
        _take_over(self, missing_token(request))


class ScopeRequired(HTTPClientError):  # type: ignore[misc]
    """Raised by ``request.oauth2.require`` if the token lacks a scope."""

    code, title = 403, "Forbidden"

    def __init__(self, request: PyramidRequest, scope: frozenset[str]) -> None:
        super().__init__(f"The scope {format_scope(scope)} is needed.")
        _take_over(self, insufficient_scope(request, scope))


def _take_over(exception: HTTPClientError, response: Response) -> None:
    exception.headers.update(response.headers)
    exception.body = response.body


def _refusal(request: PyramidRequest, error: OAuth2Error, **more: str) -> Response:
    parameters = {"error": error.code, "error_description": error.description, **more}
    return error_response(error, _challenge(request, **parameters))


def _challenge(request: PyramidRequest, **parameters: str) -> dict[str, str]:
    """The header, with quoted strings separated by commas, as strict clients expect it."""
    parameters = {**parameters, "resource_metadata": metadata_url(request)}
    text = "".join(f', {name}="{value}"' for name, value in parameters.items())
    return {"WWW-Authenticate": BEARER + text}
