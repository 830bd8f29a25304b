"""``/oauth2/sign_out``: the page on which users sign out, or go on as another user."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from urllib.parse import urlencode

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.authorization.another_user import release
from ..protocol.authorization.progress import AUTHORIZE
from ..protocol.authorization.unusable import CookiesNeeded, UnusableInteraction
from ..protocol.authorization.user import User
from ..protocol.events import Emit
from ..protocol.http import Parameters, parse_body, parse_query
from ..protocol.records import StoreUnavailable
from ..protocol.server import refuse_plain_http
from .browser import FIELD, browser_secret, browser_token, is_from_our_page, is_new_browser
from .browser_session import end_here
from .language import prefer_languages
from .login import return_url
from .pages import page_endpoint, render_page
from .redirects import redirect
from .retries import once_per_request
from .signed_in import signed_in_subject

# The endpoints that show a stored request, to which it comes again.
SHOW_REQUESTS = frozenset({AUTHORIZE})


@page_endpoint("GET", "POST")
def sign_out(request: Request) -> Response:
    """Ask whether to sign out, or say that no user is signed in (GET); sign out (POST)."""
    http = http_request(request, endpoint_url(request.registry, "sign_out"))
    refuse_plain_http(request.oauth2.authorization_service.server, http)
    if request.method == "GET":
        return _show(request, parse_query(http))
    return _sign_out(request, parse_body(http))


def _show(request: Request, query: Parameters) -> Response:
    prefer_languages(request, query.if_once("ui_locales"))
    subject = signed_in_subject(request)
    values = {
        "action": endpoint_url(request.registry, "sign_out"),
        "handle": query.once("interaction"),
        "endpoint": query.once("endpoint"),
        "has_sessions": request.oauth2.authorization_service.server.sessions is not None,
        "browser_field": FIELD,
        # Without a form there is no cookie either, which would end the pages of other tabs.
        "browser_token": None if subject is None else browser_token(request, subject),
    }
    return render_page(request, "sign_out", values)


def _sign_out(request: Request, form: Parameters) -> Response:
    subject, back = signed_in_subject(request), endpoint_url(request.registry, "sign_out")
    if subject is not None and not is_from_our_page(request, form.once(FIELD), subject):
        if is_new_browser(request):
            raise CookiesNeeded("The browser sends no cookie of this site.")
        # The form is not from a page of this browser and this user, who can decide now.
        return redirect(back)
    handle, endpoint = form.once("interaction"), form.once("endpoint") or AUTHORIZE
    if handle is not None and endpoint in SHOW_REQUESTS:
        if subject is not None:
            _release(request, handle, subject)
        back = return_url(request, endpoint, urlencode({"interaction": handle}))
    if subject is None:
        return redirect(back)
    return once_per_request(request, partial(_end, subject, back))


def _end(subject: str, back: str, request: Request, emit: Emit) -> Response:
    return end_here(request, emit, subject, back)


def _release(request: Request, handle: str, subject: str) -> None:
    """Unbind the request from its user, if it can be: the login ends in any case."""
    service = request.oauth2.authorization_service
    user = User(
        subject,
        secret=partial(browser_secret, request),
        authentication=partial(service.owners.authentication, request),
    )
    # The endpoint of the request shows why it cannot be used.
    with suppress(UnusableInteraction, StoreUnavailable):
        release(service.server, handle, user)
