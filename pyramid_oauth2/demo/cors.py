"""The API for pages of other origins, such as the single-page application's on another port."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid_oauth2 import Client, StoreUnavailable, cors_preflight, cors_readable

Handler = Callable[[Any], Any]


def cors_tween(handler: Handler, registry: Any) -> Handler:
    """Let a client's ``allowed_origins`` read what the API answers to its tokens.

    A tween, because refusals must be readable as well, and a preflight comes
    without the token that the views demand.
    """

    def answer(request: Any) -> Any:
        # Not path_info, which raises where the path is not UTF-8.
        if not request.environ["PATH_INFO"].startswith("/api/"):
            return handler(request)
        if request.method == "OPTIONS":
            return cors_preflight("GET", "POST")
        response = handler(request)
        return cors_readable(request, response, _client(request))

    return answer


def _client(request: Any) -> Client | None:
    try:
        client: Client | None = request.oauth2.client
    except StoreUnavailable:
        return None
    return client


def includeme(config: Any) -> None:
    """Put the tween above exception views, whose answers it must see."""
    config.add_tween("pyramid_oauth2.demo.cors.cors_tween")
