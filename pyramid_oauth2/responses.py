"""Finished responses: JSON that no cache stores, and the errors of the OAuth table."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pyramid.response import Response

from .interfaces.request import PyramidRequest
from .protocol.endpoints import EndpointResponse
from .protocol.errors import OAuth2Error, TemporarilyUnavailable
from .protocol.records import StoreUnavailable
from .protocol.refusal import OWN_RULE, Refusal
from .protocol.store_errors import WritesRefused

log = logging.getLogger(__name__)

# What every JSON response has, so that no error can bring its own. Challenges are added by
# those who know the scheme.
FIXED = frozenset(
    {
        "cache-control",
        "content-length",
        "content-type",
        "pragma",
        "www-authenticate",
        "x-content-type-options",
    }
)
REFUSAL = "pyramid_oauth2.refusal"
STORE = Refusal("store_available", OWN_RULE)
NOT_STORED = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
RETRY_AFTER = 5  # seconds; usually enough for a store to restart


def json_response(
    members: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON response that must be neither cached nor sniffed (RFC 6749 section 5.1)."""
    return endpoint_response(EndpointResponse.json(members, status, headers))


def endpoint_response(response: EndpointResponse) -> Response:
    """The HTTP response for that of an endpoint."""
    own = {name.lower() for name in response.headers}
    # All headers at once: to add them one by one costs ten microseconds.
    headers = [] if "cache-control" in own else [*NOT_STORED]
    # Some clients refuse the text/html that WebOb gives to a response without a body.
    if response.media_type is not None:
        # Without a charset: JSON has no such parameter, and one client compares the bare type.
        typed = (("Content-Type", response.media_type), ("X-Content-Type-Options", "nosniff"))
        headers += [header for header in typed if header[0].lower() not in own]
    headers += response.headers.items()
    return Response(response.body, status=response.status, headerlist=headers)


def error_response(error: OAuth2Error, headers: Mapping[str, str] | None = None) -> Response:
    """An error response as RFC 6749 section 5.2 defines it, with what the error adds.

    :param headers: of the response, which the headers of the error cannot replace.
    """
    extra = dict(headers or {})
    if error.retry_after is not None:
        extra["Retry-After"] = str(error.retry_after)
    kept = FIXED | {name.lower() for name in extra}
    added = {name: value for name, value in error.headers.items() if name.lower() not in kept}
    return json_response(error.response_members(), error.status, extra | added)


def store_unavailable(unavailable: StoreUnavailable, description: str) -> Response:
    """503 when the store fails: the state is unknown, so nothing is granted or denied."""
    # What an operator has switched off is no error, and the start has said it.
    level = logging.INFO if isinstance(unavailable, WritesRefused) else logging.ERROR
    log.log(level, "The store cannot answer: %s", unavailable)
    error = TemporarilyUnavailable(description, retry_after=RETRY_AFTER, refusal=STORE)
    return error_response(error)


def record_refusal(request: PyramidRequest, refusal: Refusal) -> None:
    """Record why a request is refused, for the debug toolbar: the response does not show it."""
    request.environ[REFUSAL] = refusal


def recorded_refusal(request: PyramidRequest) -> Refusal | None:
    """Why the request was refused; None if it was not, or nothing of ours refused it."""
    refusal: Refusal | None = request.environ.get(REFUSAL)
    return refusal
