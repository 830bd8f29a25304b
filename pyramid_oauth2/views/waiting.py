"""Limits how long one request waits for the stores, however many operations it needs."""

from __future__ import annotations

from collections.abc import Callable

from pyramid.response import Response

from ..deadlines import RequestLimit
from ..protection.request import Request


def waiting_tween(
    handler: Callable[[Request], Response], _registry: object
) -> Callable[[Request], Response]:
    """Set the limit of each request, of the application's own views as well: they read tokens."""

    def tween(request: Request) -> Response:
        with RequestLimit():
            return handler(request)

    return tween
