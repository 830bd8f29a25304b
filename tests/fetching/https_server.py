"""An https server on a real socket, which answers what a test says, and counts its connections."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyramid_oauth2.fetching.public_fetcher import PublicFetcher
from pyramid_oauth2.fetching.resolution import Address
from tests.certificates import write_certificate

HOST = "documents.example"
URL = f"https://{HOST}/client.json"
PUBLIC = "93.184.215.14"
JSON = b"Content-Type: application/json\r\n"

Talk = Callable[[ssl.SSLSocket], None]


def response(body: bytes, head: bytes = JSON, status: bytes = b"200 OK") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + head + length + b"\r\n" + body


@dataclass
class Documents:
    """A server, and a fetcher for which it is at a public address.

    ``talk`` gets the connection once a request has been read; it may wait for ``gone``, which the
    end of the test sets. ``connected`` are the addresses to which the fetcher has connected.
    """

    port: int
    authority: Path
    talk: Talk = field(default=lambda its: its.sendall(response(b"{}")))
    addresses: Sequence[str] = (PUBLIC,)
    connected: list[tuple[str, int]] = field(default_factory=list)
    requests: list[bytes] = field(default_factory=list)
    resolved: list[str] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    def answers(self, data: bytes) -> None:
        self.talk = lambda its: its.sendall(data)

    def resolve(self, host: str) -> Sequence[str]:
        self.resolved.append(host)
        return self.addresses

    def connect(self, address: Address, port: int, seconds: float) -> socket.socket:
        self.connected.append((str(address), port))
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def fetcher(self, **changes: Any) -> PublicFetcher:
        context = ssl.create_default_context(cafile=str(self.authority))
        mine = {"resolve": self.resolve, "connect": self.connect, "context": context}
        return PublicFetcher(**{**mine, **changes})


@contextmanager
def serving(folder: Path, host: str = HOST) -> Iterator[Documents]:
    """A server with a certificate for *host*."""
    certificate, key = write_certificate(folder, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        documents = Documents(listening.getsockname()[1], certificate)
        threading.Thread(target=_accept, args=(listening, context, documents), daemon=True).start()
        try:
            yield documents
        finally:
            documents.gone.set()


def _accept(listening: socket.socket, context: ssl.SSLContext, documents: Documents) -> None:
    with suppress(OSError):  # It is closed at the end of the test.
        while True:
            its, _ = listening.accept()
            threading.Thread(target=_talk, args=(its, context, documents), daemon=True).start()


def _talk(its: socket.socket, context: ssl.SSLContext, documents: Documents) -> None:
    # The fetcher may have hung up, or refused the certificate.
    with suppress(OSError), context.wrap_socket(its, server_side=True) as talking:
        documents.requests.append(talking.recv(4096))
        documents.talk(talking)
