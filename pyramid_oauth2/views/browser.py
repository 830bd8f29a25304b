"""The browser session of the pages: a private cookie, and the CSRF protection based on it.

The application's own CSRF protection cannot be used: its field may be renamed,
its tokens may be read from a header only, or may need a session that the
application does not have.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from functools import partial
from typing import Any

from pyramid.response import Response

from ..interfaces import ISettings
from ..page_protection import cookie_options
from ..protection.request import Request
from ..protocol.redirect_uris import origin_of

FIELD = "oauth2_browser_token"
NEW = "pyramid_oauth2.new_browser"

_SECRET = re.compile(r"[0-9a-f]{32}")


def browser_token(request: Request, user: str | None = None) -> str:
    """The value of a form's field :data:`FIELD`; a browser without a secret gets one.

    :param user: the user who submits the form, if nothing else identifies them. A
        page that was open before another user signed in on this browser is not
        valid for that user.
    """
    new, secret = is_new_browser(request), browser_secret(request)
    token = bound_to(user, secret)
    # If the browser loads two first pages at once, the other cookie may stay: see earlier_secret.
    return f"{secret}.{token}" if new and user is not None else token


def bound_to(user: str | None, secret: str) -> str:
    """A browser's secret, bound to the user whose forms contain it."""
    if user is None:
        return secret
    return hmac.new(secret.encode(), user.encode(), hashlib.sha256).hexdigest()


def browser_secret(request: Request) -> str:
    """The browser's secret; a browser without one gets one."""
    return _sent(request) or renew_browser(request)


def renew_browser(request: Request) -> str:
    """Give the browser a new secret, which invalidates the forms in its tabs; return it."""
    # In the environ: pyramid_retry may run the request again, when an interaction
    # is already bound to this secret.
    new: str = request.environ.setdefault(NEW, secrets.token_hex(16))
    if _set_cookie not in request.response_callbacks:
        request.add_response_callback(_set_cookie)
    return new


def keep_browser(request: Request) -> None:
    """Let the browser keep its secret as long as the session of its user, which is named by it.

    Without that a browser that is closed forgets it. A user who is still signed in to the
    application could not sign out of that session any more.
    """
    sessions = request.oauth2.authorization_service.server.plug_ins.sessions
    if sessions is not None:
        # After the one of a new browser, which has no end.
        request.add_response_callback(partial(_set_cookie, max_age=sessions.lifetime))


def carry_browser(request: Request) -> None:
    """Set the cookie also on a response that an earlier attempt of this request created."""
    if NEW in request.environ:
        renew_browser(request)


def is_from_our_page(request: Request, supplied: str | None, user: str | None = None) -> bool:
    """Whether a form is from a page of this browser and this user (RFC 6749 section 10.12).

    :param supplied: the value of its field :data:`FIELD`.
    :param user: the signed-in user, as passed to :func:`browser_token`.
    """
    # A form that another site posts has no cookie. It gets none either: a new one
    # would invalidate the forms in the browser's other tabs.
    sent = _sent(request)
    if not sent or supplied is None:
        return False
    earlier, _, token = supplied.rpartition(".")
    possible = [sent]
    # The page of a new browser, which has got another cookie since. Never that of another user.
    if user is not None and (secret := earlier_secret(request, earlier)):
        possible.append(secret)
    tokens = [bound_to(user, secret).encode() for secret in possible]
    return any(hmac.compare_digest(each, token.encode()) for each in tokens)


def is_new_browser(request: Request) -> bool:
    """Whether the browser sent no secret."""
    return not _sent(request)


def earlier_secret(request: Request, supplied: str | None) -> str | None:
    """The secret in a form of ours, where it is not the browser's present one.

    A browser that loads two first pages at once gets two secrets, and the later cookie
    stays. The caller accepts the other one only where that can be the reason.

    :return: None if the form may come from another site: only the user agent writes
        ``Origin``, and no page of another site can send ours.
    """
    ours = origin_of(request.registry.getUtility(ISettings).public_url)
    if request.headers.get("Origin") != ours:
        return None
    # A browser that stores no cookie has not loaded two pages: its form is refused.
    if is_new_browser(request):
        return None
    return supplied if supplied is not None and _SECRET.fullmatch(supplied) else None


def _sent(request: Request) -> str:
    sent = request.cookies.get(_cookie(request)["cookie_name"], "")
    return sent if _SECRET.fullmatch(sent) else ""


def _set_cookie(request: Request, response: Response, max_age: int | None = None) -> None:
    options = _cookie(request)
    name, secret = options.pop("cookie_name"), request.environ.get(NEW) or _sent(request)
    response.set_cookie(name, secret, max_age=max_age, overwrite=True, **options)


def _cookie(request: Request) -> dict[str, Any]:
    return cookie_options(request.registry, "oauth2_browser")
