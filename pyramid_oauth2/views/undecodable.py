"""A path that is not UTF-8, such as ``/oauth2/%ff``: 400 before anything tries to route it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from ..interfaces import ISettings
from ..protocol.errors import InvalidRequest
from ..responses import error_response


def undecodable_path_tween(
    handler: Callable[[Any], Response], registry: Any
) -> Callable[[Any], Response]:
    """Answer for our own paths only; what the application does with others stays as it is."""
    ours = (registry.getUtility(ISettings).path + "/", "/.well-known/oauth-")

    def tween(request: Any) -> Response:
        path = request.environ.get("PATH_INFO", "")
        # Almost every path is ASCII, and a look at one costs nothing.
        if not path.isascii() and any(beginning in path for beginning in ours):
            try:
                path.encode("latin-1").decode()
            except UnicodeDecodeError:
                return error_response(InvalidRequest("The path is not valid UTF-8."))
        return handler(request)

    return tween
