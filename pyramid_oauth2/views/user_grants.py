"""``/oauth2/authorizations``: the signed-in user sees the clients they allow, and withdraws."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import urlencode

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.errors import InvalidRequest
from ..protocol.events import Emit
from ..protocol.grants import WITHDRAWN_BY_USER
from ..protocol.http import Parameters, parse_body, parse_query
from ..protocol.records import Client
from ..protocol.refusal import OWN_RULE, Refusal
from ..protocol.server import refuse_plain_http
from ..protocol.user_grants import Authorization, last_token
from ..protocol.users import Users
from .browser import FIELD, browser_token, is_from_our_page
from .described_resources import described_audience
from .descriptions import describe_scope, document_host, link_of, logo_of
from .login import send_to_login
from .pages import destination, error_page, page_endpoint, render_page
from .redirects import redirect
from .retries import once_per_request
from .signed_in import active_subject
from .user_sessions import end_session, mark_of, sessions_of

CLIENTS_A_PAGE = 25

FORM = Refusal("form_of_browser_and_user", "RFC 6749 section 10.12")
CLIENT_ID = Refusal("client_to_withdraw", OWN_RULE)


@page_endpoint("GET", "POST")
def authorizations(request: Request) -> Response:
    """Show what the user allows (GET); withdraw the access of a client, or end a session (POST)."""
    http = http_request(request, _url(request))
    refuse_plain_http(request.oauth2.authorization_service.server, http)
    if request.method == "GET":
        return _show(request, parse_query(http))
    return _withdraw(request, parse_body(http))


def _show(request: Request, parameters: Parameters) -> Response:
    subject = active_subject(request)
    if subject is None:
        return send_to_login(request, _url(request))
    service = request.oauth2.authorization_service
    found = service.users.authorizations(subject)
    allowed = found.newest_first
    client_id = parameters.once("client_id")
    for authorization in allowed:
        if authorization.client_id == client_id:
            return _ask(request, subject, authorization, parameters.once("page") or "1")
    pages = max(1, -(-len(allowed) // CLIENTS_A_PAGE))
    number = _page_number(parameters.once("page"), pages)
    shown = allowed[(number - 1) * CLIENTS_A_PAGE : number * CLIENTS_A_PAGE]
    withdrawn = parameters.once("withdrawn")
    described = [_described(request, one, number) for one in shown]
    values = {
        "authorizations": described,
        # A forged link may have the parameter, so the page shows the message only if it is true.
        "withdrawn": withdrawn is not None and withdrawn not in {a.client_id for a in allowed},
        "page": number,
        "pages": pages,
        "complete": found.complete,
        "action": _url(request),
        **sessions_of(request, subject, parameters.once("ended"), shown=number == 1),
    }
    logos = [one["logo_uri"] for one in described]
    return render_page(request, "authorizations", values, logos=logos)


def _ask(request: Request, subject: str, authorization: Authorization, page: str) -> Response:
    """The page that asks before the access of a client is withdrawn."""
    values = {
        "client_id": authorization.client_id,
        "client_name": _name(authorization),
        "page": page,
        "back": _url(request, page=page),
        "action": _url(request),
        "browser_field": FIELD,
        "browser_token": browser_token(request, subject),
    }
    return render_page(request, "withdraw", values)


def _withdraw(request: Request, parameters: Parameters) -> Response:
    subject = active_subject(request)
    if subject is None:
        return send_to_login(request, _url(request))
    if not is_from_our_page(request, parameters.once(FIELD), subject):
        description = "The form does not come from a page of this browser and this user."
        return error_page(request, description, 403, "foreign_form", refusal=FORM)
    client_id, sid = parameters.once("client_id"), parameters.once("session")
    if sid is not None:
        return end_session(request, subject, sid, _url(request, ended=mark_of(sid)))
    if client_id is None:
        raise InvalidRequest("The form names no client.", refusal=CLIENT_ID)
    back = _url(request, page=parameters.once("page") or "1", withdrawn=client_id)
    return once_per_request(request, partial(_withdraw_and_redirect, subject, client_id, back))


def _withdraw_and_redirect(
    subject: str, client_id: str, back: str, request: Request, emit: Emit
) -> Response:
    # The same response for a client that has no grants, or does not exist: its access
    # may have been withdrawn in another tab.
    users = Users(request.oauth2.authorization_service.server, emit)
    users.revoke(subject, client_id, WITHDRAWN_BY_USER)
    return redirect(back)


def _url(request: Request, **query: str) -> str:
    url = endpoint_url(request.registry, "authorizations")
    return f"{url}?{urlencode(query)}" if query else url


def _page_number(text: str | None, pages: int) -> int:
    number = int(text) if text and re.fullmatch(r"[0-9]{1,4}", text) else 1
    return min(max(number, 1), pages)


def _usable(authorization: Authorization) -> Client | None:
    client = authorization.client
    # A disabled client may have had a name that misleads users.
    return client if client and client.disabled_at is None else None


def _name(authorization: Authorization) -> str | None:
    """The client's name, or its client_id; None if it was deleted, as no user knows that."""
    if authorization.client is None:
        return None
    usable = _usable(authorization)
    return (usable and usable.client_name) or authorization.client_id


def _described(request: Request, authorization: Authorization, page: int) -> dict[str, Any]:
    client, usable = authorization.client, _usable(authorization)
    client_id, uri = authorization.client_id, authorization.redirect_uri
    last = last_token(request.oauth2.authorization_service.server, authorization.grants)
    return {
        "client_id": client_id,
        "client_name": _name(authorization),
        "document_url": client_id if client and document_host(client) else None,
        "client_uri": usable and link_of(usable, usable.client_uri),
        "logo_uri": usable and logo_of(usable),
        "deleted": client is None,
        "disabled": client is not None and usable is None,
        "scopes": [
            {"name": name, "description": describe_scope(request, name)}
            for name in sorted(authorization.scope)
        ],
        "resources": described_audience(request, authorization.at),
        "since": authorization.since,
        "last_token": last and last.issued_at,
        "or_later": last is not None and last.or_later,
        "redirect_host": uri and destination(uri)["redirect_host"],
        "withdraw_url": _url(request, client_id=client_id, page=str(page)),
    }
