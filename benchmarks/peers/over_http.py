"""A WSGI application that sends its requests on over HTTP: a site in another process."""

from __future__ import annotations

from http.client import HTTPConnection
from threading import local
from time import monotonic
from typing import Any

from ..site import Environ

HOST = "127.0.0.1"
# The keys of an environ that become headers beside those that begin with HTTP_.
BESIDE = ("CONTENT_TYPE", "REMOTE_USER")
# Granian closes a connection after 30 idle seconds; slower peers take longer to warm up.
IDLE = 10.0  # seconds
# http.client sends these itself.
LEFT_OUT = ("HTTP_HOST", "HTTP_CONNECTION", "HTTP_ACCEPT_ENCODING")


class Remote:
    """The application behind a port. Each thread has a connection of its own, which stays open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connections = local()
        self._opened: list[HTTPConnection] = []

    def __call__(self, request: Environ, start_response: Any) -> list[bytes]:
        """Send one request; read the whole response."""
        connection = self._connection()
        body = request["wsgi.input"].read()
        query = request["QUERY_STRING"]
        path = f"{request['PATH_INFO']}?{query}" if query else request["PATH_INFO"]
        connection.request(request["REQUEST_METHOD"], path, body or None, headers_of(request))
        response = connection.getresponse()
        start_response(f"{response.status} {response.reason}", response.getheaders())
        content = response.read()
        self._connections.used_at = monotonic()
        return [content]

    def _connection(self) -> HTTPConnection:
        connection: HTTPConnection | None = getattr(self._connections, "open", None)
        if connection is None:
            connection = self._connections.open = HTTPConnection(HOST, self._port, timeout=30)
            self._opened.append(connection)
        elif monotonic() - self._connections.used_at > IDLE:
            connection.close()  # The next request opens it.
        return connection

    def close(self) -> None:
        """Close the connections."""
        for connection in self._opened:
            connection.close()


def headers_of(request: Environ) -> dict[str, str]:
    """The headers of a request."""
    names = {key: key.removeprefix("HTTP_") for key in request if key.startswith("HTTP_")}
    names = {key: name for key, name in names.items() if key not in LEFT_OUT}
    names |= {key: key for key in BESIDE if request.get(key)}
    return {name.replace("_", "-").title(): request[key] for key, name in names.items()}
