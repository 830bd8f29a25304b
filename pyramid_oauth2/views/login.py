"""Redirects to the application's own login and logout, and back."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, urlsplit

from pyramid.response import Response
from pyramid.security import forget

from ..endpoint_urls import endpoint_url
from ..interfaces import ISettings
from ..protection.request import Request
from ..protocol.authorization.return_query import is_too_long
from ..protocol.refusal import OWN_RULE, Refusal
from .forbidden import Forbidden
from .redirects import redirect

NO_HINTS: Mapping[str, str] = MappingProxyType({})
LOGIN = Refusal("user_logged_in", OWN_RULE, decided_by="oauth2.login_route")


def return_url(request: Request, endpoint: str, query: str) -> str:
    """The URL at which a request continues, after a login for instance."""
    return f"{endpoint_url(request.registry, endpoint)}?{query}"


def send_to_login(request: Request, url: str, hints: Mapping[str, str] = NO_HINTS) -> Response:
    """Redirect to ``oauth2.login_route``, or raise for the application's forbidden view.

    :param url: where the user continues afterwards, below our public URL.
    :param hints: what else the page gets; with ``prompt=create`` it is the one of
        ``oauth2.sign_up_route``.
    :raises Forbidden: there is no ``oauth2.login_route``.
    """
    settings = request.registry.getUtility(ISettings)
    if settings.login_route is None:
        if _is_elsewhere(request, url):
            return redirect(url)
        reason = "No user is signed in, and oauth2.login_route is not set."
        raise Forbidden(reason, "not_signed_in", refusal=LOGIN)
    create = "create" in hints.get("prompt", "").split(" ")
    route = (settings.sign_up_route if create else None) or settings.login_route
    return redirect(application_url(request, route, _path_of(url), hints))


def application_url(
    request: Request, route: str, back: str, hints: Mapping[str, str] = NO_HINTS
) -> str:
    """The URL of a route of the application, with the path to return to from it.

    :param hints: further parameters.
    """
    settings = request.registry.getUtility(ISettings)
    parameters = {**hints, settings.login_return_param: back}
    try:
        path = request.route_path(route, _query=parameters)
    except ValueError:
        # The route of another server, whose pattern is a full URL.
        return str(request.route_url(route, _query=parameters))
    # From the settings, not from the Host header, which the sender chooses.
    public = urlsplit(settings.public_url)
    return f"{public.scheme}://{public.netloc}{path}"


def _is_elsewhere(request: Request, url: str) -> bool:
    # A forbidden view returns the user to the present URL, as it was sent.
    here = request.environ.get("QUERY_STRING", "")
    other = parse_qsl(urlsplit(url).query) != parse_qsl(here)
    return request.method != "GET" or other or is_too_long(here)


def send_to_logout(request: Request, url: str) -> Response:
    """End the present login, as far as the application can end it, and go on at *url*.

    By ``oauth2.logout_route``, or else by ``forget`` of the security policy.

    :param url: where the browser continues afterwards, below our public URL.
    """
    settings = request.registry.getUtility(ISettings)
    if settings.logout_route is None or settings.login_route is None:
        response = redirect(url)
        response.headerlist.extend(forget(request))
        return response
    return redirect(application_url(request, settings.logout_route, _path_of(url)))


def _path_of(url: str) -> str:
    return urlsplit(url)._replace(scheme="", netloc="").geturl()
