"""The browser session of our pages: a private cookie, and the anti-forgery guard that it carries.

The application's own CSRF set-up cannot carry them: its field may be renamed,
its tokens may be taken from a header only, or need a session that it has not.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import Any

from pyramid.response import Response

from ..interfaces import ISettings

FIELD = "oauth2_browser_token"
NEW = "pyramid_oauth2.new_browser"

_SECRET = re.compile(r"[0-9a-f]{32}")


def browser_token(request: Any, user: str | None = None) -> str:
    """What a form has in its field :data:`FIELD`; a browser that has no secret gets one.

    :param user: who acts by the form, where nothing else says so. A page that
        was open before another user signed in on this browser is not theirs.
    """
    return bound_to(user, _secret(request))


def bound_to(user: str | None, secret: str) -> str:
    """The secret of a browser as the forms of one user have it."""
    if user is None:
        return secret
    return hmac.new(secret.encode(), user.encode(), hashlib.sha256).hexdigest()


def browser_digest(request: Any) -> str:
    """What an interaction remembers of the browser: not the secret itself."""
    return hashlib.sha256(_secret(request).encode()).hexdigest()


def renew_browser(request: Any) -> str:
    """Give the browser a new secret, which ends what is pending in its tabs; return it."""
    # In the environ: pyramid_retry may run the request again, and an
    # interaction is by then bound to this one.
    new: str = request.environ.setdefault(NEW, secrets.token_hex(16))
    if _set_cookie not in request.response_callbacks:
        request.add_response_callback(_set_cookie)
    return new


def carry_browser(request: Any) -> None:
    """Let an answer that an earlier attempt of this request made set its cookie all the same."""
    if NEW in request.environ:
        renew_browser(request)


def is_from_our_page(request: Any, supplied: str | None, user: str | None = None) -> bool:
    """Whether a form is of a page of this browser, and this user (RFC 6749 section 10.12).

    :param supplied: its field :data:`FIELD`.
    :param user: who is signed in, as :func:`browser_token` was told.
    """
    # A form that another site posts brings no cookie. It gets none either: a new
    # one would end what is open in the browser's other tabs.
    sent = _sent(request)
    if not sent or supplied is None:
        return False
    return hmac.compare_digest(bound_to(user, sent).encode(), supplied.encode())


def _secret(request: Any) -> str:
    return _sent(request) or renew_browser(request)


def _sent(request: Any) -> str:
    sent: str = request.cookies.get(_cookie_name(request), "")
    return sent if _SECRET.fullmatch(sent) else ""


def _set_cookie(request: Any, response: Response) -> None:
    response.set_cookie(
        _cookie_name(request),
        request.environ[NEW],
        secure=_is_secure(request),
        httponly=True,
        samesite="Lax",
    )


def _cookie_name(request: Any) -> str:
    # The prefix makes browsers refuse one that a sibling domain set.
    return "__Host-oauth2_browser" if _is_secure(request) else "oauth2_browser"


def _is_secure(request: Any) -> bool:
    public_url: str = request.registry.getUtility(ISettings).public_url
    return public_url.startswith("https:")
