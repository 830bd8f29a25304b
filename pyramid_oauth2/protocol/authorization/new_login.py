"""Whether a request demands a new login of its user, and whether the user has made it."""

from __future__ import annotations

from .authorization_request import AuthorizationRequest
from .login_mark import LoginMark, Session
from .user import User


def may_demand_login(request: AuthorizationRequest) -> bool:
    """Whether a user who is signed in may have to log in for this request."""
    return "login" in request.prompt or request.max_age is not None or bool(request.acr)


def is_login_enough(request: AuthorizationRequest, user: User, at: int) -> bool:
    """Whether the present login of a signed-in user is what the request demands.

    :param at: when the request began, in UTC seconds: a page that is read for long demands
        nothing anew.
    """
    # OpenID Connect Core section 3.1.2.1: with prompt=login the server "SHOULD prompt the
    # End-User for reauthentication"; max_age=0 is the same.
    if "login" in request.prompt or request.max_age == 0:
        return False
    if request.max_age is None:
        return has_acr(request, user)
    # "If the elapsed time is greater than this value, the OP MUST attempt to actively
    # re-authenticate the End-User." It is measured when the request begins: measured at the
    # decision, a user who reads for longer than max_age would log in and read without end. A
    # client that finds auth_time too old then asks again (section 3.1.3.7, item 13), and what the
    # user has allowed is remembered by then.
    auth_time = user.auth_time()
    return auth_time is not None and auth_time + request.max_age >= at and has_acr(request, user)


def has_acr(request: AuthorizationRequest, user: User) -> bool:
    """Whether the user is authenticated in one of the ways that are essential to the request."""
    if not request.acr:
        return True
    authentication = user.authentication()
    return authentication is not None and authentication.acr in request.acr


def has_logged_in(user: User, mark: LoginMark | None) -> bool:
    """Whether the signed-in user has logged in since *mark* was made."""
    if user.subject is None or mark is None:
        return False
    auth_time = user.auth_time()
    if auth_time is None:
        # No user was signed in when it was made, so this one has logged in since.
        return mark.session is Session.NONE
    return auth_time >= mark.demanded_at
