"""Requests of devices without a browser: their users decide here, and nothing is sent back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pyramid_oauth2 import get_service
from pyramid_oauth2.extension import AuthorizationRequest, Product
from pyramid_oauth2.interfaces import IService
from pyramid_oauth2.protocol.authorization.interaction import begin_interaction
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE

GRANT_TYPE = "urn:example:device"


class DeviceResponse:
    """What an approval produces for a device that waits."""

    grant_type = GRANT_TYPE
    redeemed = True
    default_mode = None
    fragment_only = False
    pkce = False

    def product(self, request: AuthorizationRequest, family: str) -> Product:
        return Product(AUTHORIZATION_CODE, {"device": True})


def plug(registry: Any, **plugs: Any) -> None:
    """Give the running application the response type, and other plug-ins by kind and name."""
    service = get_service(registry)
    server, factories = service.server, service.server.factories
    more = {"response_types": {"device": DeviceResponse()}, **plugs}
    changes = {
        kind: {**getattr(factories, kind), **{name: _returning(each) for name, each in of.items()}}
        for kind, of in more.items()
    }
    server = replace(
        server,
        factories=replace(factories, **changes),
        grant_types=server.grant_types | {GRANT_TYPE},
    )
    registry.registerUtility(replace(service, server=server), IService)


def _returning(plug_in: Any) -> Any:
    return lambda server: plug_in


def device_request(registry: Any, client_id: str, **members: Any) -> str:
    """Store a device's request; return the path at which its user decides."""
    server = get_service(registry).server
    request = AuthorizationRequest(
        client_id=client_id,
        redirect_uri=None,
        redirect_uri_named=False,
        response_type="device",
        response_mode="query",
        scope=server.known_scopes,
        **members,
    )
    handle, _ = begin_interaction(server, Interaction(request))
    return f"/oauth2/authorize?interaction={handle}"
