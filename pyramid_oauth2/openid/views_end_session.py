"""``/oauth2/end_session``: a client lets its user sign out (RP-Initiated Logout 1.0)."""

from __future__ import annotations

import hmac
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..interfaces import ISettings
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.authorization.return_query import is_too_long
from ..protocol.authorization.unusable import CookiesNeeded
from ..protocol.authorization.user import browser_digest
from ..protocol.authorization_server import AuthorizationServer
from ..protocol.clients.source import is_unchecked
from ..protocol.events import Emit
from ..protocol.follow_up import follow_up
from ..protocol.http import Parameters, parse_body, parse_query
from ..protocol.records import Client, StoreUnavailable
from ..protocol.server import refuse_plain_http
from ..protocol.server_metadata import EndpointURL
from ..protocol.session import Session
from ..protocol.sessions import SIGNED_OUT, Sessions
from ..views.browser import (
    FIELD,
    bound_to,
    browser_secret,
    browser_token,
    carry_browser,
    is_from_our_page,
    is_new_browser,
    renew_browser,
)
from ..views.browser_session import current_session, end_here
from ..views.language import prefer_languages
from ..views.pages import page_endpoint, render_page
from ..views.redirects import redirect
from ..views.retries import delivered, finished, once_per_request
from ..views.routes import OWN_PREFIX, add_with_slash, route_prefix
from ..views.signed_in import signed_in_subject
from .logout import (
    CLIENT_ID,
    PARAMETERS,
    REDIRECT_URI,
    STATE,
    UI_LOCALES,
    Asked,
    ByGet,
    Confirm,
    Destination,
    End,
    LogoutRequest,
    Result,
    Return,
    SignedOut,
    logout,
    read_asked,
)
from .sessions import SessionKeeper
from .signed_out import has_just_signed_out, remember_signed_out

NAME = "end_session"
# In the form of our own page.
SESSION = "session"
# Beside the parameters of a client: the login has ended here, so that they may go back.
ENDED = "ended"


def includeme(config: Any) -> None:
    """Add the page, and its URL to the metadata."""
    path = config.registry.getUtility(ISettings).path
    with route_prefix(config, config.registry[OWN_PREFIX]):
        add_with_slash(config, NAME, f"{path}/{NAME}", end_session)
    member = f"{NAME}_endpoint"
    factory = partial(EndpointURL, endpoint=NAME, member=member)
    config.add_oauth2_server_metadata(member, factory)


@page_endpoint("GET", "POST")
def end_session(request: Request) -> Response:
    """Sign the user out, or ask them before; then send them back to the client, if it may be."""
    outcome = finished(request)
    if outcome is not None:
        carry_browser(request)
        return delivered(request, outcome)
    http = http_request(request, endpoint_url(request.registry, NAME))
    server = request.oauth2.authorization_service.server
    refuse_plain_http(server, http)
    rules = server.plug_ins.rules
    by_get = request.method == "GET"
    sent = parse_query(http, rules) if by_get else parse_body(http, rules=rules)
    prefer_languages(request, sent.if_once(UI_LOCALES))
    subject = signed_in_subject(request)
    confirmed = not by_get and _is_confirmed(request, sent, subject)
    try:
        result = logout(_logout_request(request, sent, subject, confirmed))
    except StoreUnavailable:
        if subject is None:
            raise
        # What the store cannot say is not used: the user can be asked, and the login can end.
        result = End(None, None) if confirmed else Confirm(None, None)
    return _respond(request, sent, subject, result)


def _logout_request(
    request: Request, sent: Parameters, subject: str | None, confirmed: bool
) -> LogoutRequest:
    server = request.oauth2.authorization_service.server
    return LogoutRequest(
        server,
        _asked(request, server, sent),
        without_cookies=request.method == "POST" and is_new_browser(request),
        subject=subject,
        current=partial(_current, request, subject),
        of_browser=partial(_of_browser, request),
        just_ended=partial(_just_ended, request),
        confirmed=confirmed,
        confirmed_sid=sent.if_once(SESSION),
        has_ended=partial(_has_ended, request, sent),
    )


def _respond(request: Request, sent: Parameters, subject: str | None, result: Result) -> Response:
    match result:
        case ByGet(client):
            return redirect(_url(request, _for_url(sent, client)))
        case Return(destination):
            return redirect(destination.url)
        case SignedOut(destination):
            return _page(request, destination=destination)
        case Confirm(client, destination, sid):
            return _page(request, subject, client, destination, sid)
        case End() as end:
            return once_per_request(request, partial(_end, end, subject))
    raise AssertionError("every result has a response")


def _for_url(sent: Parameters, client: Client | None) -> dict[str, str]:
    """What another site has posted, for a URL; without a hint that is too long: a page asks."""
    parameters = sent.only(PARAMETERS).as_form()
    if not is_too_long(urlencode(parameters)):
        return parameters
    named = {} if client is None else {CLIENT_ID: client.client_id}
    shorter = {REDIRECT_URI: sent.once(REDIRECT_URI), STATE: sent.once(STATE), **named}
    fitting = {name: value for name, value in shorter.items() if value is not None}
    return {} if is_too_long(urlencode(fitting)) else fitting


def _end(end: End, subject: str | None, request: Request, emit: Emit) -> Response:
    session, destination = end.session, end.destination
    server = request.oauth2.authorization_service.server
    if subject is None and session is not None:
        # Before the browser gets another secret: if this fails, it can be tried again.
        Sessions(server, emit).end(session.subject, session.sid, SIGNED_OUT)
    if session is not None:
        with follow_up("A second click on signing out asks the user"):
            remember_signed_out(server, session.sid, _browser(request))
    if subject is not None and end.sid is not None:
        with follow_up("A session goes on, although its user has signed out"):
            Sessions(server, emit).end(subject, end.sid, SIGNED_OUT)
    secret = renew_browser(request)
    url = _url(request, {} if destination is None else _ended(destination, secret))
    return redirect(url) if subject is None else end_here(request, emit, subject, url, session)


def _ended(destination: Destination, secret: str) -> dict[str, str]:
    """What sends the user back, once the application has ended the login."""
    parameters = {
        CLIENT_ID: destination.client.client_id,
        REDIRECT_URI: destination.uri,
        STATE: destination.state,
        ENDED: _proof(destination.uri, secret),
    }
    return {name: value for name, value in parameters.items() if value is not None}


def _proof(uri: str, secret: str) -> str:
    return bound_to(f"{REDIRECT_URI} {uri}", secret)


def _has_ended(request: Request, sent: Parameters, uri: str) -> bool:
    proof = sent.if_once(ENDED)
    if proof is None or is_new_browser(request):
        return False
    return hmac.compare_digest(_proof(uri, browser_secret(request)).encode(), proof.encode())


def _is_confirmed(request: Request, sent: Parameters, subject: str | None) -> bool:
    field = sent.once(FIELD)
    if subject is None or field is None:
        return False
    if is_new_browser(request):
        raise CookiesNeeded("The browser sends no cookie of this site.")
    return is_from_our_page(request, field, subject)


def _keeper(request: Request) -> SessionKeeper:
    keeper = request.oauth2.authorization_service.server.plug_ins.sessions
    assert isinstance(keeper, SessionKeeper)
    return keeper


def _asked(request: Request, server: AuthorizationServer, sent: Parameters) -> Asked:
    asked = read_asked(server, sent)
    if asked.hint is None or asked.hint.sid is None:
        return asked
    # A pairwise client knows the session by another name.
    return replace(
        asked, hint=replace(asked.hint, sid=_keeper(request).sids.sid_of(asked.hint.sid))
    )


def _current(request: Request, subject: str | None) -> Session | None:
    return None if subject is None else current_session(request, subject)


def _of_browser(request: Request, sid: str) -> Session | None:
    return None if is_new_browser(request) else _keeper(request).of_browser(sid, _browser(request))


def _just_ended(request: Request, sid: str) -> bool:
    server = request.oauth2.authorization_service.server
    return not is_new_browser(request) and has_just_signed_out(server, sid, _browser(request))


def _browser(request: Request) -> str:
    return browser_digest(browser_secret(request))


def _page(
    request: Request,
    subject: str | None = None,
    client: Client | None = None,
    destination: Destination | None = None,
    sid: str | None = None,
) -> Response:
    fields = {
        SESSION: sid,
        CLIENT_ID: client and client.client_id,
        REDIRECT_URI: destination and destination.uri,
        STATE: destination and destination.state,
    }
    # What a stranger has registered is not named.
    named = client if client is not None and not is_unchecked(client) else None
    values = {
        "action": _url(request, {}),
        "client_name": named and (named.client_name or named.client_id),
        "back": destination
        and {
            "name": destination.client.client_name or destination.client.client_id,
            "url": destination.url,
        },
        "fields": {name: value for name, value in fields.items() if value},
        "browser_field": FIELD,
        "browser_token": None if subject is None else browser_token(request, subject),
    }
    return render_page(request, NAME, values)


def _url(request: Request, parameters: dict[str, str]) -> str:
    url = endpoint_url(request.registry, NAME)
    return f"{url}?{urlencode(parameters)}" if parameters else url
