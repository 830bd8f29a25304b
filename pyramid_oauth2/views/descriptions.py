"""What a page says of clients and scopes, which others have written."""

from __future__ import annotations

from typing import Any


def https_only(uri: str | None) -> str | None:
    """The address if it may become a link or an image."""
    # A client's record may come from anywhere; javascript: must not become a link.
    return uri if uri and uri.startswith("https://") else None


def describe_scope(request: Any, name: str) -> str:
    """What a scope allows, in the user's language; its name if nobody knows it any more."""
    scopes = request.oauth2.service.server.scopes
    if name not in scopes:
        return name
    # The application may have given a translation string.
    return str(request.localizer.translate(scopes[name].description))
