"""The facts of a Pyramid request, for a protocol that knows no Pyramid."""

from __future__ import annotations

from typing import Any

from webob.request import DisconnectionError

from ..protocol.errors import InvalidRequest
from ..protocol.http import MAX_BODY, HTTPRequest, body_too_large


def http_request(request: Any, url: str) -> HTTPRequest:
    """What the request says. The body is read here, and no further than it may be long.

    :param url: the public URL of the endpoint; the request's own is what its
        sender made of the Host header.
    :raises InvalidRequest: the body is too large, or does not arrive whole.
    """
    return HTTPRequest(
        method=request.method,
        url=url,
        # Only what the WSGI server vouches for, never X-Forwarded-Proto itself.
        secure=request.environ["wsgi.url_scheme"] == "https",
        query=request.environ.get("QUERY_STRING", ""),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=_body(request),
        remote_addr=request.environ.get("REMOTE_ADDR"),
    )


def _body(request: Any) -> bytes:
    try:
        length = request.content_length or 0
    except ValueError:
        raise InvalidRequest("The Content-Length is not a number.") from None
    if length < 0:
        raise InvalidRequest("The Content-Length is negative.")
    if length > MAX_BODY:
        # Nor by who comes after: Pyramid looks for a language among the parameters,
        # for which WebOb would keep the whole body on the disk.
        request.body = b""
        raise body_too_large()
    try:
        if request.content_length is None or not request.is_body_seekable:
            # Chunked, so that nobody knows its length before it was read; or from
            # a socket, of which WebOb would make a temporary file on the disk.
            request.body = request.body_file.read(MAX_BODY + 1)
        # WebOb rewinds it, so that a second attempt reads the same.
        return bytes(request.body)
    except DisconnectionError:
        raise InvalidRequest("The body is shorter than its Content-Length.") from None
