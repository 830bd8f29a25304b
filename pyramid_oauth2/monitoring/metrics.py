"""Prometheus metrics: what was issued, what was refused, and how long requests took.

Imported only with ``oauth2.metrics = true``. They are in prometheus_client's default
registry, so the application exposes them together with its own. No label has a value
that a client or an unauthenticated caller chooses, so the number of series is bounded.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from ..interfaces import IOAuth2Event
from ..interfaces.request import PyramidRequest
from ..protocol.events import (
    AttemptsThrottled,
    ClientAuthenticationFailed,
    CodeRepeated,
    GrantRevoked,
    OAuth2Event,
    RefreshRepeated,
    TokenIssued,
    TokenRefused,
)
from ..startup_error import StartupError

try:
    from prometheus_client import Counter, Histogram
except ImportError as error:
    raise StartupError(
        "oauth2.metrics = true needs a package that is not installed: pip install prometheus-client"
    ) from error

# At module level, so that several applications in a process share them.
ISSUED = Counter("oauth2_tokens_issued", "Token requests that got tokens.", ["grant_type"])
REFUSED = Counter(
    "oauth2_token_requests_refused",
    "Token requests that were refused, since a client was named.",
    ["error"],
)
AUTHENTICATION_FAILURES = Counter(
    "oauth2_client_authentication_failures",
    "Requests, at any endpoint, that did not prove to come from the client they name.",
)
THROTTLED = Counter("oauth2_attempts_throttled", "Sources that were told to wait.", ["limit"])
GRANTS_REVOKED = Counter("oauth2_grants_revoked", "Grants that ended early.", ["reason"])
REFRESH_REPEATS = Counter("oauth2_refresh_repeats", "Refreshes that were answered once more.")
CODE_REPEATS = Counter("oauth2_code_repeats", "Codes that were answered once more.")
REQUEST_SECONDS = Histogram(
    "oauth2_request_seconds", "Requests of an endpoint.", ["endpoint", "status"]
)

TOKEN_ENDPOINT = frozenset({"token", "access_token"})


def count_event(event: OAuth2Event) -> None:
    """Count the event, once."""
    if event.redelivered:
        return
    match event:
        case TokenIssued():
            ISSUED.labels(event.grant_type).inc()
        case TokenRefused():
            REFUSED.labels(event.error).inc()
        case GrantRevoked():
            GRANTS_REVOKED.labels(event.reason).inc()
        case RefreshRepeated():
            REFRESH_REPEATS.inc()
        case CodeRepeated():
            CODE_REPEATS.inc()
        case AttemptsThrottled():
            THROTTLED.labels(event.limit).inc()
        case ClientAuthenticationFailed():
            AUTHENTICATION_FAILURES.inc()
            if endpoint_of(event.request) in TOKEN_ENDPOINT:
                REFUSED.labels("invalid_client").inc()


def endpoint_of(request: PyramidRequest | None) -> str | None:
    """The endpoint of this add-on that a request matched: its route name without ``oauth2.``."""
    route = getattr(request, "matched_route", None)
    if route is None or not route.name.startswith("oauth2."):
        return None
    return str(route.name.split(".")[1])


def request_seconds_tween(
    handler: Callable[[PyramidRequest], Response], registry: Any
) -> Callable[[PyramidRequest], Response]:
    """Time the requests to the endpoints of this add-on."""

    def tween(request: PyramidRequest) -> Response:
        begin, status = time.perf_counter(), 500
        try:
            response = handler(request)
            status = response.status_int
        finally:
            endpoint = endpoint_of(request)
            if endpoint is not None:
                seconds = time.perf_counter() - begin
                REQUEST_SECONDS.labels(endpoint, status).observe(seconds)
        return response

    return tween


def includeme(config: Any) -> None:
    """Count every event, and time every request to an endpoint of this add-on."""
    config.add_subscriber(count_event, IOAuth2Event)
    config.add_tween("pyramid_oauth2.monitoring.metrics.request_seconds_tween")
