"""Responds with 400 to a request of which a part cannot be read, instead of a 500.

A path such as ``/%ff`` raises in the router. A broken cookie, of any origin, raises in all
code that reads the user, as pyramid_tm does before any view.

Requests to the add-on's own paths are checked before other code reads them. For all others the
application decides, by its exception views for instance: what it does not handle is a 400 here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from pyramid.httpexceptions import HTTPBadRequest
from pyramid.response import Response
from webob.request import DisconnectionError

from ..interfaces import ISettings
from ..protection.request import Request
from ..protocol.errors import InvalidRequest
from ..protocol.refusal import OWN_RULE, Refusal
from ..responses import error_response
from ..settings.types import RESOURCE_SERVER
from .pages import error_page

log = logging.getLogger(__name__)

PATH = Refusal("path_encoding", OWN_RULE)
COOKIES = Refusal("cookie_encoding", OWN_RULE)

# UnicodeDecodeError is a ValueError. A form raises others as well: a ValueError for an empty
# boundary, a LookupError for a part in an unknown encoding, and, in WebOb, a DeprecationWarning
# for a form that is not in UTF-8.
UNDECODABLE = (ValueError, LookupError, DeprecationWarning)
# WebOb raises a DisconnectionError in all code that reads a body that ends too early.
UNREADABLE = (*UNDECODABLE, DisconnectionError)

BAD_PATH = "The path is not valid UTF-8."
BAD_COOKIE = "The request has a cookie that is not text. Delete this site's cookies."


def undecodable_tween(
    handler: Callable[[Request], Response], registry: Any
) -> Callable[[Request], Response]:
    """Check our own paths first; on all others, look for the reason only of an error."""
    ours = (registry.getUtility(ISettings).path + "/", "/.well-known/oauth-")

    def tween(request: Request) -> Response:
        path = request.environ.get("PATH_INFO", "")
        # Almost every path is ASCII, and a client sends no cookies: the check costs little.
        suspicious = not path.isascii() or "HTTP_COOKIE" in request.environ
        if suspicious and any(beginning in path for beginning in ours):
            refusal = _refusal(request)
            if refusal is not None:
                return refusal
        try:
            return handler(request)
        except UNREADABLE as error:
            problem = _problem(request, error)
            if problem is None:
                raise
            log.info("Refused with 400: %s", problem, exc_info=True)
            return HTTPBadRequest(problem)

    return tween


def _refusal(request: Request) -> Response | None:
    if not _is_readable(lambda: request.path_info):
        return error_response(InvalidRequest(BAD_PATH, refusal=PATH))
    if _has_readable_cookies(request):
        return None
    settings = request.registry.getUtility(ISettings)
    # A resource server has no pages.
    for_people = "text/html" in request.environ.get("HTTP_ACCEPT", "")
    if for_people and settings.mode != RESOURCE_SERVER:
        return error_page(request, BAD_COOKIE, 400, "unreadable_cookie", refusal=COOKIES)
    return error_response(InvalidRequest(BAD_COOKIE, refusal=COOKIES))


def _problem(request: Request, error: Exception) -> str | None:
    """What of the request cannot be decoded; None if the error has another reason."""
    if isinstance(error, DisconnectionError):
        # A complete body is seekable once it was read: then the error is of another request.
        short = bool(request.content_length) and not request.is_body_seekable
        return "The body is shorter than its Content-Length." if short else None
    if not _is_readable(lambda: request.path_info):
        return BAD_PATH
    if not _has_readable_cookies(request):
        return BAD_COOKIE
    if not _is_readable(lambda: request.GET):
        return "The query is not valid UTF-8."
    if isinstance(error, DeprecationWarning):
        # WebOb raises it before it reads the form.
        return "The form is not in UTF-8." if request.charset != "UTF-8" else None
    # Only a form that was read already: its reader has made the body seekable.
    if request.is_body_seekable and not _is_readable(lambda: request.POST):
        return "The form cannot be decoded."
    return None


def _has_readable_cookies(request: Request) -> bool:
    # WebOb decodes all cookies when one is read.
    return _is_readable(lambda: request.cookies.get("any"))


def _is_readable(read: Callable[[], object]) -> bool:
    try:
        read()
    except UNDECODABLE:
        return False
    return True
