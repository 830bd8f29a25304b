"""What a request at the end session endpoint says, and what is known of its browser."""

from __future__ import annotations

import hmac
from dataclasses import replace
from functools import partial

from ..protection.request import Request
from ..protocol.authorization.unusable import CookiesNeeded
from ..protocol.authorization.user import browser_digest
from ..protocol.authorization_server import AuthorizationServer
from ..protocol.http import Parameters
from ..protocol.session import Session
from ..views.browser import FIELD, bound_to, browser_secret, is_from_our_page, is_new_browser
from ..views.browser_session import current_session
from .hint import Hint
from .logout import REDIRECT_URI, Asked, LogoutRequest, read_asked
from .sessions import SessionKeeper
from .signed_out import has_just_signed_out

# In the form of our own page: the session that the client asks to end.
SESSION = "session"
# Beside the parameters of a client: the login has ended here, so that they may go back.
ENDED = "ended"


def logout_request(
    request: Request, sent: Parameters, subject: str | None, confirmed: bool
) -> LogoutRequest:
    """The request, for :func:`~.logout.logout`.

    :param confirmed: whether :func:`is_confirmed`.
    :raises OAuth2Error: a parameter is sent twice.
    :raises StoreUnavailable: the keys are not known now.
    """
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


def proof_of_end(uri: str, secret: str) -> str:
    """What shows that the login has ended here, for a return to that redirect URI."""
    return bound_to(f"{REDIRECT_URI} {uri}", secret)


def _has_ended(request: Request, sent: Parameters, uri: str) -> bool:
    proof = sent.if_once(ENDED)
    if proof is None or is_new_browser(request):
        return False
    return hmac.compare_digest(proof_of_end(uri, browser_secret(request)).encode(), proof.encode())


def is_confirmed(request: Request, sent: Parameters, subject: str | None) -> bool:
    """Whether a form is the one of our page, which asked the signed-in user.

    :raises CookiesNeeded: it may be, but the browser sends no cookie.
    """
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


def _of_browser(request: Request, hint: Hint) -> Session | None:
    if hint.sid is None or is_new_browser(request):
        return None
    return _keeper(request).of_browser(hint.sid, digest_of_browser(request), hint.sub)


def _just_ended(request: Request, sid: str) -> bool:
    server = request.oauth2.authorization_service.server
    return not is_new_browser(request) and has_just_signed_out(
        server, sid, digest_of_browser(request)
    )


def digest_of_browser(request: Request) -> str:
    """The digest by which sessions know the browser."""
    return browser_digest(browser_secret(request))
