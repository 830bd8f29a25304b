"""A TCP proxy that cuts a connection just before or just after a request."""

from __future__ import annotations

import socket
import threading

from .relay import CHUNK, Relay

BEFORE, AFTER = "before", "after"


class Proxy(Relay):
    """Forwards everything, except for one request, where it may cut.

    :ivar requests: how many requests came since the last :meth:`cut`.
    """

    def __init__(self, target: int) -> None:
        self._lock = threading.Lock()
        self._due: tuple[str, int] | None = None
        self.requests = 0
        super().__init__(target)

    def cut(self, side: str, number: int) -> None:
        """Cut the connection of the request with that number (from 0).

        :param side: ``before`` the server gets it, or ``after`` it has replied.
        """
        with self._lock:
            self._due, self.requests = (side, number), 0

    @property
    def has_cut(self) -> bool:
        """Whether there was such a request."""
        return self._due is None

    def _request(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        side = self._side()
        if side == BEFORE:
            return False
        server.sendall(data)
        if side == AFTER:
            server.recv(CHUNK)
            return False
        return True

    def _side(self) -> str | None:
        with self._lock:
            number, self.requests = self.requests, self.requests + 1
            if self._due is None or self._due[1] != number:
                return None
            side, self._due = self._due[0], None
            return side
