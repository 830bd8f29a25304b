"""``POST /oauth2/token``: the token endpoint (RFC 6749 section 3.2)."""

from __future__ import annotations

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..protection.cors import cors_readable
from ..protection.http_request import http_request
from ..protection.request import Request
from ..protocol.events import Emit
from ..protocol.token.endpoint import process_token_request
from ..responses import json_response
from .endpoint import endpoint
from .retries import once_per_request


@endpoint("POST", cross_origin=True)
def token(request: Request) -> Response:
    """Issue tokens.

    If the application's own transaction fails afterwards and the request is run
    again, nothing is issued or counted again: the response is the same.
    """
    return once_per_request(request, _issue)


def _issue(request: Request, emit: Emit) -> Response:
    http = http_request(request, endpoint_url(request.registry, "token"))
    service = request.oauth2.authorization_service
    client, issued, headers = process_token_request(
        service.server, http, service.owners.of(request), emit
    )
    service.purger.after_issue()
    return cors_readable(request, json_response(issued.parameters(), headers=headers), client)
