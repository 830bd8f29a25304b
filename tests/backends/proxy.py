"""A TCP proxy that cuts a connection before or after a chosen request."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress
from threading import Thread

CHUNK = 1 << 20


class Proxy:
    """Stands between a server and a client that sends one request at a time.

    :ivar port: where it listens on the loopback device.
    :ivar pending: whether a requested cut has not happened yet.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.pending = False
        self._gone = False
        self._seen = 0
        Thread(target=self._serve, daemon=True).start()

    def cut(self, request: int, answered: bool, for_good: bool) -> None:
        """Cut the connection once, at the given request from now on, counted from 1.

        :param answered: let the server receive the request and execute it; only
            its response is lost.
        :param for_good: refuse new connections from then on, until :meth:`mend`.
        """
        self._request, self._answered, self._for_good = request, answered, for_good
        self._seen = 0
        self.pending = True

    def mend(self) -> None:
        """Cancel the cut, and accept new connections."""
        self.pending = self._gone = False

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):  # It was closed.
            while True:
                client, _ = self._listener.accept()
                if self._gone:
                    client.close()
                else:
                    Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(self._server) as server:
            self._relay(client, server)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in selector.select():
                    assert isinstance(key.fileobj, socket.socket)
                    data = key.fileobj.recv(CHUNK)
                    if not data or (key.fileobj is client and self._cuts(server, data)):
                        return
                    key.data.sendall(data)

    def _cuts(self, server: socket.socket, data: bytes) -> bool:
        self._seen += 1
        if not self.pending or self._seen != self._request:
            return False
        if self._answered:
            server.sendall(data)
            server.settimeout(0.1)
            with suppress(TimeoutError):  # psycopg may send more before it gets a response.
                server.recv(CHUNK)
        self._gone = self._for_good
        self.pending = False
        return True
