"""``/oauth2/end_session``: a client lets its user sign out (RP-Initiated Logout 1.0)."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlencode

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..interfaces import ISettings
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.authorization.return_query import is_too_long
from ..protocol.clients.source import is_unchecked
from ..protocol.events import Emit
from ..protocol.follow_up import follow_up
from ..protocol.http import Parameters, parse_body, parse_query
from ..protocol.records import Client, StoreUnavailable
from ..protocol.server import refuse_plain_http
from ..protocol.server_metadata import EndpointURL
from ..protocol.sessions import SIGNED_OUT, Sessions
from ..views.browser import (
    FIELD,
    browser_token,
    carry_browser,
    renew_browser,
)
from ..views.browser_session import end_here
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
    ByGet,
    Confirm,
    Destination,
    End,
    Result,
    Return,
    SignedOut,
    logout,
)
from .signed_out import remember_signed_out
from .views_logout_request import (
    ENDED,
    SESSION,
    digest_of_browser,
    is_confirmed,
    logout_request,
    proof_of_end,
)

NAME = "end_session"


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
    confirmed = not by_get and is_confirmed(request, sent, subject)
    try:
        result = logout(logout_request(request, sent, subject, confirmed))
    except StoreUnavailable:
        if subject is None:
            raise
        # What the store cannot say is not used: the user can be asked, and the login can end.
        result = End(None, None) if confirmed else Confirm(None, None)
    return _respond(request, sent, subject, result)


def _respond(request: Request, sent: Parameters, subject: str | None, result: Result) -> Response:
    match result:
        case ByGet(client):
            return redirect(_url(request, _for_url(sent, client)))
        case Return(destination):
            return redirect(destination.url)
        case SignedOut(destination):
            return _page(request, sent, SignedOut(destination))
        case Confirm() as confirm:
            return _page(request, sent, confirm, subject)
        case End() as end:
            return once_per_request(request, partial(_end, end, subject, sent))
    raise AssertionError("every result has a response")


def _for_url(sent: Parameters, client: Client | None) -> dict[str, str]:
    """What another site has posted, for a URL; without a hint that is too long: a page asks."""
    parameters = sent.only(PARAMETERS).as_form()
    if not is_too_long(urlencode(parameters)):
        return parameters
    named = {} if client is None else {CLIENT_ID: client.client_id}
    shorter = {**sent.only((REDIRECT_URI, STATE, UI_LOCALES)).as_form(), **named}
    return {} if is_too_long(urlencode(shorter)) else shorter


def _end(end: End, subject: str | None, sent: Parameters, request: Request, emit: Emit) -> Response:
    session, destination = end.session, end.destination
    server = request.oauth2.authorization_service.server
    if subject is None and session is not None:
        # Before the browser gets another secret: if this fails, it can be tried again.
        Sessions(server, emit).end(session.subject, session.sid, SIGNED_OUT)
    if session is not None:
        with follow_up("A second click on signing out asks the user"):
            remember_signed_out(server, session.sid, digest_of_browser(request))
    if subject is not None and end.sid is not None:
        with follow_up("A session goes on, although its user has signed out"):
            Sessions(server, emit).end(subject, end.sid, SIGNED_OUT)
    secret = renew_browser(request)
    locales = sent.only((UI_LOCALES,)).as_form()
    url = _url(request, locales if destination is None else _ended(destination, secret))
    return redirect(url) if subject is None else end_here(request, emit, subject, url, session)


def _ended(destination: Destination, secret: str) -> dict[str, str]:
    """What sends the user back, once the application has ended the login."""
    parameters = {
        CLIENT_ID: destination.client.client_id,
        REDIRECT_URI: destination.uri,
        STATE: destination.state,
        ENDED: proof_of_end(destination.uri, secret),
    }
    return {name: value for name, value in parameters.items() if value is not None}


def _page(
    request: Request, sent: Parameters, result: Confirm | SignedOut, subject: str | None = None
) -> Response:
    """The page that asks *subject*, or says that no user is signed in."""
    destination = result.destination
    client, sid = (result.client, result.sid) if isinstance(result, Confirm) else (None, None)
    fields = {
        SESSION: sid,
        CLIENT_ID: client and client.client_id,
        REDIRECT_URI: destination and destination.uri,
        STATE: destination and destination.state,
        UI_LOCALES: sent.if_once(UI_LOCALES),
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
