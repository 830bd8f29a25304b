"""A TCP proxy that goes wrong when a test demands it: it is mute, drips, or cuts connections."""

from __future__ import annotations

import socket
import time

from .relay import Relay

SOUND, MUTE, DRIP, CUT = "sound", "mute", "drip", "cut"


class FaultyProxy(Relay):
    """Forwards everything, in the mode of the moment.

    A connection that is made while it is not sound goes wrong in the handshake.

    :ivar mode: ``mute`` acknowledges what it receives, and sends nothing more;
        ``drip`` sends what the server sends a byte at a time; ``cut`` closes a
        connection after the next *left* bytes from the server.
    :ivar left: see ``cut``.
    """

    def __init__(self, target: int, pause: float = 0.5) -> None:
        self._pause = pause
        self.mode = SOUND
        self.left = 0
        super().__init__(target)

    def close(self) -> None:
        """Stop listening, and end every connection at its next byte."""
        super().close()
        self.mode, self.left = CUT, 0

    def _request(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        return self.mode == MUTE or super()._request(client, server, data)

    def _reply(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        if self.mode == MUTE:
            return True
        if self.mode == CUT:
            client.sendall(data[: self.left])
            self.left -= len(data)
            return self.left > 0
        if self.mode == DRIP:
            for byte in data:
                client.sendall(bytes([byte]))
                time.sleep(self._pause)
            return True
        return super()._reply(client, server, data)
