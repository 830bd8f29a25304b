"""Whether a request demands a new login of its user, and whether the user has made it."""

from __future__ import annotations

from .authorization_request import AuthorizationRequest
from .login_mark import LoginMark, Session
from .user import User


def demands_new_login(request: AuthorizationRequest) -> bool:
    """Whether the user has to log in for this request, although they may be signed in."""
    # OpenID Connect Core section 3.1.2.1: with prompt=login the server "SHOULD prompt the
    # End-User for reauthentication".
    return "login" in request.prompt


def has_logged_in(user: User, mark: LoginMark | None) -> bool:
    """Whether the signed-in user has logged in since *mark* was made."""
    if user.subject is None or mark is None:
        return False
    auth_time = user.auth_time()
    if auth_time is None:
        # No user was signed in when it was made, so this one has logged in since.
        return mark.session is Session.NONE
    return auth_time >= mark.demanded_at
