"""Where the signed-in user has signed in at clients, on the page of what they allow."""

from __future__ import annotations

from functools import partial
from typing import Any

from pyramid.response import Response

from ..protection.request import Request
from ..protocol.events import Emit
from ..protocol.server import UserNotChecked
from ..protocol.session import Session, SignIn
from ..protocol.sessions import ENDED_BY_USER, Sessions
from ..protocol.user_grants import RECORDS_READ
from .browser import FIELD, browser_token
from .browser_session import current_session
from .redirects import redirect
from .retries import once_per_request

SHOWN = 25
MARK = 16  # characters


def sessions_of(request: Request, subject: str, ended: str | None, shown: bool) -> dict[str, Any]:
    """What the template gets about the sessions of a user.

    :param ended: the mark of the one that was just ended.
    :param shown: whether they are on this page.
    """
    service = request.oauth2.authorization_service
    found = service.sessions.list(subject, RECORDS_READ) if shown else []
    here = _sid_here(request, subject) if found else None
    latest, ends_login = found[:SHOWN], service.owners.knows("end_session")
    return {
        "sessions": [_described(request, each, each.sid == here) for each in latest],
        "all_sessions": len(found) == len(latest),
        # A forged link may have the parameter.
        "ended": ended is not None and ended not in {mark_of(each.sid) for each in found},
        "login_stays": not all(each.of_application and ends_login for each in latest),
        "browser_field": FIELD,
        # Without a form there is no cookie either, which would end the pages of other tabs.
        "browser_token": browser_token(request, subject) if latest else None,
    }


def _sid_here(request: Request, subject: str) -> str | None:
    """The session of this browser; None if it has none, or the application cannot say now."""
    try:
        current = current_session(request, subject)
    except UserNotChecked:
        # On this page users end what they allow.
        return None
    return None if current is None else current.sid


def mark_of(sid: str) -> str:
    """What the URL after its end has of a session; its end is drawn at random."""
    return sid[-MARK:]


def end_session(request: Request, subject: str, sid: str, back: str) -> Response:
    """End one of them, and go back to the page."""
    return once_per_request(request, partial(_end, subject, sid, back))


def _end(subject: str, sid: str, back: str, request: Request, emit: Emit) -> Response:
    # The same response for one that has ended, in another tab for instance.
    server = request.oauth2.authorization_service.server
    Sessions(server, emit).end(subject, sid, ENDED_BY_USER)
    return redirect(back)


def _described(request: Request, session: Session, here: bool) -> dict[str, Any]:
    return {
        "sid": session.sid,
        "since": session.began_at,
        "here": here,
        "clients": [_client(request, each) for each in session.sign_ins],
    }


def _client(request: Request, sign_in: SignIn) -> dict[str, Any]:
    # The name of a disabled client may have misled users.
    client = request.oauth2.authorization_service.server.client(sign_in.client_id)
    name = client and (client.client_name or client.client_id)
    return {"client_name": name, "last": sign_in.at}
