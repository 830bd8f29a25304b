"""The ways by which a request comes again: at our own URL, or after the login."""

from __future__ import annotations

from ..http import Parameters
from .interaction import OpenInteraction, begin_interaction
from .interaction_data import Interaction
from .login_mark import LoginMark
from .login_parameters import hints_for_login
from .progress import Progress
from .results import Again, Login
from .return_query import MARK, is_too_long, return_query
from .unusable import CookiesNeeded
from .user import User


def again(progress: Progress) -> Again:
    """Send the request to our own URL."""
    query = return_query(progress.parameters, progress.handle)
    return stored(progress) if is_too_long(query) else Again(query, endpoint=progress.endpoint)


def to_login(progress: Progress, mark: LoginMark | None = None) -> Login | Again:
    """Send the user to the login, from which they return with *mark*."""
    query = return_query(progress.parameters, progress.handle)
    if mark is not None:
        query = mark.on(query)
    return _to_login(progress, query, mark is not None)


def _to_login(progress: Progress, query: str, new_login: bool) -> Login | Again:
    if is_too_long(query):
        return stored(progress)
    return Login(query, progress.endpoint, hints_for_login(progress.request, new_login))


def begun(progress: Progress) -> tuple[str, OpenInteraction]:
    """Store the request for its user, who is to decide; return its handle."""
    user, mark = progress.user, progress.mark
    interaction = Interaction(
        progress.request,
        user.browser(),
        user.subject,
        login_demanded_at=mark.demanded_at if mark else None,
        new_browser=user.new,
    )
    handle = mark.handle(user.secret()) if mark else None
    return begin_interaction(progress.server, interaction, handle)


def check_cookie(user: User, parameters: Parameters) -> None:
    """Check that a browser which was sent to the login with a mark keeps our cookie.

    :raises CookiesNeeded: no mark can be verified, so another one would be in vain, without end.
    """
    if user.new and parameters.if_once(MARK):
        raise CookiesNeeded("The browser sends no cookie of this site.")


def stored(progress: Progress) -> Again:
    """Store the request, limited by address: anyone can send it.

    :raises TemporarilyUnavailable: there were too many from this address (429).
    """
    if progress.user.subject is None:
        attempt = progress.server.throttle.interaction(progress.http, progress.events.append)
        attempt.refuse_if_blocked()
        attempt.count_or_refuse(progress.destination.client.client_id)
    user = progress.user
    # A form of another site has no cookie. A new browser may get one by each of several first
    # pages, and the last one stays: the request waits for its user.
    browser = user.browser() if progress.http.method == "GET" and not user.new else ""
    handle, _ = begin_interaction(progress.server, Interaction(progress.request, browser))
    return Again(return_query(None, handle), changed=True, endpoint=progress.endpoint)
