"""The public URLs of the endpoints."""

from __future__ import annotations

from typing import Any

from pyramid.interfaces import IRoutesMapper

from .interfaces import ISettings


def endpoint_url(registry: Any, name: str) -> str:
    """The public URL of an endpoint: from the settings and its route, never from the request."""
    route = registry.getUtility(IRoutesMapper).get_route(f"oauth2.{name}")
    path = "/" + route.pattern.lstrip("/")
    return str(registry.getUtility(ISettings).public_url + path)
