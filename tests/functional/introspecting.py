"""An authorization server whose responses the test sets, over real HTTP."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus

ACTIVE = {
    "active": True,
    "scope": "read",
    "client_id": "web",
    "token_type": "Bearer",
    "exp": 4_000_000_000,
    "iat": 1_700_000_000,
    "iss": "https://auth.example.com",
    "sub": "bob",
}


class Endpoint:
    """Its response, which the test sets, and the requests that it got."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.status = 200
        self.body: bytes | None = None
        self.members: Any = dict(ACTIVE)
        self.headers: dict[str, str] = {}
        self.hangs = threading.Event()
        self.hangs.set()
        self.drops = 0
        # The part of a response that is sent only when its connection is used again.
        self.remainder = b""
        self.tokens: list[str] = []
        self.callers: list[str] = []
        self.connections = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    endpoint: Endpoint
    remainder = b""

    def setup(self) -> None:
        self.endpoint.connections += 1
        super().setup()

    def do_POST(self) -> None:
        endpoint = self.endpoint
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        endpoint.hangs.wait(20)
        if endpoint.drops:
            endpoint.drops -= 1
            self.close_connection = True
            return
        self.wfile.write(self.remainder)
        endpoint.tokens.append(parse_qs(body)["token"][0])
        pair = base64.b64decode(self.headers["Authorization"].removeprefix("Basic ")).decode()
        endpoint.callers.append(":".join(map(unquote_plus, pair.split(":"))))
        answer = endpoint.body
        if answer is None:
            answer = json.dumps(endpoint.members).encode()
        self.send_response(endpoint.status)
        for name, value in endpoint.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.remainder = endpoint.remainder

    def log_message(self, *arguments: Any) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *arguments: Any) -> None:
        """Ignore a client that closed the connection."""


@contextmanager
def introspection_endpoint(tls: ssl.SSLContext | None = None) -> Iterator[Endpoint]:
    """Serve until the block ends; with TLS, as ``localhost``."""
    handler = type("Bound", (Handler,), {})
    server = Server(("127.0.0.1", 0), handler)
    endpoint = handler.endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/introspect")
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        endpoint.url = f"https://localhost:{server.server_port}/introspect"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.hangs.set()
        server.shutdown()
        server.server_close()
        thread.join()
