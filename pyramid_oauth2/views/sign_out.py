"""``/oauth2/sign_out``: the page on which users sign out, or go on as another user."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode, urlsplit

from pyramid.interfaces import IRoutesMapper
from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..interfaces import ISettings
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.authorization.another_user import release
from ..protocol.authorization.progress import AUTHORIZE
from ..protocol.authorization.user import User
from ..protocol.http import Parameters, parse_body, parse_query
from ..protocol.server import refuse_plain_http
from .browser import FIELD, browser_secret, browser_token, is_from_our_page
from .login import application_url, forgetting, return_url
from .pages import page_endpoint, render_page
from .redirects import redirect
from .signed_in import signed_in_subject


@page_endpoint("GET", "POST")
def sign_out(request: Request) -> Response:
    """Ask whether to sign out, or say that no user is signed in (GET); sign out (POST)."""
    http = http_request(request, endpoint_url(request.registry, "sign_out"))
    refuse_plain_http(request.oauth2.authorization_service.server, http)
    if request.method == "GET":
        return _show(request, parse_query(http))
    return _sign_out(request, parse_body(http))


def _show(request: Request, query: Parameters) -> Response:
    subject = signed_in_subject(request)
    values = {
        "action": endpoint_url(request.registry, "sign_out"),
        "handle": query.once("interaction"),
        "endpoint": query.once("endpoint"),
        "browser_field": FIELD,
        # Without a form there is no cookie either, which would end the pages of other tabs.
        "browser_token": None if subject is None else browser_token(request, subject),
    }
    return render_page(request, "sign_out", values)


def _sign_out(request: Request, form: Parameters) -> Response:
    subject, back = signed_in_subject(request), endpoint_url(request.registry, "sign_out")
    if subject is not None and not is_from_our_page(request, form.once(FIELD), subject):
        # The form is not from a page of this browser and this user, who can decide now.
        return redirect(back)
    handle, endpoint = form.once("interaction"), form.once("endpoint") or AUTHORIZE
    if handle is not None and _is_endpoint(request, endpoint):
        if subject is not None:
            _release(request, handle, subject)
        back = return_url(request, endpoint, urlencode({"interaction": handle}))
    return redirect(back) if subject is None else _end_login(request, back)


def _is_endpoint(request: Request, name: str) -> bool:
    mapper = request.registry.getUtility(IRoutesMapper)
    return mapper.get_route(f"oauth2.{name}") is not None


def _release(request: Request, handle: str, subject: str) -> None:
    service = request.oauth2.authorization_service
    user = User(
        subject,
        secret=partial(browser_secret, request),
        authentication=partial(service.owners.authentication, request),
    )
    release(service.server, handle, user)


def _end_login(request: Request, back: str) -> Response:
    settings = request.registry.getUtility(ISettings)
    if settings.logout_route is None or settings.login_route is None:
        return forgetting(request, redirect(back))
    path = urlsplit(back)._replace(scheme="", netloc="").geturl()
    return redirect(application_url(request, settings.logout_route, path))
