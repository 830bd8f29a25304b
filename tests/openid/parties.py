"""A client's server that is notified of logouts: real HTTP, in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class Party:
    """What it answers, and what it has got.

    :ivar statuses: of the next responses; after them it is 200.
    :ivar delay: seconds before each response.
    """

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, list[str]]]] = []
        self.media_types: list[str | None] = []
        self.statuses: list[int] = []
        self.delay = 0.0
        self.url = ""

    @property
    def tokens(self) -> list[str]:
        """The logout tokens."""
        return [form["logout_token"][0] for _, form in self.got]

    def wait_for(self, number: int, seconds: float = 20) -> list[str]:
        """The logout tokens, once there are so many."""
        end = time.monotonic() + seconds
        while len(self.got) < number and time.monotonic() < end:
            time.sleep(0.02)
        assert len(self.got) == number, self.got
        return self.tokens


@contextmanager
def party() -> Iterator[Party]:
    """Run one until the block ends."""
    its = Party()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            time.sleep(its.delay)
            its.media_types.append(self.headers["Content-Type"])
            its.got.append((self.path, parse_qs(body)))
            self.send_response(its.statuses.pop(0) if its.statuses else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    its.url = f"http://127.0.0.1:{server.server_port}/logout"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield its
    finally:
        server.shutdown()
        server.server_close()
