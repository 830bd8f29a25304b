"""``/.well-known/oauth-authorization-server``: the authorization server metadata (RFC 8414)."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from ..endpoint_urls import endpoint_url
from ..protection.cors import cors_readable
from ..protection.request import Request
from ..protocol.authorization.authorization_request import RESPONSE_MODES
from ..protocol.authorization_server import AuthorizationServer
from ..responses import json_response
from .endpoint import endpoint


@endpoint("GET", "HEAD", cross_origin=True)
def metadata(request: Request) -> Response:
    """The metadata document, generated from what is registered and enabled."""
    server = request.oauth2.authorization_service.server
    methods = sorted(server.client_authentications)
    members: dict[str, Any] = {
        "issuer": server.issuer,
        "token_endpoint": endpoint_url(request.registry, "token"),
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint": endpoint_url(request.registry, "revoke"),
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint": endpoint_url(request.registry, "introspect"),
        # A client that does not authenticate may not introspect tokens.
        "introspection_endpoint_auth_methods_supported": [m for m in methods if m != "none"],
        "grant_types_supported": _grant_types(server),
        "response_types_supported": sorted(server.response_types),
    }
    if server.response_types:
        members |= {
            "authorization_endpoint": endpoint_url(request.registry, "authorize"),
            "response_modes_supported": list(RESPONSE_MODES),
            "code_challenge_methods_supported": ["S256"],
            # RFC 9207 section 3.
            "authorization_response_iss_parameter_supported": True,
        }
    if server.scopes:
        # RFC 8414 section 3.2: "Claims with zero elements MUST be omitted from
        # the response", except those that section 2 requires.
        members["scopes_supported"] = sorted(server.scopes)
    response = cors_readable(request, json_response(members), None)
    response.headers["Cache-Control"] = "public, max-age=300"
    del response.headers["Pragma"]
    return response


def _grant_types(server: AuthorizationServer) -> list[str]:
    # The implicit grant has no token request, so no grant type of the server is for it.
    named = [server.plug_ins.response_types[name] for name in server.response_types]
    return sorted(server.grant_types.union(each.grant_type for each in named))
