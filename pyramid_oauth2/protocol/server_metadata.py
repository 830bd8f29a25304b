"""The authorization server metadata (RFC 8414): generated from what is registered and enabled."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from zope.interface import implementer

from ..interfaces.endpoints import IServerMetadata
from ..interfaces.server import IServer
from .authorization.authorization_request import RESPONSE_MODES
from .authorization_server import AuthorizationServer
from .records import REFRESH_TOKEN
from .scopes import OFFLINE

log = logging.getLogger(__name__)


def metadata_path(issuer: str) -> str:
    """The path at which the metadata of an issuer is.

    RFC 8414 section 3.1: the well-known path is inserted between the host and the issuer's path,
    which loses a slash at its end.
    """
    path = urlsplit(issuer).path.removesuffix("/")
    return f"/.well-known/oauth-authorization-server{path}"


@implementer(IServerMetadata)
class EndpointURL:
    """The member that has the URL of an endpoint.

    :param endpoint: its name.
    :param member: the name of the member.
    """

    def __init__(
        self, server: IServer, settings: object = None, *, endpoint: str, member: str
    ) -> None:
        self._server, self._endpoint = server, endpoint
        self.names = (member,)

    def members(self) -> Mapping[str, Any]:
        """The URL, from the settings and the route."""
        return {name: self._server.url(self._endpoint) for name in self.names}


def server_metadata(server: AuthorizationServer) -> dict[str, Any]:
    """The members of the document: those of the core, then those of the plug-ins."""
    members = _core_members(server)
    for name, plug_in in server.plug_ins.server_metadata.items():
        for member, value in plug_in.members().items():
            if member not in plug_in.names:
                # Another plug-in, or the core, may have declared it.
                log.error("The server metadata %s has %s without declaring it", name, member)
            elif value not in ([], ()):
                # RFC 8414 section 3.2: "Claims with zero elements MUST be omitted from the
                # response", except those that section 2 requires.
                members[member] = value
    return members


def _core_members(server: AuthorizationServer) -> dict[str, Any]:
    methods = sorted(server.client_authentications)
    members: dict[str, Any] = {
        "issuer": server.issuer,
        "token_endpoint": server.url("token"),
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint": server.url("revoke"),
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint": server.url("introspect"),
        # A client that does not authenticate may not introspect tokens.
        "introspection_endpoint_auth_methods_supported": [m for m in methods if m != "none"],
        "grant_types_supported": _grant_types(server),
        "response_types_supported": sorted(server.response_types),
    }
    if server.response_types:
        members |= {
            "authorization_endpoint": server.url("authorize"),
            "response_modes_supported": list(RESPONSE_MODES),
            "code_challenge_methods_supported": ["S256"],
            # RFC 9207 section 3.
            "authorization_response_iss_parameter_supported": True,
        }
    if server.resources.known:
        # RFC 9728 section 4.
        members["protected_resources"] = server.resources.uris
    if server.scopes:
        # OpenID Connect Core section 11: offline_access is asked of a user, at the authorization
        # endpoint, for a refresh token.
        refreshes = server.response_types and REFRESH_TOKEN in server.grant_types
        members["scopes_supported"] = sorted({*server.scopes, *(OFFLINE if refreshes else ())})
    return members


def _grant_types(server: AuthorizationServer) -> list[str]:
    # The implicit grant has no token request, so no grant type of the server is for it.
    enabled = [server.plug_ins.response_types[name] for name in server.response_types]
    return sorted(server.grant_types.union(each.grant_type for each in enabled))
