"""The type of a request: Pyramid and WebOb have no types.

Their classes are imported as documentation; mypy reads each as ``Any``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from pyramid.i18n import Localizer
    from pyramid.interfaces import ISession
    from pyramid.response import Response
    from webob.multidict import MultiDict


class Route(Protocol):
    """A route of Pyramid."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def pattern(self) -> str:
        """The pattern of its paths."""


class PyramidRequest(Protocol):
    """A request of Pyramid, with the members that this package, and most views, use.

    A member that can be set is an attribute; all others are properties.
    """

    body: bytes
    locale_name: str

    @property
    def environ(self) -> dict[str, Any]:
        """The WSGI environment."""

    @property
    def method(self) -> str:
        """The HTTP method."""

    @property
    def url(self) -> str:
        """The URL, with its query; its host is the one that the sender chose."""

    @property
    def path(self) -> str:
        """The path, with :attr:`script_name`, without the query."""

    @property
    def path_info(self) -> str:
        """The path below :attr:`script_name`."""

    @property
    def path_qs(self) -> str:
        """The path with the query."""

    @property
    def script_name(self) -> str:
        """The path at which the application is mounted."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers; their names are not case-sensitive."""

    @property
    def accept(self) -> Any:
        """The media types that the client accepts, in order (RFC 9110 section 12.5.1)."""

    @property
    def accept_language(self) -> Any:
        """The languages that the browser asks for."""

    @property
    def cookies(self) -> Mapping[str, str]:
        """The cookies."""

    @property
    def GET(self) -> MultiDict:  # noqa: N802
        """The parameters of the query."""

    @property
    def POST(self) -> MultiDict:  # noqa: N802
        """The parameters of a form in the body."""

    @property
    def params(self) -> MultiDict:
        """The parameters of the query and of the form."""

    @property
    def content_type(self) -> str:
        """The media type of the body, without its parameters."""

    @property
    def charset(self) -> str:
        """The encoding that the media type names; by default UTF-8."""

    @property
    def content_length(self) -> int | None:
        """The length of the body, None if the request does not declare it."""

    @property
    def body_file(self) -> Any:
        """The body as a file."""

    @property
    def is_body_seekable(self) -> bool:
        """Whether the body can be read again."""

    @property
    def json_body(self) -> Any:
        """The body, parsed as JSON."""

    @property
    def registry(self) -> Any:
        """The registry of the application."""

    @property
    def context(self) -> Any:
        """The resource that was found for the request."""

    # Both are None if no route matched. "| Any" stands for that, so that the view of a
    # route need not check it.
    @property
    def matched_route(self) -> Route | Any:
        """The route."""

    @property
    def matchdict(self) -> dict[str, Any] | Any:
        """The values of the route's pattern."""

    @property
    def authenticated_userid(self) -> Any:
        """The userid of the user, None if no user is signed in."""

    @property
    def identity(self) -> Any:
        """The identity of the user, None if no user is signed in."""

    @property
    def session(self) -> ISession:
        """The session of the browser, if the application has a session factory."""

    @property
    def localizer(self) -> Localizer:
        """The translations into the language of the request."""

    @property
    def response(self) -> Response:
        """The response that a renderer completes."""

    @property
    def tm(self) -> Any:
        """The transaction manager of pyramid_tm, if the application includes it."""

    @property
    def response_callbacks(self) -> Collection[object]:
        """The functions that were passed to :meth:`add_response_callback`."""

    def add_response_callback(self, callback: Callable[[Self, Response], None]) -> None:
        """Call a function with the request and its response before the response is sent."""

    def has_permission(self, permission: str, context: Any = None) -> Any:
        """Whether the user has a permission."""

    def route_url(self, route_name: str, *elements: Any, **kw: Any) -> str:
        """The URL of a route."""

    def route_path(self, route_name: str, *elements: Any, **kw: Any) -> str:
        """The path of a route."""

    def static_url(self, path: str, **kw: Any) -> str:
        """The URL of a static asset."""
