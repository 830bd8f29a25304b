"""CORS for clients that run in a browser (the CORS protocol of the Fetch standard).

Never with credentials: a page of another site cannot act as the user who is
signed in to the browser.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from ..interfaces.request import PyramidRequest
from ..protocol.records import Client

# Every header, since tools add their own to each request of a page (traceparent, ...), and a
# response has no cookie's rights. The wildcard does not cover Authorization (Fetch standard,
# "CORS non-wildcard request-header name"); the others are for a browser that does not know it.
# Not what the preflight asks for: one response is right for all.
ALLOWED_HEADERS = "*, authorization, content-type, dpop"
EXPOSED_HEADERS = ("Retry-After", "WWW-Authenticate")
EXPOSE = "Access-Control-Expose-Headers"
PREFLIGHT_SECONDS = 3600


def is_preflight(methods: Collection[str], permission: str | None) -> bool:
    """Whether a view responds to ``OPTIONS`` only, and says itself that it is public.

    The Fetch standard sends a preflight without credentials. A framework such as Cornice gives
    its view the options of the resource, the scope among them.

    :param methods: the ``request_method=`` of the view.
    :param permission: its own ``permission=``.
    """
    return tuple(methods) == ("OPTIONS",) and permission == NO_PERMISSION_REQUIRED


def cors_preflight(*methods: str) -> Response:
    """The response to ``OPTIONS``, before any authentication: a preflight has no credentials.

    A page may send any header, but no cookie.

    :param methods: the methods that the resource supports.
    """
    # A 204 has no Content-Type; an empty 200 would have text/html.
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


def cors_readable(
    request: PyramidRequest,
    response: Response,
    client: Client | None,
    headers: Iterable[str] = (),
) -> Response:
    """Allow pages of other origins to read *response*.

    :param client: the client that the response is for: only its ``allowed_origins``
        may read it. None if no client is known: then there is nothing to protect.
    :param headers: the names of headers that they may read beside ``Retry-After`` and
        ``WWW-Authenticate``.
    """
    origin = "*"
    if client is not None:
        response.headers.add("Vary", "Origin")
        origin = request.environ.get("HTTP_ORIGIN", "")
        if origin not in client.allowed_origins:
            return response
    response.headers["Access-Control-Allow-Origin"] = origin
    expose(response, (*EXPOSED_HEADERS, *headers))
    return response


def expose(response: Response, headers: Iterable[str]) -> None:
    """Allow a page that may read *response* to read these headers, beside what its view exposes."""
    if "Access-Control-Allow-Origin" not in response.headers:
        return
    present = ",".join(response.headers.getall(EXPOSE)).split(",")
    # Each once: a view may return one response at every request.
    names = dict.fromkeys((*filter(None, map(str.strip, present)), *headers))
    response.headers[EXPOSE] = ", ".join(names)


def expose_when_sent(request: PyramidRequest, headers: Iterable[str]) -> None:
    """The same, for the response to *request* that is sent in the end."""
    names = tuple(headers)
    # After the tweens: one of them says whether a page may read the response.
    request.add_response_callback(lambda _, response: expose(response, names))
