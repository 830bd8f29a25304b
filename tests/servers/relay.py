"""A relay to a local TCP port: what the proxies have in common that tests put before a server."""

from __future__ import annotations

import contextlib
import select
import socket
import threading

from tests.ports import HOST

CHUNK = 1 << 20


class Relay:
    """Passes everything on, in both directions. A subclass changes what it does with the bytes.

    :param target: the port of the server.
    :ivar port: where it listens.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

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
            data = server.recv(CHUNK)
            return bool(data) and self._reply(client, server, data)
        data = client.recv(CHUNK)
        return bool(data) and self._request(client, server, data)

    def _request(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        """Pass on bytes of the client; False to end the connection."""
        server.sendall(data)
        return True

    def _reply(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        """Pass on bytes of the server; False to end the connection."""
        client.sendall(data)
        return True
