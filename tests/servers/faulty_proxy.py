"""A TCP proxy that goes wrong when a test demands it: it is mute, drips, or cuts connections."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time

from tests.ports import HOST

SOUND, MUTE, DRIP, CUT = "sound", "mute", "drip", "cut"
CHUNK = 1 << 20


class FaultyProxy:
    """Forwards everything to a local port, in the mode of the moment.

    A connection that is made while it is not sound goes wrong in the handshake.

    :ivar port: where it listens.
    :ivar mode: ``mute`` acknowledges what it receives, and sends nothing more;
        ``drip`` sends what the server sends a byte at a time; ``cut`` closes a
        connection after the next *left* bytes from the server.
    :ivar left: see ``cut``.
    """

    def __init__(self, target: int, pause: float = 0.5) -> None:
        self._target = target
        self._pause = pause
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self.mode = SOUND
        self.left = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening, and end every connection at its next byte."""
        self._listener.close()
        self.mode, self.left = CUT, 0

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
        source = readable[0]
        data = source.recv(CHUNK)
        if not data:
            return False
        if self.mode == MUTE:
            return True
        if source is client:
            server.sendall(data)
            return True
        return self._reply(client, data)

    def _reply(self, client: socket.socket, data: bytes) -> bool:
        if self.mode == CUT:
            client.sendall(data[: self.left])
            self.left -= len(data)
            return self.left > 0
        if self.mode == DRIP:
            for byte in data:
                client.sendall(bytes([byte]))
                time.sleep(self._pause)
        else:
            client.sendall(data)
        return True
