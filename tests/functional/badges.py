"""A feature as a stranger would write it: endpoints that know nothing of Pyramid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zope.interface import implementer

from pyramid_oauth2.extension import (
    Authenticated,
    Client,
    Credentials,
    EndpointRequest,
    EndpointResponse,
    Entry,
    HTTPRequest,
    IClientAuthentication,
    IEndpoint,
    InvalidClient,
    InvalidRequest,
    IServer,
    IServerMetadata,
    OAuth2Error,
    OAuth2Event,
    Parameter,
    Settings,
    SingleUse,
)

NAMESPACE = "badges"
BADGE = "/oauth2/badge"
COLOURS = "/oauth2/badge_colours"


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeMade(OAuth2Event):
    """A badge was made."""

    client_id: str
    colour: str


class BadColour(OAuth2Error):
    """There are no badges of that colour."""

    code, status = "invalid_colour", 400


@implementer(IEndpoint)
class BadgeEndpoint:
    """Makes a badge for a client: it authenticates the client, stores something, emits an event."""

    methods = ("POST",)
    cross_origin = True
    parameters = (Parameter("colour", required=True), Parameter("tag", repeatable=True))

    def __init__(self, server: IServer, settings: Settings) -> None:
        self._server = server

    def process(self, request: EndpointRequest) -> EndpointResponse:
        call = request.client_request()
        assert request.client_request() is call
        colour = call.parameters["colour"]
        if colour == "pink":
            raise BadColour(
                "Pink is sold out.",
                headers={"X-Next": "gold", "Cache-Control": "public"},
                members={"in_stock": ["gold"], "error": "none"},
            )
        if colour == "grey":
            raise BadColour("Grey is for others.", status=401)
        number = self._server.random(8).hex()
        self._server.entries.put(Entry(NAMESPACE, number), None)
        request.emit(BadgeMade(client_id=call.client.client_id, colour=colour))
        return EndpointResponse.json({"badge": number}, 201, {"X-Colour": colour}, stored=True)


@implementer(IEndpoint)
class ColoursEndpoint:
    """A public document, which may be cached."""

    methods = ("GET",)
    cross_origin = False
    parameters = ()

    def __init__(self, server: IServer, settings: Settings) -> None:
        pass

    def process(self, request: EndpointRequest) -> EndpointResponse:
        if "none" in request.http.query:
            return EndpointResponse(status=204)
        body = json.dumps([request.http.method, request.http.url]).encode()
        return EndpointResponse(
            body, "application/colours+json", headers={"Cache-Control": "max-age=9"}
        )


@implementer(IEndpoint)
class LoginEndpoint(ColoursEndpoint):
    """Checks the password of a user."""

    methods = ("POST",)

    def process(self, request: EndpointRequest) -> EndpointResponse:
        name, password = request.http.body.decode().split(":")
        subject = request.owners.authenticate(name, password)
        if subject is None:
            raise InvalidRequest("The password is wrong.")
        return EndpointResponse.json({"sub": subject})


@implementer(IClientAuthentication)
class Voucher:
    """A client authenticates by a voucher, which may be used once."""

    confidential = True
    by_secret = False
    ambient = False
    challenge = None
    parameters = (Parameter("voucher", secret=True),)

    def __init__(self, server: IServer, settings: Settings) -> None:
        self._server = server

    def credentials(self, http: HTTPRequest, form: Mapping[str, str]) -> Credentials | None:
        if "voucher" not in form:
            return None
        return Credentials("voucher", form.get("client_id", ""), form["voucher"])

    def authenticate(self, credentials: Credentials, client: Client | None) -> Authenticated | None:
        if client is None or not credentials.secret.startswith("good"):
            return None
        used = InvalidClient("The voucher was used before.")
        return Authenticated(
            (SingleUse.of("voucher", credentials.secret, self._server.clock() + 60, used),)
        )


@implementer(IServerMetadata)
class BadgeMetadata:
    names = ("badge_colours_supported", "badge_shapes_supported")

    def __init__(self, server: IServer, settings: Settings) -> None:
        self._server = server

    def members(self) -> Mapping[str, Any]:
        return {"badge_colours_supported": ["gold", "silver"], "badge_shapes_supported": []}


def includeme(config: Any) -> None:
    config.add_oauth2_endpoint("badge", BadgeEndpoint)
    config.add_oauth2_endpoint("badge_colours", ColoursEndpoint, metadata="colours_uri")
    config.add_oauth2_endpoint("badge_login", LoginEndpoint, metadata=None)
    config.add_oauth2_client_authentication("voucher", Voucher)
    config.add_oauth2_server_metadata("badges", BadgeMetadata)
