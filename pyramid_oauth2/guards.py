"""May they: ``oauth2_scope`` on a view, and every refusal with its challenge (RFC 6750 section 3).

A guard stands outside the view's permission check. It refuses bad tokens and
missing scopes, lets the others through to ``permission=``, and turns that
check's refusal of a bearer request into a challenge. There is no forbidden view
of ours: the application's own stays in charge of all other requests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response
from pyramid.static import static_view
from pyramid.viewderivers import INGRESS
from webob.request import DisconnectionError

from .interfaces import IScope
from .protocol.bearer import has_token_parameter
from .protocol.errors import (
    InsufficientScope,
    InvalidRequest,
    InvalidToken,
)
from .protocol.records import StoreUnavailable
from .protocol.requests import FORM, MAX_BODY
from .protocol.scopes import format_scope
from .responses import error_response, json_response, store_unavailable
from .security import OAuth2Denied

View = Callable[[Any, Any], Any]
REALM = 'Bearer realm="oauth2"'


def guarded_view(view: View, info: Any) -> View:
    """The view deriver: guard every view, more strictly where it declares ``oauth2_scope``.

    :raises pyramid.exceptions.ConfigurationError: the scope is unknown, or an
        exception view declares one.
    """
    scope = _declared_scope(info)
    if scope is not None:
        return _demand(view, scope)
    if info.exception_only or info.options.get("oauth2_endpoint"):
        return view
    if isinstance(info.original_view, static_view):
        return _challenged(view)
    return _refuse_bad_tokens(view)


# ``oauth2_endpoint`` marks this add-on's own views, where a client may present
# whatever it likes: a bad token is answered by the endpoint itself.
guarded_view.options = ("oauth2_scope", "oauth2_endpoint")  # type: ignore[attr-defined]


def csrf_exempt_view(view: View, info: Any) -> View:
    """The view deriver that spares views for bearer tokens the application's default CSRF check.

    A browser never adds a bearer token by itself, so there is nothing to forge
    (RFC 6750 section 5.3). It goes by the view's declaration, never by the mere
    presence of a header. An explicit ``require_csrf=True`` stays.
    """
    if info.options.get("oauth2_scope") and info.options.get("require_csrf") is None:
        # Derivers work from the view outwards, so csrf_view reads this later.
        info.options["require_csrf"] = False
    return view


def _declared_scope(info: Any) -> frozenset[str] | None:
    declared = info.options.get("oauth2_scope")
    if declared is None:
        return None
    if info.exception_only:
        raise ConfigurationError("An exception view cannot declare oauth2_scope.")
    names = frozenset(declared.split() if isinstance(declared, str) else declared)
    known = frozenset(name for name, _ in info.registry.getUtilitiesFor(IScope))
    if not names or not names <= known:
        raise ConfigurationError(
            f"oauth2_scope={declared!r} names unknown scopes: {format_scope(names - known)!r}. "
            f"Known are: {format_scope(known)!r}. Add them to oauth2.scopes in the ini, or with "
            "config.add_oauth2_scope(name, description)."
        )
    return names


def _demand(view: View, scope: frozenset[str]) -> View:
    def demanding_view(context: Any, request: Any) -> Any:
        oauth2 = request.oauth2
        if not oauth2.has_bearer:
            return missing_token()
        oauth2.claim()
        refusal = _refusal(request) or _scope_refusal(request, scope)
        if refusal is not None:
            return refusal
        oauth2.admitted = True
        return _challenging(view, context, request)

    return demanding_view


def _challenged(view: View) -> View:
    def challenged_view(context: Any, request: Any) -> Any:
        return _challenging(view, context, request)

    return challenged_view


def _refuse_bad_tokens(view: View) -> View:
    def tolerant_view(context: Any, request: Any) -> Any:
        # The only cost to a request without an Authorization header.
        if "HTTP_AUTHORIZATION" not in request.environ or not request.oauth2.is_bearer:
            return view(context, request)
        return _refusal(request) or _challenging(view, context, request)

    return tolerant_view


def _challenging(view: View, context: Any, request: Any) -> Any:
    try:
        return view(context, request)
    except HTTPForbidden as forbidden:
        # Only the refusals of our own policy; the application's
        # HTTPForbidden("quota exceeded") is none of our business.
        if isinstance(forbidden.result, OAuth2Denied):
            return missing_permission()
        raise


def _refusal(request: Any) -> Response | None:
    try:
        resolution = request.oauth2.resolution
    except StoreUnavailable as unavailable:
        return store_unavailable(unavailable, "The access token cannot be checked now.")
    if isinstance(resolution, InvalidToken):
        return invalid_token(resolution)
    return repeated_token() if _is_repeated(request) else None


def _scope_refusal(request: Any, scope: frozenset[str]) -> Response | None:
    return None if scope <= request.oauth2.scope else insufficient_scope(scope)


def _is_repeated(request: Any) -> bool:
    if has_token_parameter(request.environ.get("QUERY_STRING", "").encode("latin-1")):
        return True
    # A body beyond what a form for a token could be is the application's to read.
    if request.content_type.lower() != FORM or not 0 < (request.content_length or 0) <= MAX_BODY:
        return False
    try:
        return has_token_parameter(request.body)
    except DisconnectionError:
        return False


def missing_token() -> Response:
    """401 for a request without a token: a bare challenge.

    RFC 6750 section 3.1: "If the request lacks any authentication information
    [...] the resource server SHOULD NOT include an error code".
    """
    text = "An access token is needed: send it as 'Authorization: Bearer ...'."
    return json_response({"error_description": text}, 401, {"WWW-Authenticate": REALM})


def invalid_token(error: InvalidToken) -> Response:
    """401 for a token that is unknown, expired, revoked or malformed."""
    challenge = f'{REALM}, error="invalid_token", error_description="{error.description}"'
    return error_response(error, {"WWW-Authenticate": challenge})


def repeated_token() -> Response:
    """400 for a token in the header and elsewhere too.

    RFC 6750 section 2: "Clients MUST NOT use more than one method to transmit
    the token in each request."
    """
    error = InvalidRequest("Send the access token in the Authorization header only.")
    challenge = f'{REALM}, error="invalid_request", error_description="{error.description}"'
    return error_response(error, {"WWW-Authenticate": challenge})


def insufficient_scope(scope: frozenset[str]) -> Response:
    """403 for a valid token that lacks a scope; says which are needed."""
    text = format_scope(scope)
    error = InsufficientScope(f"The access token needs the scope: {text}.", text)
    challenge = (
        f'{REALM}, error="insufficient_scope", error_description="{error.description}", '
        f'scope="{text}"'
    )
    return error_response(error, {"WWW-Authenticate": challenge})


def missing_permission() -> Response:
    """403 for a token whose user or scopes lack the view's permission.

    The challenge has no error code: no other token scope would mend it.
    """
    members = {
        "error": "access_denied",
        "error_description": "The access token does not give the permission for this.",
    }
    return json_response(members, 403, {"WWW-Authenticate": REALM})


def includeme(config: Any) -> None:
    """Guard every view that is added from now on."""
    config.add_view_deriver(guarded_view, "oauth2_guarded", under=INGRESS, over="secured_view")
    config.add_view_deriver(
        csrf_exempt_view, "oauth2_csrf_exempt", under="csrf_view", over="owrapped_view"
    )
