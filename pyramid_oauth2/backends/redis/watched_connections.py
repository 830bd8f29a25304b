"""The connections of redis-py, each watched while a command or the handshake is in progress.

The time limits of redis-py are for one read. A reply in small parts passes them.
"""

from __future__ import annotations

from typing import Any

from redis import Connection, SSLConnection
from redis.connection import UnixDomainSocketConnection
from redis.exceptions import ConnectionError
from redis.exceptions import TimeoutError as RedisTimeout
from redis.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection

from ...deadlines import check, watch


class _Watched:
    _sock: Any

    def _connect(self) -> Any:
        check()  # The first of several addresses may have taken all the time.
        its = super()._connect()  # type: ignore[misc]
        try:
            watch(its.fileno())
        except BaseException:
            its.close()
            raise
        return its

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        # Called once for each command, or for all commands of a pipeline together.
        if self._sock is not None:
            try:
                watch(self._sock.fileno())
            except TimeoutError as error:
                raise RedisTimeout(str(error)) from None
        super().send_packed_command(command, check_health)  # type: ignore[misc]

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        try:
            return super().read_response(*arguments, **options)  # type: ignore[misc]
        except (ValueError, AttributeError) as error:
            # redis-py reads on in the buffer of a connection that another thread has closed. A
            # reply that it cannot parse is no better: the connection is lost, and it closed it.
            raise ConnectionError(f"The connection was closed: {error}") from error


class TCPConnection(_Watched, Connection):
    """A connection without TLS."""


class TLSConnection(SSLConnection, TCPConnection):
    """A connection with TLS. The order of the bases makes the TLS handshake watched too."""


class FileConnection(_Watched, UnixDomainSocketConnection):
    """A connection to a socket file."""


class MasterConnection(SentinelManagedConnection, TCPConnection):
    """A connection to the current master of a Sentinel group."""


class MasterTLSConnection(SentinelManagedSSLConnection, TLSConnection):
    """A connection with TLS to the current master of a Sentinel group."""
