"""What a plug-in supplies to the server itself: endpoints, and members of its metadata."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zope.interface import Attribute, Interface

if TYPE_CHECKING:
    from ..protocol.endpoints import EndpointRequest, EndpointResponse
    from ..protocol.parameters import Parameter


class IEndpoint(Interface):
    """An endpoint of the authorization server; it knows nothing of Pyramid.

    Registered with ``config.add_oauth2_endpoint``. The core refuses plain http and other
    methods, answers a preflight request, and turns an error that is raised into a response.
    A request that pyramid_retry runs again is processed once.
    """

    methods: tuple[str, ...] = Attribute(
        "the HTTP methods that it supports; HEAD is supported where GET is"
    )
    cross_origin: bool = Attribute(
        "whether pages of other origins may call it; a response that is for a client may be read "
        "by its ``allowed_origins`` only"
    )
    parameters: tuple[Parameter, ...] = Attribute("the form parameters that it reads")

    def process(request: EndpointRequest) -> EndpointResponse:
        """The response to a request.

        :raises OAuth2Error: the request is refused.
        """


class IServerMetadata(Interface):
    """Members of the authorization server metadata (RFC 8414).

    Registered with ``config.add_oauth2_server_metadata``.
    """

    names: tuple[str, ...] = Attribute("the names of all members that it may have")

    def members() -> Mapping[str, Any]:
        """The members, as JSON has them; called for each request of the document.

        One that is an empty list is left out (RFC 8414 section 3.2).
        """
