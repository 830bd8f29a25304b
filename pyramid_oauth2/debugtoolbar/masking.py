"""Masks credentials in the toolbar's pages, in every panel.

The standard panels show headers, cookies and variables as they were sent, and the
console of a traceback shows any object that is requested.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pyramid.response import Response

from ..interfaces.request import PyramidRequest
from ..protocol.masking import MASK, mask_credentials

Handler = Callable[[PyramidRequest], Response]

# Neither HTML escaping nor repr() changes any of these characters. A shorter text
# is not a credential, and may be a word that the page needs.
_PIECE = re.compile(r"[A-Za-z0-9._~+/=-]{8,}")
_BROWSER = re.compile(r"oauth2_browser=([0-9a-f]{32})")
# What a form of ours contains: a secret, what is bound to one, or both. Between the name and the
# value is what the panel writes there.
_FIELD = re.compile(r"oauth2_browser_token.{0,80}?([0-9a-f]{32,})(?:\.([0-9a-f]{32,}))?", re.DOTALL)


def masking_tween(handler: Handler, registry: Any) -> Handler:
    """A tween of the toolbar's application: it sees the toolbar's pages, not the application's."""

    def tween(request: PyramidRequest) -> Response:
        response = handler(request)
        if response.content_type == "text/html":
            history = list(registry.parent_registry.pdtb_history)
            requests = (toolbar.request for _, toolbar in history)
            response.text = masked(response.text, requests)
        return response

    return tween


def masked(page: str, requests: Iterable[PyramidRequest]) -> str:
    """Return the page without tokens, and without the credentials of these requests."""
    page = mask_credentials(page)
    credentials = {piece for request in requests for piece in _credentials(request.environ)}
    credentials |= {piece for pieces in _FIELD.findall(page) for piece in pieces if piece}
    # A cookie that is set is in no request yet.
    credentials.update(_BROWSER.findall(page))
    for credential in sorted(credentials, key=len, reverse=True):
        page = page.replace(credential, MASK)
    return page


def _credentials(environ: dict[str, Any]) -> Iterator[str]:
    """The contents of the Authorization header of any scheme, and of our cookie."""
    scheme, _, value = environ.get("HTTP_AUTHORIZATION", "").strip().partition(" ")
    yield from _PIECE.findall(value or scheme)
    yield from _BROWSER.findall(environ.get("HTTP_COOKIE", ""))
