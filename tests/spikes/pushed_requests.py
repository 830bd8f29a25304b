"""Pushed authorization requests (RFC 9126), as a plug-in: an endpoint, a source, and a rule."""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from pyramid_oauth2.extension import (
    Access,
    Client,
    ClientField,
    Codec,
    Control,
    EndpointRequest,
    EndpointResponse,
    IAuthorizationRequestExtension,
    IAuthorizationRequestSource,
    IEndpoint,
    InvalidRequest,
    IServer,
    Parameter,
    Parameters,
    Refusal,
    StoredRequest,
)

# RFC 9126 section 2.2 recommends this form.
PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = 60  # seconds
REQUIRE = "require_pushed_authorization_requests"

REQUEST_URI = Refusal("request_uri_of_server", "RFC 9126 section 2.2")
PUSHED = Refusal("request_pushed", "RFC 9126 section 6", decided_by=f"client.{REQUIRE}")


@implementer(IEndpoint)
class PushedRequestEndpoint:
    """``POST /oauth2/par``: stores a request, and returns where it is (RFC 9126 section 2)."""

    methods = ("POST",)
    cross_origin = True
    parameters: tuple[Parameter, ...] = ()

    def __init__(self, server: IServer, settings: object) -> None:
        pass

    def process(self, request: EndpointRequest) -> EndpointResponse:
        """The core authenticates the client, checks the request, and stores it."""
        pushed = request.client_request(public=True).push_request(LIFETIME)
        members = {"request_uri": PREFIX + pushed.handle, "expires_in": pushed.expires_in}
        return EndpointResponse.json(members, 201, stored=True)


@implementer(IAuthorizationRequestSource)
class RequestURI:
    """The parameter ``request_uri`` of the authorization endpoint (RFC 9126 section 4)."""

    parameter = Parameter("request_uri", max_length=512)

    def __init__(self, server: IServer, settings: object) -> None:
        pass

    def read(self, value: str, client: Client) -> StoredRequest:
        """Where the request is stored; the URL of a request object is refused."""
        if not value.startswith(PREFIX):
            raise InvalidRequest("This request_uri is not one of this server.", refusal=REQUEST_URI)
        return StoredRequest(value.removeprefix(PREFIX))


@implementer(IAuthorizationRequestExtension)
class RequirePushedRequests:
    """A client may be limited to requests that it pushes (RFC 9126 section 6)."""

    parameters: tuple[Parameter, ...] = ()
    place = "code"
    critical = False

    def __init__(self, server: IServer, settings: object) -> None:
        pass

    def read(self, parameters: Parameters, client: Client, access: Access) -> None:
        """No value, or a refusal."""
        if client.extra.get(REQUIRE) and "pushed" not in parameters.provenance:
            raise InvalidRequest("This client must push its requests.", refusal=PUSHED)

    def demands(self, value: Any) -> None:
        """Nothing of the user."""

    def blocks(self, value: Any) -> tuple[()]:
        """None: there is no value."""
        return ()

    def covered_by(self, remembered: Any, value: Any) -> bool:
        """There is nothing to allow."""
        return True

    def remember(self, value: Any, remembered: Any) -> Any:
        """Nothing."""
        return remembered


FIELD = ClientField(
    REQUIRE,
    Codec.BOOLEAN,
    "Whether every authorization request must be pushed.",
    control=Control("switch", "Pushed requests only"),
)


def includeme(config: Any) -> None:
    """Register it."""
    name = "pushed_authorization_request_endpoint"
    config.add_oauth2_endpoint("par", PushedRequestEndpoint, metadata=name)
    config.add_oauth2_request_source("pushed requests", RequestURI)
    config.add_oauth2_request_extension("pushed requests only", RequirePushedRequests)
    config.add_oauth2_client_field(FIELD)
