"""The step that requires a new login (OpenID Connect Core section 3.1.2.1).

If the time of the login is known, the user stays signed in and is sent to the login. If they come
back as they were, since the login page redirects signed-in users, their login has to end first.
So it has if the time is not known: only a user who was signed out before has certainly logged in.
They press a button for that: a link of another site must not be enough to sign a user out.
A login after that which is still older than the demand is refused: another one would not help.
"""

from __future__ import annotations

from ..errors import LoginRequired, UnmetAuthenticationRequirements
from ..http import Parameters
from ..server import Server
from . import checks
from .detour import again, check_cookie, to_login
from .login_mark import Session, make_mark, mark_for
from .new_login import has_acr, has_logged_in, is_login_enough, may_demand_login
from .progress import AUTHORIZE, Progress
from .results import Again, LoginAgain, Result, refused
from .return_query import return_query
from .user import User


def require_new_login(progress: Progress) -> Result | None:
    """Have the user log in, where the request demands it and they have not."""
    if not may_demand_login(progress.request) or _is_enough(progress):
        return None
    if "none" in progress.request.prompt:
        return refused(progress, _without_page(progress))
    if _is_made(progress):
        return _unless_acr(progress)
    if progress.form is not None:
        return again(progress)
    user, mark, parameters = progress.user, progress.mark, progress.parameters
    if parameters is not None:
        check_cookie(user, parameters)
    if user.subject is None:
        return _login(progress, Session.NONE)
    if mark is not None and mark.session is not Session.KEPT:
        # "If it cannot reauthenticate the End-User, it MUST return an error, typically
        # login_required." To end the login of a user who was signed out before would be
        # without end: an upstream signs them in by an older session, or its clock is behind.
        ended = mark.session is Session.ENDED
        reason = "cannot be ended" if ended else "is not a new one"
        error = LoginRequired(f"The present login {reason}.", refusal=checks.NEW_LOGIN)
        return refused(progress, error)
    if mark is None and user.has_login_page and user.auth_time() is not None:
        return _login(progress, Session.KEPT)
    query = return_query(parameters, progress.handle)
    return LoginAgain(progress.destination.client, query, progress.endpoint)


def end_login(
    server: Server,
    parameters: Parameters | None,
    handle: str,
    user: User,
    endpoint: str = AUTHORIZE,
) -> Again:
    """End the present login. The request then comes again, and shows whether that worked.

    :param parameters: what the client sent; None for a request that is stored.
    :param endpoint: at which this is, and to which the browser comes again.
    """
    # Not by what forget() returns: where the login is in a session, there are no headers.
    query = return_query(parameters, handle)
    return Again(
        make_mark(server, user, query, Session.ENDED).on(query), end=True, endpoint=endpoint
    )


def _is_enough(progress: Progress) -> bool:
    pending = progress.pending
    begun = progress.server.clock() if pending is None else pending.token.issued_at
    user = progress.user
    return user.subject is not None and is_login_enough(progress.request, user, begun)


def _without_page(progress: Progress) -> LoginRequired | UnmetAuthenticationRequirements:
    user = progress.user
    if user.subject is None:
        return checks.login_required()
    if not has_acr(progress.request, user):
        # OpenID Connect Core Error Code unmet_authentication_requirements section 1: it "SHALL be
        # used" for an essential acr that the server "is unable to meet". Without a page it is; a
        # client that sends the request without prompt=none has the user sent to the login.
        return checks.unmet_acr(progress.request.acr)
    return LoginRequired("The present login is too old.", refusal=checks.NEW_LOGIN)


def _is_made(progress: Progress) -> bool:
    user, pending = progress.user, progress.pending
    if pending is None:
        return has_logged_in(user, progress.mark)
    since = pending.interaction.login_demanded_at
    if user.subject is None or since is None or pending.interaction.subject != user.subject:
        return False
    # It was bound to its user after the new login; their session may be an older one now.
    auth_time = user.auth_time()
    return auth_time is None or auth_time >= since


def _unless_acr(progress: Progress) -> Result | None:
    if has_acr(progress.request, progress.user):
        return None
    return refused(progress, checks.unmet_acr(progress.request.acr))


def _login(progress: Progress, session: Session) -> Result:
    query = return_query(progress.parameters, progress.handle)
    return to_login(
        progress, mark_for(progress.server, progress.user, query, session, progress.mark)
    )
