"""CORS for the API: pages of other origins, such as a single-page application on another port."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid_oauth2 import Client, Request, StoreUnavailable, cors_preflight, cors_readable

Handler = Callable[[Request], Any]


def cors_tween(handler: Handler, registry: Any) -> Handler:
    """Let pages of a client's ``allowed_origins`` read the API's responses to its tokens.

    A tween, because error responses must be readable too, and a preflight request has
    no token, which the views require.
    """

    def answer(request: Request) -> Any:
        # Not path_info, which raises for a path that is not UTF-8.
        if not request.environ["PATH_INFO"].startswith("/api/"):
            return handler(request)
        if request.method == "OPTIONS":
            return cors_preflight("GET", "POST")
        response = handler(request)
        return cors_readable(request, response, _client(request))

    return answer


def _client(request: Request) -> Client | None:
    try:
        return request.oauth2.client
    except StoreUnavailable:
        return None


def includeme(config: Any) -> None:
    """Put the tween above exception views, since their responses need the headers too."""
    config.add_tween("pyramid_oauth2.demo.cors.cors_tween")
