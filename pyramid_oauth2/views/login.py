"""Redirects to the application's own login, and back."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response
from pyramid.security import forget

from ..interfaces import ISettings
from ..protection.request import Request
from ..protocol.authorization.interaction import OpenInteraction, demand_login
from .redirects import redirect
from .urls import endpoint_url

LOGIN_DEMANDED = "pyramid_oauth2.login_demanded"


def signed_in_subject(request: Request) -> str | None:
    """The user who is signed in to the application. A bearer token does not count as a login."""
    if request.oauth2.has_bearer:
        return None
    return request.oauth2.authorization_service.owners.subject(request)


def interaction_url(request: Request, handle: str) -> str:
    """The URL at which a pending request continues, after a login for instance."""
    query = urlencode({"interaction": handle})
    return f"{endpoint_url(request.registry, 'authorize')}?{query}"


def send_to_login(request: Request, url: str) -> Response:
    """Redirect to ``oauth2.login_route``, or raise for the application's forbidden view.

    :param url: where the user continues afterwards, below our public URL.
    :raises HTTPForbidden: there is no ``oauth2.login_route``.
    """
    settings = request.registry.getUtility(ISettings)
    if settings.login_route is None:
        raise HTTPForbidden("Sign in to go on.")
    back = urlsplit(url)._replace(scheme="", netloc="").geturl()
    parameters = {settings.login_return_param: back}
    try:
        path = request.route_path(settings.login_route, _query=parameters)
    except ValueError:
        # The route of another server, whose pattern is a full URL.
        return redirect(request.route_url(settings.login_route, _query=parameters))
    # From the settings, not from the Host header, which the sender chooses.
    public = urlsplit(settings.public_url)
    return redirect(f"{public.scheme}://{public.netloc}{path}")


def send_to_new_login(request: Request, handle: str) -> Response:
    """``prompt=login``: end the current login, and require a new one."""
    demand_login(request.oauth2.authorization_service.server, handle)
    request.environ[LOGIN_DEMANDED] = True
    headers = forget(request)

    def end_login(request: Request, response: Response) -> None:
        # In a callback, so that the response of a forbidden view has the headers as well.
        response.headerlist.extend(headers)

    request.add_response_callback(end_login)
    return send_to_login(request, interaction_url(request, handle))


def logged_in_since(request: Request, pending: OpenInteraction) -> bool:
    """Whether the login that ``prompt=login`` requires has happened.

    Resource owners with ``authentication`` or ``authenticated_at`` return the time of the
    login. For others, being signed in after the earlier login was ended is the proof.
    """
    demanded_at = pending.interaction.login_demanded_at
    # pyramid_retry may run the request that ended the earlier login again: its user
    # is still signed in.
    if demanded_at is None or LOGIN_DEMANDED in request.environ:
        return False
    found = request.oauth2.authorization_service.owners.authentication(request)
    at = found.auth_time if found else None
    return at is None or at >= demanded_at


def active_subject(request: Request) -> str | None:
    """The subject of the signed-in user; None if no user is signed in.

    :raises HTTPForbidden: the user is deactivated. They are not sent to the login:
        a login that redirects signed-in users back would cause an endless loop.
    """
    subject = signed_in_subject(request)
    if subject is not None and not request.oauth2.authorization_service.owners.is_active(subject):
        raise HTTPForbidden("This user is deactivated.")
    return subject
