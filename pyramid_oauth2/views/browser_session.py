"""The session of a browser: in which its user has signed in at clients, with the present login."""

from __future__ import annotations

from functools import partial

from pyramid.response import Response

from ..journal import Journal
from ..protection.request import Request
from ..protocol.authorization.user import browser_digest
from ..protocol.events import Emit
from ..protocol.follow_up import follow_up
from ..protocol.session import Session
from ..protocol.sessions import SIGNED_OUT, Sessions
from .browser import browser_secret, is_new_browser
from .login import send_to_logout
from .signed_in import signed_in_subject


def current_session(request: Request, subject: str) -> Session | None:
    """The session of this browser; None if there is none.

    :raises StoreUnavailable: the store cannot be read.
    """
    service = request.oauth2.authorization_service
    keeper = service.server.plug_ins.sessions
    if keeper is None or is_new_browser(request):
        return None
    browser = browser_digest(browser_secret(request))
    return keeper.current(subject, service.owners.authentication(request), browser)


def end_here(
    request: Request, emit: Emit, subject: str, back: str, session: Session | None = None
) -> Response:
    """End the login of this browser, and the session of the clients with it; go on at *back*.

    The login ends in any case, also with a store that is away: the user may be leaving the
    device to others.

    :param session: what to end, where it is known; None: that of this browser, if there is one.
    """
    _end(request, emit, subject, session)
    return send_to_logout(request, back)


def end_session(request: Request) -> bool:
    """What ``request.oauth2.end_session()`` does."""
    subject = signed_in_subject(request)
    if subject is None:
        return False
    journal = Journal(request)
    end = partial(_end, request, journal.emit, subject)
    return journal.run("end_session", {"subject": subject}, end)


def _end(request: Request, emit: Emit, subject: str, session: Session | None = None) -> bool:
    server = request.oauth2.authorization_service.server
    with follow_up("A session goes on, although its user has signed out"):
        ending = session or current_session(request, subject)
        if ending is not None:
            return Sessions(server, emit).end(ending.subject, ending.sid, SIGNED_OUT)
    return False
