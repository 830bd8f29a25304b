"""``/oauth2/authorize``: the authorization endpoint (RFC 6749 section 3.1), in HTTP."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..interfaces import ISettings
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.authorization.flow import begin, decide, resume
from ..protocol.authorization.login_demand import end_login
from ..protocol.authorization.response import AuthorizationResponse
from ..protocol.authorization.results import (
    Again,
    AnotherAccount,
    Ask,
    Done,
    Login,
    LoginAgain,
    Refuse,
    Respond,
    Result,
)
from ..protocol.authorization.return_query import MARK
from ..protocol.authorization.unusable import (
    OF_BROWSER,
    CookiesNeeded,
    ForeignInteraction,
    UnusableInteraction,
)
from ..protocol.authorization.user import User
from ..protocol.errors import OAuth2Error
from ..protocol.http import MAX_FIELDS, HTTPRequest, Parameters, parse_body, parse_query
from ..protocol.refusal import Refusal
from ..protocol.server import refuse_plain_http
from ..responses import record_refusal
from .another_account import another_account_page
from .browser import (
    FIELD,
    browser_secret,
    carry_browser,
    earlier_secret,
    is_from_our_page,
    is_new_browser,
    keep_browser,
    renew_browser,
)
from .consent import consent_page
from .done import done_page
from .language import prefer_languages
from .login import return_url, send_to_login, send_to_logout
from .login_again import login_again_page
from .pages import error_page, page_endpoint, refused_page, unusable_page
from .redirects import link_to_client, redirect, send_to_client
from .retries import Outcome, deliver, delivered, finish, finished
from .signed_in import signed_in_subject


@page_endpoint("GET", "POST")
def authorize(request: Request) -> Response:
    """Begin a request, resume one after a login, or process the user's decision.

    Or end the user's login, where the client demands a new one.
    """
    outcome = finished(request)
    if outcome is not None:
        carry_browser(request)
        return delivered(request, outcome)
    server = request.oauth2.authorization_service.server
    http = http_request(request, endpoint_url(request.registry, "authorize"))
    refuse_plain_http(server, http)
    by_get = request.method == "GET"
    rules = server.plug_ins.rules
    # The form of the consent page has a check box for each optional scope.
    most = MAX_FIELDS + len(server.known_scopes)
    parameters = parse_query(http, rules) if by_get else parse_body(http, most, rules=rules)
    if not by_get and parameters.once(MARK) is not None:
        return _end_login(request, http, parameters)
    prefer_languages(request, parameters.if_once("ui_locales"))
    handle = parameters.once("interaction")
    if handle is None:
        return _respond(request, begin(server, http, parameters, _user(request)))
    if by_get:
        mark = parameters.once(MARK)
        return _respond(request, resume(server, http, handle, _user(request), mark))
    user, supplied = _user(request), parameters.once(FIELD)
    if not is_from_our_page(request, supplied):
        secret = earlier_secret(request, supplied)
        if secret is None:
            description = "The form does not come from this browser's own page."
            return error_page(request, description, 403, "another_browser", refusal=OF_BROWSER)
        user = replace(user, secret=lambda: secret, present=user.secret)
    return _respond(request, decide(server, http, handle, user, parameters))


def _end_login(request: Request, http: HTTPRequest, form: Parameters) -> Response:
    """Process the page of :mod:`.login_again`. The request itself is in the URL, as before."""
    supplied = form.once(FIELD)
    if is_new_browser(request):
        raise CookiesNeeded("The browser sends no cookie of this site.")
    # The page may have an earlier secret: only a page of ours can send it.
    if not is_from_our_page(request, supplied) and earlier_secret(request, supplied) is None:
        description = "The form does not come from this browser's own page."
        return error_page(request, description, 403, "another_browser", refusal=OF_BROWSER)
    server = request.oauth2.authorization_service.server
    parameters = parse_query(http, server.plug_ins.rules)
    handle = parameters.once("interaction")
    sent = parameters if handle is None else None
    return _respond(request, end_login(server, sent, handle or "", _user(request)))


def _user(request: Request) -> User:
    service = request.oauth2.authorization_service
    settings = request.registry.getUtility(ISettings)
    return User(
        signed_in_subject(request),
        secret=partial(browser_secret, request),
        authentication=partial(service.owners.authentication, request, service.server.clock()),
        has_login_page=settings.login_route is not None,
        new=is_new_browser(request),
    )


def _respond(request: Request, result: Result) -> Response:
    match result:
        case Refuse(error, events, way_back):
            deliver(request, events)
            if isinstance(error, ForeignInteraction) and error.another_user:
                renew_browser(request)
            if isinstance(error, UnusableInteraction):
                return unusable_page(request, error, way_back)
            if isinstance(error, OAuth2Error):
                return refused_page(request, error, way_back)
            raise error
        case Login(query, endpoint, hints):
            return send_to_login(request, return_url(request, endpoint, query), hints)
        case LoginAgain(client, query, endpoint):
            return login_again_page(request, client, return_url(request, endpoint, query))
        case Again(query, end=True, endpoint=endpoint):
            return send_to_logout(request, return_url(request, endpoint, query))
        case Respond(authorization_response, events, refusal=refusal, by_link=by_link):
            if result.changed:
                keep_browser(request)
            outcome = Outcome(_sent(request, authorization_response, refusal, by_link), events)
        case Done(client, decision, events):
            outcome = Outcome(done_page(request, client, decision), events)
        case Again(query, endpoint=endpoint):
            outcome = Outcome(redirect(return_url(request, endpoint, query)))
        case AnotherAccount(client, handle, pending, endpoint=endpoint):
            outcome = Outcome(another_account_page(request, client, handle, pending, endpoint))
        case Ask(client, handle, pending, endpoint=endpoint):
            outcome = Outcome(consent_page(request, client, handle, pending, endpoint))
    if not isinstance(result, Respond | Done) and result.changed:
        # Abandoned interactions have to be purged as well.
        request.oauth2.authorization_service.purger.after_issue()
    return delivered(request, finish(request, outcome) if result.changed else outcome)


def _sent(
    request: Request, response: AuthorizationResponse, refusal: Refusal | None, by_link: bool
) -> Response:
    if refusal is None:
        return send_to_client(request, response)
    if by_link:
        return link_to_client(request, response, refusal)
    record_refusal(request, refusal)
    return send_to_client(request, response)
