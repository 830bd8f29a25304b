"""A slow network between the browser and every server: a test that does not wait fails here.

On a fast machine, a page has often arrived before the test looks at it. With
``TEST_LATENCY=300``, each response, also that of a style sheet, waits for so many milliseconds
three times: before its head, before its body, and in the middle of its body.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ProxySettings

LATENCY = int(os.environ.get("TEST_LATENCY", "0")) / 1000
"""Seconds; no proxy if 0."""


@contextlib.contextmanager
def network() -> Iterator[ProxySettings | None]:
    """The proxy through which the browser sends its requests, or None: directly."""
    if not LATENCY:
        yield None
        return
    with SlowProxy() as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield {"server": f"http://127.0.0.1:{proxy.server_port}"}
        finally:
            proxy.shutdown()
            thread.join()


class SlowProxy(ThreadingHTTPServer):
    """A proxy for plain HTTP, on a free port of loopback."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SlowHandler)

    def handle_error(self, *arguments: Any) -> None:
        """Log nothing: a browser closes connections when it leaves a page."""


class SlowHandler(BaseHTTPRequestHandler):
    """Passes a request on unchanged, and its response in two halves."""

    def forward(self) -> None:
        """Send the request to its server, and the response, slowly, to the browser."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = HTTPConnection(self.headers["Host"], timeout=60)
        try:
            path = urlsplit(self.path)._replace(scheme="", netloc="").geturl()
            connection.request(self.command, path, body, dict(self.headers.items()))
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        time.sleep(LATENCY)
        self.send_response_only(response.status, response.reason)
        for name, value in response.getheaders():
            # They are about the connection to the server; that to the browser ends with the body.
            if name.lower() not in ("connection", "keep-alive", "transfer-encoding"):
                self.send_header(name, value)
        self.end_headers()
        middle = len(content) // 2
        for part in (content[:middle], content[middle:]):
            time.sleep(LATENCY)
            self.wfile.write(part)

    def do_CONNECT(self) -> None:
        """Let the requests of ``route.fetch`` follow on the same connection."""
        self.send_response_only(200)
        self.end_headers()
        self.close_connection = False

    do_GET = do_POST = do_HEAD = do_OPTIONS = forward

    def log_message(self, *arguments: Any) -> None:
        """Log nothing: the tests show the requests."""
