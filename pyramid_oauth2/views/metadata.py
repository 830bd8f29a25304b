"""``/.well-known/oauth-authorization-server``: the authorization server metadata (RFC 8414)."""

from __future__ import annotations

from pyramid.response import Response

from ..protection.cors import cors_readable
from ..protection.request import Request
from ..protocol.server_metadata import server_metadata
from ..responses import json_response
from .endpoint import endpoint


@endpoint("GET", "HEAD", cross_origin=True)
def metadata(request: Request) -> Response:
    """The metadata document."""
    members = server_metadata(request.oauth2.authorization_service.server)
    response = cors_readable(request, json_response(members), None)
    response.headers["Cache-Control"] = "public, max-age=300"
    del response.headers["Pragma"]
    return response
