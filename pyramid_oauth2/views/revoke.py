"""``POST /oauth2/revoke``: the revocation endpoint (RFC 7009)."""

from __future__ import annotations

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..protection.cors import cors_readable
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.events import Emit
from ..protocol.token.revocation import process_revocation
from ..responses import empty_response
from .endpoint import endpoint
from .retries import once_per_request


@endpoint("POST", cross_origin=True)
def revoke(request: Request) -> Response:
    """Revoke a token; 200 also for a token that is unknown or another client's."""
    return once_per_request(request, _revoke)


def _revoke(request: Request, emit: Emit) -> Response:
    http = http_request(request, endpoint_url(request.registry, "revoke"))
    client = process_revocation(request.oauth2.authorization_service.server, http, emit)
    return cors_readable(request, empty_response(), client)
