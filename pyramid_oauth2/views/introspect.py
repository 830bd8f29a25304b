"""``POST /oauth2/introspect``: the introspection endpoint (RFC 7662)."""

from __future__ import annotations

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.events import Emit
from ..protocol.token.introspection import process_introspection
from ..responses import json_response
from .endpoint import endpoint
from .retries import once_per_request


@endpoint("POST")
def introspect(request: Request) -> Response:
    """Return the state of a token to a resource server; pages of other origins have no access."""
    return once_per_request(request, _introspect)


def _introspect(request: Request, emit: Emit) -> Response:
    http = http_request(request, endpoint_url(request.registry, "introspect"))
    server = request.oauth2.authorization_service.server
    return json_response(process_introspection(server, http, emit))
