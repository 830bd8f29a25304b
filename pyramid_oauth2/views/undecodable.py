"""Responds with 400 to a path or a cookie that cannot be decoded, before other code reads it.

A path such as ``/oauth2/%ff`` would raise in the router. A broken cookie, of any
origin, would raise in all code that reads the user, as pyramid_tm does before any
view.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from ..interfaces import ISettings
from ..protection.request import Request
from ..protocol.errors import InvalidRequest
from ..protocol.refusal import OWN_RULE, Refusal
from ..responses import error_response
from ..settings.types import RESOURCE_SERVER
from .pages import error_page

PATH = Refusal("path_encoding", OWN_RULE)
COOKIES = Refusal("cookie_encoding", OWN_RULE)


def undecodable_tween(
    handler: Callable[[Request], Response], registry: Any
) -> Callable[[Request], Response]:
    """Check our own paths only; the application handles all others as before."""
    ours = (registry.getUtility(ISettings).path + "/", "/.well-known/oauth-")

    def tween(request: Request) -> Response:
        path = request.environ.get("PATH_INFO", "")
        # Almost every path is ASCII, and a client sends no cookies: the check costs little.
        suspicious = not path.isascii() or "HTTP_COOKIE" in request.environ
        if suspicious and any(beginning in path for beginning in ours):
            return _refusal(request, path) or handler(request)
        return handler(request)

    return tween


def _refusal(request: Request, path: str) -> Response | None:
    try:
        path.encode("latin-1").decode()
    except UnicodeDecodeError:
        return error_response(InvalidRequest("The path is not valid UTF-8.", refusal=PATH))
    if _has_readable_cookies(request):
        return None
    settings = request.registry.getUtility(ISettings)
    text = "The request has a cookie that is not text. Delete this site's cookies."
    # A resource server has no pages.
    for_people = "text/html" in request.environ.get("HTTP_ACCEPT", "")
    if for_people and settings.mode != RESOURCE_SERVER:
        return error_page(request, text, 400, "unreadable_cookie")
    return error_response(InvalidRequest(text, refusal=COOKIES))


def _has_readable_cookies(request: Request) -> bool:
    # WebOb decodes all cookies when one is read.
    try:
        request.cookies.get("any")
    except UnicodeDecodeError:
        return False
    return True
