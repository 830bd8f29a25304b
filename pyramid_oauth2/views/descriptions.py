"""Texts and addresses of clients and scopes, which third parties have written."""

from __future__ import annotations

from ..protection.request import Request
from .language import page_localizer


def https_only(uri: str | None) -> str | None:
    """The address if it may be used for a link or an image, else None."""
    # A client's record may be from any source; javascript: must not become a link.
    return uri if uri and uri.startswith("https://") else None


def describe_scope(request: Request, name: str) -> str:
    """What a scope allows, in the user's language; its name if it is no longer known."""
    scopes = request.oauth2.authorization_service.server.scopes
    if name not in scopes:
        return name
    # The description may be a translation string of the application.
    return str(page_localizer(request).translate(scopes[name].description))
