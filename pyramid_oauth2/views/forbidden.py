"""A page that its user may not see: the application's forbidden view responds, or our own page."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPForbidden, default_exceptionresponse_view
from pyramid.interfaces import (
    IExceptionViewClassifier,
    IMultiView,
    IRequest,
    IRouteRequest,
    ISecuredView,
    IView,
)
from zope.interface import implementedBy

from ..protocol.refusal import OWN_RULE, Refusal

NOT_ALLOWED = "not_allowed"

ALLOWED = Refusal("page_allowed", OWN_RULE)


class Forbidden(HTTPForbidden):  # type: ignore[misc]
    """The user may not see the page; raised, so that the application's forbidden view responds.

    :param description: for the developer, in English.
    :param code: selects the text of our own page.
    :param refusal: the check that refused, for the log.
    """

    def __init__(
        self, description: str, code: str = NOT_ALLOWED, *, refusal: Refusal = ALLOWED
    ) -> None:
        super().__init__(description)
        self.page_code = code
        self.refusal = refusal


def has_forbidden_view(registry: Any, route_name: str) -> bool:
    """Whether a view of the application responds to an ``HTTPForbidden`` at that route."""
    route = registry.queryUtility(IRouteRequest, name=route_name)
    request = IRequest if route is None else route.combined
    forbidden = implementedBy(HTTPForbidden)  # type: ignore[no-untyped-call]
    about = (IExceptionViewClassifier, request, forbidden)
    found = (registry.adapters.lookup(about, view) for view in (ISecuredView, IMultiView, IView))
    view = next(filter(None, found), None)
    # Pyramid itself registers a view that returns the exception as it is.
    return getattr(view, "__original_view__", view) is not default_exceptionresponse_view
