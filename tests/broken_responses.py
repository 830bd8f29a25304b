"""A server whose responses are broken in one way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


def _json(text: bytes) -> bytes:
    return _HEAD % (b"200 OK", len(text)) + text


BROKEN = {
    "cut off": _HEAD % (b"200 OK", 1000) + b'{"a":',
    "an error that is cut off": _HEAD % (b"400 Bad Request", 1000) + b'{"a":',
    "no HTTP": b"nonsense\r\n\r\n",
    "no JSON": _json(b"<p>"),
    "no object": _json(b"1"),
    "an empty object": _json(b"{}"),
    "deep": _json(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
}


@contextmanager
def answering(response: bytes) -> Iterator[str]:
    """Answer each request with these bytes, and end the connection; yield the server's URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_answer, args=(listening, response))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def _answer(listening: socket.socket, response: bytes) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:  # It was shut down.
            return
        with connection, suppress(OSError):
            connection.recv(65536)
            connection.sendall(response)
