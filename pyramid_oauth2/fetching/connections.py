"""Connections that the deadline of their thread shuts down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from urllib3.connection import HTTPConnection, HTTPSConnection

from ..deadlines import watch

if TYPE_CHECKING:
    import socket
    from typing import Any


class WatchedHTTPConnection(HTTPConnection):
    """Watched from when it is open, and again for each further request."""

    def _new_conn(self) -> socket.socket:
        its = super()._new_conn()
        try:
            watch(its.fileno())
        except BaseException:
            its.close()
            raise
        return its

    def request(self, *arguments: Any, **named: Any) -> None:
        """Send a request."""
        if self.sock is not None:
            watch(self.sock.fileno())
        super().request(*arguments, **named)


class WatchedHTTPSConnection(HTTPSConnection, WatchedHTTPConnection):
    """Watched from before the TLS handshake."""
