"""A connection to addresses that were checked, without another look-up of the name."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from http.client import HTTPResponse, LineTooLong
from time import monotonic
from typing import Any, BinaryIO

from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from ..deadlines import watch
from .public_urls import PORT
from .resolution import Address

Connect = Callable[[Address, int, float], socket.socket]

MAX_HEAD = 16 * 1024


def connect(address: Address, port: int, seconds: float) -> socket.socket:
    """Open a connection to an address.

    :raises OSError: it is not accepted in time.
    """
    return socket.create_connection((str(address), port), timeout=seconds)


class PublicConnection(HTTPSConnection):
    """Connects to the addresses that it is given; SNI, Host and the certificate are by the name.

    :param addresses: which are tried in this order.
    :param connect: opens a connection.
    """

    def __init__(
        self, host: str, *, addresses: Sequence[Address], connect: Connect, **named: Any
    ) -> None:
        super().__init__(host, **named)
        self._addresses, self._connect = addresses, connect

    def _new_conn(self) -> socket.socket:
        seconds = float(self.timeout or 0)
        end = monotonic() + seconds
        failure: OSError | None = None
        for address in self._addresses:
            left = end - monotonic()
            if left <= 0:
                break
            try:
                return self._watched(self._connect(address, PORT, left))
            except OSError as error:
                failure = error
        if failure is None or isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"not connected within {seconds} seconds")
        raise NewConnectionError(self, str(failure))

    def _watched(self, its: socket.socket) -> socket.socket:
        try:
            watch(its.fileno())
        except BaseException:
            its.close()
            raise
        return its


class _Head:
    """The beginning of a response, of which not more than :data:`MAX_HEAD` bytes are read."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self._left = file, MAX_HEAD

    def readline(self, most: int) -> bytes:
        line = self.file.readline(min(most, self._left + 1))
        self._left -= len(line)
        if self._left < 0:
            raise LineTooLong("header")
        return line

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.file.close()


class _Response(HTTPResponse):
    """Its head is limited as a whole; the standard library limits each of a hundred lines."""

    fp: Any

    def begin(self) -> None:
        self.fp = _Head(self.fp)
        super().begin()
        if isinstance(self.fp, _Head):
            self.fp = self.fp.file


PublicConnection.response_class = _Response


class PublicPool(HTTPSConnectionPool):
    """Makes connections of that class."""

    ConnectionCls = PublicConnection
