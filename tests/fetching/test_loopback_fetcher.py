"""What a server fetches that is on this computer alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from pyramid_oauth2.fetching.loopback_fetcher import LoopbackFetcher, fetcher_for
from pyramid_oauth2.fetching.public_fetcher import PublicFetcher
from pyramid_oauth2.fetching.responses import FetchError, Response

PUBLIC = "https://app.example/c.json"


class Handler(BaseHTTPRequestHandler):
    """Responds with ``{}``, and with a status that the path says."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:] or 200))
        self.send_header("Content-Length", "2")
        self.send_header("Cache-Control", "max-age=60")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *arguments: Any) -> None:
        """Nothing."""


@pytest.fixture
def url() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class Others:
    """A fetcher of what is elsewhere."""

    def get(self, url: str, most: int, report: Any, etag: str = "") -> Response:
        return Response(304, b"", etag=etag)


def test_what_is_here(url: str) -> None:
    reported: list[Any] = []
    fetcher = LoopbackFetcher(Others())
    found = fetcher.get(url, 2, lambda *sent: reported.append(sent))
    assert found == Response(200, b"{}", cache_control="max-age=60")
    for path, most, says in (("404", 2, "the status 404"), ("", 1, "more than 1 bytes")):
        with pytest.raises(FetchError, match=says):
            fetcher.get(url + path, most, lambda *sent: reported.append(sent))
    assert [error and error[:7] for _, error in reported] == [None, "answers", "answers"]


def test_what_is_elsewhere() -> None:
    found = LoopbackFetcher(Others()).get(PUBLIC, 2, lambda *sent: None, '"1"')
    assert found == Response(304, b"", etag='"1"')


@pytest.mark.parametrize(
    ("issuer", "made"),
    [
        ("http://localhost:6543", LoopbackFetcher),
        ("http://127.0.0.1/auth", LoopbackFetcher),
        ("http://[::1]", LoopbackFetcher),
        ("https://localhost", PublicFetcher),
        ("http://localhost.example", PublicFetcher),
        ("http://10.0.0.1", PublicFetcher),
        ("https://auth.example", PublicFetcher),
    ],
)
def test_for_whom(issuer: str, made: type[Any]) -> None:
    assert type(fetcher_for(issuer)) is made
