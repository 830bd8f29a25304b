"""``/.well-known/oauth-authorization-server``: what this server can do (RFC 8414)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ..responses import json_response
from .endpoint import endpoint
from .urls import endpoint_url


@endpoint("GET", "HEAD")
def metadata(request: Any) -> Response:
    """The metadata document, from what is registered and enabled."""
    service = request.oauth2.service
    server = service.server
    members: dict[str, Any] = {
        "issuer": server.issuer,
        "token_endpoint": endpoint_url(request.registry, "token"),
        "token_endpoint_auth_methods_supported": sorted(server.client_authentications),
        "grant_types_supported": sorted(server.grant_types),
        "response_types_supported": [],
    }
    if server.scopes:
        # RFC 8414 section 3.2: "Claims with zero elements MUST be omitted from
        # the response", but for those that section 2 requires.
        members["scopes_supported"] = sorted(server.scopes)
    response = json_response(members)
    response.headers["Cache-Control"] = "public, max-age=300"
    del response.headers["Pragma"]
    return response
