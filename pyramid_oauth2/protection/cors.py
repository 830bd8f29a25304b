"""Cross-origin reading for programs in a browser (the Fetch standard's CORS protocol).

Never with credentials: a page of another site can do nothing in the name of
whoever sits at the browser.
"""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ..protocol.records import Client

# A wildcard does not cover Authorization, so all are named.
ALLOWED_HEADERS = "authorization, content-type, dpop"
EXPOSED_HEADERS = "Retry-After, WWW-Authenticate"
PREFLIGHT_SECONDS = 3600


def cors_preflight(*methods: str) -> Response:
    """The answer to ``OPTIONS``: before any authentication, for a preflight carries none.

    :param methods: what the resource answers to.
    """
    # 204 has no Content-Type, where an empty 200 would say text/html.
    response = Response(status=204)
    response.headers.update(
        {
            "Allow": ", ".join((*methods, "OPTIONS")),
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
    )
    return response


def cors_readable(request: Any, response: Response, client: Client | None) -> Response:
    """Let pages of other origins read *response*.

    :param client: whose answer it is: only its ``allowed_origins`` may read it.
        None where no client is known: then there is nothing to protect.
    """
    origin = "*"
    if client is not None:
        response.headers.add("Vary", "Origin")
        origin = request.headers.get("Origin", "")
        if origin not in client.allowed_origins:
            return response
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
    return response
