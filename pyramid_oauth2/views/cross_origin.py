"""Lets pages of other origins read the responses of the application's own API.

For single-page applications: ``oauth2.cors_paths`` names the paths.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from ..interfaces import ISettings
from ..protection.cors import cors_preflight, cors_readable
from ..protection.request import Request
from ..protocol.records import Client, StoreUnavailable
from ..settings.types import RESOURCE_SERVER
from .routes import own_path

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


def cross_origin_tween(
    handler: Callable[[Request], Response], registry: Any
) -> Callable[[Request], Response]:
    """Respond to preflight requests, and say which origin may read a response.

    A tween, because the responses of exception views must be readable too, and a preflight
    request has no token, which the views require. The endpoints say it themselves, also where
    one of the paths is above them; our pages are read by no other.
    """
    settings = registry.getUtility(ISettings)
    prefixes = tuple(f"{path}/" for path in settings.cors_paths)
    # A resource server has no endpoint of its own: the path may be one of its API.
    ours = () if settings.mode == RESOURCE_SERVER else (f"{own_path(registry)}/",)

    def tween(request: Request) -> Response:
        # Not path_info, which raises for a path that is not UTF-8.
        path = f"{request.environ.get('PATH_INFO', '')}/"
        if not path.startswith(prefixes) or path.startswith(ours):
            return handler(request)
        if request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.environ:
            return cors_preflight(*METHODS)
        response = handler(request)
        # What another server's clients are is not known here, only that a token was presented.
        client = None if settings.mode == RESOURCE_SERVER else _client(request)
        return cors_readable(request, response, client)

    return tween


def _client(request: Request) -> Client | None:
    try:
        return request.oauth2.client
    except StoreUnavailable:
        return None
