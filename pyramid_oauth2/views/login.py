"""The application's own login, from a page of ours and back again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response
from pyramid.security import forget

from ..interfaces import ISettings
from ..protocol.authorization.interaction import OpenInteraction, demand_login
from .redirects import redirect
from .urls import endpoint_url

LOGIN_DEMANDED = "pyramid_oauth2.login_demanded"


def signed_in_subject(request: Any) -> str | None:
    """The user who is signed in to the application. No bearer token is a login here."""
    if request.oauth2.has_bearer:
        return None
    subject: str | None = request.oauth2.service.owners.subject(request)
    return subject


def interaction_url(request: Any, handle: str) -> str:
    """Where a pending request goes on, after a login for instance."""
    query = urlencode({"interaction": handle})
    return f"{endpoint_url(request.registry, 'authorize')}?{query}"


def send_to_login(request: Any, url: str) -> Response:
    """To ``oauth2.login_route``, or without one to the application's forbidden view.

    :param url: where the user goes on afterwards, below our public URL.
    """
    settings = request.registry.getUtility(ISettings)
    if settings.login_route is None:
        raise HTTPForbidden("Sign in to go on.")
    back = urlsplit(url)._replace(scheme="", netloc="").geturl()
    parameters = {settings.login_return_param: back}
    try:
        path = request.route_path(settings.login_route, _query=parameters)
    except ValueError:
        # The route of another server, which has its whole URL in the pattern.
        return redirect(request.route_url(settings.login_route, _query=parameters))
    # From the settings, not from the Host header, which anybody can write.
    public = urlsplit(settings.public_url)
    return redirect(f"{public.scheme}://{public.netloc}{path}")


def send_to_new_login(request: Any, handle: str) -> Response:
    """``prompt=login``: end the present login, and demand one after it."""
    demand_login(request.oauth2.service.server, handle)
    request.environ[LOGIN_DEMANDED] = True
    headers = forget(request)

    def end_login(request: Any, response: Response) -> None:
        # By a callback, so that it is there also if a forbidden view answers.
        response.headerlist.extend(headers)

    request.add_response_callback(end_login)
    return send_to_login(request, interaction_url(request, handle))


def logged_in_since(request: Any, pending: OpenInteraction) -> bool:
    """Whether the login that ``prompt=login`` demanded has happened.

    An application whose resource owners have ``authenticated_at`` says when it
    was. For others, being signed in after the login was ended is the proof.
    """
    demanded_at = pending.interaction.login_demanded_at
    # pyramid_retry may run the request again that demanded it: who was signed
    # in before is signed in still.
    if demanded_at is None or LOGIN_DEMANDED in request.environ:
        return False
    at = request.oauth2.service.owners.authenticated_at(request)
    return at is None or at >= demanded_at


def active_subject(request: Any) -> str | None:
    """The subject of the signed-in user; None for nobody.

    :raises HTTPForbidden: somebody who is deactivated. Not sent to the login: one
        that sends back whoever is signed in would do so for ever.
    """
    subject = signed_in_subject(request)
    if subject is not None and not request.oauth2.service.owners.is_active(subject):
        raise HTTPForbidden("This user is deactivated.")
    return subject
