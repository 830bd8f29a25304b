"""``/oauth2/authorize``: the authorization endpoint (RFC 6749 section 3.1), in HTTP."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..events import notify
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.authorization.flow import begin, decide, resume
from ..protocol.authorization.interaction import ForeignInteraction
from ..protocol.authorization.results import Again, Ask, Login, Refuse, Respond, Result
from ..protocol.authorization.user import User
from ..protocol.http import parse_body, parse_query
from ..protocol.server import refuse_plain_http
from .browser import (
    FIELD,
    browser_secret,
    carry_browser,
    earlier_secret,
    is_from_our_page,
    is_new_browser,
    renew_browser,
)
from .consent import consent_page
from .login import LOGIN_ENDED, authorize_url, end_login, send_to_login, signed_in_subject
from .pages import error_page, page_endpoint
from .redirects import redirect, send_to_client
from .retries import Outcome, delivered, finish, finished


@page_endpoint("GET", "POST")
def authorize(request: Request) -> Response:
    """Begin a request, resume one after a login, or process the user's decision."""
    outcome = finished(request)
    if outcome is not None:
        carry_browser(request)
        return delivered(request, outcome)
    server = request.oauth2.authorization_service.server
    http = http_request(request, endpoint_url(request.registry, "authorize"))
    refuse_plain_http(server, http)
    by_get = request.method == "GET"
    parameters = parse_query(http) if by_get else parse_body(http)
    handle = parameters.once("interaction")
    if handle is None:
        return _respond(request, begin(server, http, parameters, _user(request)))
    if by_get:
        return _respond(request, resume(server, http, handle, _user(request)))
    user, supplied = _user(request), parameters.once(FIELD)
    if not is_from_our_page(request, supplied):
        secret = earlier_secret(request, supplied)
        if secret is None:
            description = "The form does not come from this browser's own page."
            return error_page(request, description, 403, "another_browser")
        user = replace(user, secret=lambda: secret, earlier=True)
    return _respond(request, decide(server, http, handle, user, parameters))


def _user(request: Request) -> User:
    owners = request.oauth2.authorization_service.owners
    return User(
        signed_in_subject(request),
        secret=partial(browser_secret, request),
        authentication=partial(owners.authentication, request),
        login_ended=LOGIN_ENDED in request.environ,
        new=is_new_browser(request),
    )


def _respond(request: Request, result: Result) -> Response:
    match result:
        case Refuse(error, events):
            for event in events:
                notify(request.registry, event, request)
            if isinstance(error, ForeignInteraction) and error.another_user:
                renew_browser(request)
            raise error
        case Login(query, end):
            if end:
                end_login(request)
            return send_to_login(request, authorize_url(request, query))
        case Respond(authorization_response, events):
            outcome = Outcome(send_to_client(request, authorization_response), events)
        case Again(query):
            outcome = Outcome(redirect(authorize_url(request, query)))
        case Ask(client, handle, pending):
            outcome = Outcome(consent_page(request, client, handle, pending))
    if not isinstance(result, Respond) and result.changed:
        # Abandoned interactions have to be purged as well.
        request.oauth2.authorization_service.purger.after_issue()
    return delivered(request, finish(request, outcome) if result.changed else outcome)
