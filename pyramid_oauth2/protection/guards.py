"""The guards of views: ``oauth2_scope``, and challenges to refused requests (RFC 6750 section 3).

A guard wraps the view's permission check. It refuses invalid tokens, missing scopes, and
tokens that do not meet another demand of the view, passes other requests on to
``permission=``, and turns that check's refusal of a bearer request into a challenge. The
add-on has no forbidden view: the application's own handles all other requests.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from difflib import get_close_matches
from typing import Any

from pyramid.httpexceptions import HTTPForbidden
from pyramid.interfaces import PHASE1_CONFIG, IDefaultCSRFOptions, IDefaultPermission
from pyramid.predicates import RequestMethodPredicate
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.static import static_view
from pyramid.viewderivers import INGRESS
from webob.request import DisconnectionError

from ..interfaces import IScope
from ..protocol.errors import OAuth2Error
from ..protocol.http import FORM, MAX_BODY
from ..protocol.records import StoreUnavailable
from ..protocol.token.presentation import has_token_parameter
from ..responses import store_unavailable
from ..startup_error import StartupError
from .challenges import (
    insufficient_scope,
    misplaced_token,
    missing_permission,
    missing_token,
    refused_token,
)
from .cors import is_preflight
from .demands import OWN_OPTIONS, DeclaredDemand, ViewDemands
from .permissions import log_refusal
from .request import Demand, Request
from .view_options import check_view_options

View = Callable[[Any, Request], Any]


class Guard:
    """The view deriver: guard every view, more strictly if it declares ``oauth2_scope``.

    :param demands: what else a view may demand of a token.
    """

    def __init__(self, demands: ViewDemands) -> None:
        self._demands = demands

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a view that this deriver reads."""
        return (*OWN_OPTIONS, *self._demands.options)

    def __call__(self, view: View, info: Any) -> View:
        """The guarded view.

        :raises StartupError: the scope is unknown, an
            exception view declares one, ``oauth2_only=False`` would make a view
            public, ``oauth2_only=True`` or a demand is set without a scope, or a demand
            is wrong.
        """
        demands = self._demands.declared_by(info.options)
        scope, permission = _declared_scope(info), _permission(info)
        if scope is not None:
            # An explicit require_csrf=True of the application stays in force.
            checked = info.options.get("require_csrf") is True
            demand = Demand(scope, _tokens_only(info, permission), permission)
            return _demand(view, demand, demands, checked=checked)
        if info.options.get("oauth2_only") and not _is_preflight(info):
            raise StartupError("oauth2_only=True closes nothing without an oauth2_scope.")
        if info.options.get("oauth2_refused"):
            return _refuse_tokens(view)
        if info.exception_only or info.options.get("oauth2_endpoint"):
            return view
        if isinstance(info.original_view, static_view):
            return _challenged(view)
        return _refuse_bad_tokens(view, Demand(frozenset(), only=False, permission=permission))


def _is_preflight(info: Any) -> bool:
    found = [each.val for each in info.predicates if isinstance(each, RequestMethodPredicate)]
    return len(found) == 1 and is_preflight(found[0], info.options.get("permission"))


def _declared_scope(info: Any) -> frozenset[str] | None:
    declared = info.options.get("oauth2_scope")
    if declared is None or _is_preflight(info):
        return None
    if info.exception_only:
        raise StartupError("An exception view cannot declare oauth2_scope.")
    names = _scope_names(declared)
    known = frozenset(name for name, _ in info.registry.getUtilitiesFor(IScope))
    if unknown := sorted(names - known):
        raise StartupError(
            f"oauth2_scope={declared!r} names unknown scopes: {', '.join(unknown)}. "
            f"Known are: {', '.join(sorted(known))}.{_meant(unknown, known)} Add them to "
            "oauth2.scopes in the ini, or with config.add_oauth2_scope(name, description)."
        )
    return names


def _scope_names(declared: Any) -> frozenset[str]:
    names = declared.split() if isinstance(declared, str) else declared
    # Not an iterator: it can be read only once, and what documents the views reads it too.
    names = tuple(names) if isinstance(names, Collection) else ()
    if not names or not all(isinstance(each, str) for each in names):
        raise StartupError(
            f"oauth2_scope={declared!r} names no scope: write one or more names, separated by "
            "spaces, or a list of them."
        )
    return frozenset(names)


def _meant(unknown: list[str], known: frozenset[str]) -> str:
    near = [found for name in unknown for found in get_close_matches(name, known, 1)]
    return f" Did you mean {' '.join(near)}?" if near else ""


def _permission(info: Any) -> str | None:
    permission = info.options.get("permission")
    if permission is None:
        permission = info.registry.queryUtility(IDefaultPermission)
    return None if permission == NO_PERMISSION_REQUIRED else permission


def _tokens_only(info: Any, permission: str | None) -> bool:
    only = info.options.get("oauth2_only", True)
    if only:
        return True
    if permission is None:
        raise StartupError(
            "oauth2_only=False lets requests without a token through to the view's permission=, "
            "and there is none: everybody would come in. Add one."
        )
    return False


def _demand(view: View, demand: Demand, demands: tuple[DeclaredDemand, ...], checked: bool) -> View:
    def demanding_view(context: Any, request: Request) -> Any:
        oauth2 = request.oauth2
        oauth2.demand = demand
        if not oauth2.has_bearer:
            if _is_repeated(request):
                return misplaced_token(request)
            if demand.only:
                return missing_token(request)
            oauth2.optional = True
            return _challenging(view, context, request)
        oauth2.require_token()
        refusal = (
            _refusal(request)
            or _scope_refusal(request, demand.scope)
            or _demand_refusal(request, demands)
        )
        if refusal is not None:
            return refusal
        oauth2.admitted = True
        oauth2.csrf_exempt = not checked
        return _challenging(view, context, request)

    return demanding_view


def _challenged(view: View) -> View:
    def challenged_view(context: Any, request: Request) -> Any:
        return _challenging(view, context, request)

    return challenged_view


def _refuse_bad_tokens(view: View, demand: Demand) -> View:
    def tolerant_view(context: Any, request: Request) -> Any:
        # For a request without an Authorization header this check is the only cost.
        if "HTTP_AUTHORIZATION" not in request.environ or not request.oauth2.is_bearer:
            return view(context, request)
        request.oauth2.demand = demand
        return _refusal(request) or _challenging(view, context, request)

    return tolerant_view


def _refuse_tokens(view: View) -> View:
    def people_only_view(context: Any, request: Request) -> Any:
        # Every bearer token is refused, ours or the application's own, with any scopes. The
        # permission is not checked, as a policy might grant it.
        if request.oauth2.has_bearer:
            return missing_permission(request)
        return view(context, request)

    return people_only_view


def _challenging(view: View, context: Any, request: Request) -> Any:
    try:
        return view(context, request)
    except HTTPForbidden as forbidden:
        # Only a permission check's refusal of a bearer request. The application's own
        # HTTPForbidden("quota exceeded") has no result, and passes through.
        # The result need not be a Denied: some policies return False.
        if forbidden.result is not None and request.oauth2.is_bearer:
            log_refusal(request, context, forbidden.result)
            return missing_permission(request)
        raise


def _refusal(request: Request) -> Response | None:
    if request.oauth2.is_malformed:
        return misplaced_token(request)
    try:
        resolution = request.oauth2.resolution
    except StoreUnavailable as unavailable:
        return store_unavailable(unavailable, "The access token cannot be checked now.")
    if isinstance(resolution, OAuth2Error):
        return refused_token(request, resolution)
    return misplaced_token(request) if _is_repeated(request) else None


def _scope_refusal(request: Request, scope: frozenset[str]) -> Response | None:
    of_token = request.oauth2.scope
    return None if scope <= of_token else insufficient_scope(request, scope, of_token)


def _demand_refusal(request: Request, demands: tuple[DeclaredDemand, ...]) -> Response | None:
    token = request.oauth2.token if demands else None
    if token is None:
        return None
    for demand in demands:
        try:
            error = demand.check(token)
        except StoreUnavailable as unavailable:
            return store_unavailable(unavailable, "The access token cannot be checked now.")
        if error is not None:
            return refused_token(request, error)
    return None


def _unless_admitted(callback: Callable[[Request], bool] | None) -> Callable[[Request], bool]:
    """Exempt admitted requests from the application's default CSRF check.

    A browser never adds a bearer token by itself, so there is nothing to forge
    (RFC 6750 section 5.3). Only a request that a guard admitted at a view with a
    scope is exempt: the presence of a header is not enough. A request with a
    cookie that ``oauth2_only=False`` allows is checked.
    """

    def wants_check(request: Request) -> bool:
        return not request.oauth2.csrf_exempt and (callback is None or callback(request))

    return wants_check


def _is_repeated(request: Request) -> bool:
    query = request.environ.get("QUERY_STRING")
    if query and has_token_parameter(query.encode("latin-1")):
        return True
    # Most requests have no body, and this question costs less than the next one.
    if not request.environ.get("CONTENT_LENGTH"):
        return False
    # Any other body, or one too large for a form with a token, is left to the application.
    if request.content_type.lower() != FORM or not 0 < (request.content_length or 0) <= MAX_BODY:
        return False
    try:
        return has_token_parameter(request.body)
    except DisconnectionError:
        return False


def includeme(config: Any) -> None:
    """Guard every view, and exempt admitted requests from the default CSRF check."""
    guard = Guard(ViewDemands(config.registry))
    config.add_view_deriver(guard, "oauth2_guarded", under=INGRESS, over="secured_view")
    check_view_options(config, lambda: guard.options)

    def exempt() -> None:
        options = config.registry.queryUtility(IDefaultCSRFOptions)
        if options is not None:
            options.callback = _unless_admitted(options.callback)

    # After set_default_csrf_options, and before the views, which read the options.
    config.action("oauth2 CSRF exemption", exempt, order=PHASE1_CONFIG + 1)
