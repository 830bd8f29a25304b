"""A TCP proxy that cuts a connection just before or just after a request."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

from tests.ports import HOST

BEFORE, AFTER = "before", "after"


class Proxy:
    """Forwards everything to a local port, except for one request, where it may cut.

    :ivar port: where it listens.
    :ivar requests: how many requests came since the last :meth:`cut`.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._due: tuple[str, int] | None = None
        self.requests = 0
        threading.Thread(target=self._accept, daemon=True).start()

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

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection((HOST, self._target)) as server,
        ):
            while self._pass_on(client, server):
                pass

    def _pass_on(self, client: socket.socket, server: socket.socket) -> bool:
        readable, _, _ = select.select([client, server], [], [])
        if server in readable:
            answer = server.recv(1 << 20)
            client.sendall(answer)
            return bool(answer)
        request = client.recv(1 << 20)
        side = self._side()
        if not request or side == BEFORE:
            return False
        server.sendall(request)
        if side == AFTER:
            server.recv(1 << 20)
            return False
        return True

    def _side(self) -> str | None:
        with self._lock:
            number, self.requests = self.requests, self.requests + 1
            if self._due is None or self._due[1] != number:
                return None
            side, self._due = self._due[0], None
            return side
