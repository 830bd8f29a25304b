"""Connections that the deadline of their thread shuts down, and whose host is resolved in time."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from ..deadlines import watch
from .resolution import any_addresses

if TYPE_CHECKING:
    from typing import Any

RESOLUTION_SECONDS = 2.0


class WatchedHTTPConnection(HTTPConnection):
    """Watched from when it is open, and again for each further request."""

    def _new_conn(self) -> socket.socket:
        its = self._opened()
        try:
            watch(its.fileno())
        except BaseException:
            its.close()
            raise
        return its

    def _opened(self) -> socket.socket:
        failure: Exception | None = None
        for address in self._addresses():
            try:
                return create_connection(
                    (address, self.port),
                    self.timeout,
                    source_address=self.source_address,
                    socket_options=self.socket_options,
                )
            except TimeoutError:
                failure = ConnectTimeoutError(self, f"not connected in {self.timeout} seconds")
            except OSError as error:
                failure = NewConnectionError(self, str(error))
        raise failure or NewConnectionError(self, "its name has no address")

    def _addresses(self) -> list[str]:
        # The resolver of the system has no time limit, or one of half a minute.
        try:
            return list(any_addresses(self.host, RESOLUTION_SECONDS))
        except OSError as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from None

    def request(self, *arguments: Any, **named: Any) -> None:
        """Send a request."""
        if self.sock is not None:
            watch(self.sock.fileno())
        super().request(*arguments, **named)


class WatchedHTTPSConnection(HTTPSConnection, WatchedHTTPConnection):
    """Watched from before the TLS handshake."""
