"""Conversion of a Pyramid request for the protocol code, which does not depend on Pyramid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from webob.request import DisconnectionError

from ..interfaces.request import PyramidRequest
from ..protocol.errors import InvalidRequest
from ..protocol.http import MAX_BODY, HTTPRequest, body_too_large
from ..protocol.refusal import Refusal
from .protected_resources import path_of, resource_url

RESERVED = "pyramid_oauth2.reserved"
CONTENT_LENGTH = Refusal("content_length", "RFC 9110 section 8.6")


class EnvironHeaders(Mapping[str, str]):
    """The headers of a request by lower-case name, as a view of its WSGI environ.

    Of the twenty that a browser sends, an endpoint reads three: each is looked up when it is
    asked for, which saves ten microseconds of a request.
    """

    __slots__ = ("_environ",)

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        value: str = self._environ[_variable(name)]
        return value

    # Mapping's own raises and catches a KeyError for each header that is not there.
    def get(self, name: str, default: Any = None) -> Any:
        """The value of a header; *default* if the request does not have it."""
        return self._environ.get(_variable(name), default)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and _variable(name) in self._environ

    def __iter__(self) -> Iterator[str]:
        for variable in self._environ:
            name = variable.removeprefix("HTTP_").replace("_", "-").lower()
            if _variable(name) == variable:
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)


@lru_cache(maxsize=64)
def _variable(name: str) -> str:
    variable = name.upper().replace("-", "_")
    # PEP 3333: these two have no prefix.
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"


def http_request(request: PyramidRequest, url: str) -> HTTPRequest:
    """Convert a request. The body is read here, up to its maximum length.

    :param url: the public URL of the endpoint; the request's own depends on the
        Host header that its sender chose.
    :raises InvalidRequest: the body is too large or incomplete.
    """
    return _converted(request, url, _body(request))


def protected_request(request: PyramidRequest) -> HTTPRequest:
    """Convert a request to a protected resource; its body is not read."""
    return _converted(request, resource_url(request.registry, path_of(request)), b"")


def _converted(request: PyramidRequest, url: str, body: bytes) -> HTTPRequest:
    return HTTPRequest(
        method=request.method,
        url=url,
        # Only what the WSGI server determined, never X-Forwarded-Proto itself.
        secure=request.environ["wsgi.url_scheme"] == "https",
        query=request.environ.get("QUERY_STRING", ""),
        headers=EnvironHeaders(request.environ),
        body=body,
        remote_addr=request.environ.get("REMOTE_ADDR"),
        environ=request.environ,
        reserved=reserved_by(request),
    )


def reserved_by(request: PyramidRequest) -> set[tuple[str, bytes]]:
    """What this request has reserved."""
    # In the environ: pyramid_retry may run the request again, and what this run reserved
    # must not look like a replay then.
    reserved: set[tuple[str, bytes]] = request.environ.setdefault(RESERVED, set())
    return reserved


def _body(request: PyramidRequest) -> bytes:
    try:
        length = request.content_length or 0
    except ValueError:
        raise InvalidRequest(
            "The Content-Length is not a number.", refusal=CONTENT_LENGTH
        ) from None
    if length < 0:
        raise InvalidRequest("The Content-Length is negative.", refusal=CONTENT_LENGTH)
    if length > MAX_BODY:
        # Later code must not read it either: Pyramid reads the parameters to find the
        # language, for which WebOb would write the whole body to disk.
        request.body = b""
        raise body_too_large()
    try:
        if request.is_body_seekable:
            # WebOb rewinds it, so that a second attempt reads the same body.
            return bytes(request.body)
        body: bytes
        if length:
            # From the server's own file: those that WebOb puts around it take 4 microseconds.
            body = request.environ["wsgi.input"].read(length)
            if len(body) < length:
                raise DisconnectionError
        else:
            # Chunked, so its length is not known before it is read; or from a socket, for which
            # WebOb would make a temporary file on disk.
            body = request.body_file.read(MAX_BODY + 1)
    except DisconnectionError:
        raise InvalidRequest(
            "The body is shorter than its Content-Length.", refusal=CONTENT_LENGTH
        ) from None
    request.body = body
    return body
