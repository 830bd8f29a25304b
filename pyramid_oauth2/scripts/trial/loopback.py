"""The end of a redirect: an HTTP server on the loopback interface (RFC 8252 section 7.3)."""

from __future__ import annotations

import queue
import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PAGE = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>poauth2 try</title>'
    b"<p>The authorization response has arrived. Go on in the terminal."
)


class Loopback(ThreadingHTTPServer):
    """Receives an authorization response from the browser.

    :param redirect_uri: as the client registered it. Without a port, one that is free is used for
        a loopback address, since the server allows any port for these (RFC 8252 section 7.3).
    :raises OSError: the port is in use, or may not be used.
    """

    daemon_threads = True

    def __init__(self, redirect_uri: str) -> None:
        parts = urlsplit(redirect_uri)
        host = parts.hostname or ""
        is_address = host != "localhost"
        # Before the socket is made, which is of this family.
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        port = parts.port or (0 if is_address else 80)
        super().__init__((host if is_address else "127.0.0.1", port), _Callback)
        if is_address and parts.port is None:
            netloc = f"[{host}]" if ":" in host else host
            parts = parts._replace(netloc=f"{netloc}:{self.server_port}")
        self.redirect_uri = parts.geturl()
        self.path = parts.path or "/"
        self.state = secrets.token_urlsafe(16)
        self._responses: queue.Queue[dict[str, str]] = queue.Queue()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Serve in a thread until the end of the block."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1})
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            self.server_close()

    def deliver(self, parameters: dict[str, str]) -> bool:
        """Accept a response if it has our state: any program can find the port."""
        state = parameters.get("state", "").encode()
        ours = secrets.compare_digest(state, self.state.encode())
        if ours:
            self._responses.put(parameters)
        return ours

    def wait(self, seconds: float) -> dict[str, str] | None:
        """The parameters of the authorization response; None if none came within *seconds*."""
        try:
            return self._responses.get(timeout=seconds)
        except queue.Empty:
            return None

    def handle_error(self, *_connection: object) -> None:
        """Print nothing: a connection that breaks is no response."""


class _Callback(BaseHTTPRequestHandler):
    server: Loopback

    def do_GET(self) -> None:
        # Not by urlsplit, which raises for what any program may send here.
        path, _, query = self.path.partition("?")
        if path != self.server.path or not self.server.deliver(dict(parse_qsl(query))):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: the line of the request has the code."""
