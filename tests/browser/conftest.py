"""A real browser, the application on one port, and a client on another."""

from __future__ import annotations

import contextlib
import html
import threading
from collections.abc import Callable, Iterator
from socketserver import ThreadingMixIn
from typing import Any
from urllib.parse import parse_qs
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import programs

# For the relying party that is a page.
from tests.relying_parties.conftest import dishonesty, mcp_url, server  # noqa: F401

from .application import authorize_query, configurator, register
from .slow_network import network

PATIENCE = 10_000  # milliseconds, of each call that waits
DESKTOP = {"width": 1024, "height": 768}
PHONE = {"width": 360, "height": 640}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium with an empty profile, and without windows: four times as fast."""
    program = programs.need("chromium-headless-shell")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright, network() as proxy:
        browser = playwright.chromium.launch(executable_path=program, proxy=proxy)
        yield browser
        browser.close()


class Server(ThreadingMixIn, WSGIServer):
    """Threads, since a browser opens connections that it may never use."""

    daemon_threads = True


class SilentHandler(WSGIRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Log nothing: the tests show the requests."""


@contextlib.contextmanager
def served(application: Callable[..., Any]) -> Iterator[int]:
    """Serve a WSGI application on loopback until the block ends; yields the port."""
    with make_server("127.0.0.1", 0, application, Server, SilentHandler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield running.server_port
        finally:
            running.shutdown()
            thread.join()


class ClientApplication:
    """The client's callback page: it shows what it received, and stores it."""

    def __init__(self) -> None:
        self.arrived: list[dict[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"] or 0)).decode()
        text = body or environ["QUERY_STRING"]
        if environ["PATH_INFO"] == "/callback":
            values = {name: value for name, (value,) in parse_qs(text).items()}
            self.arrived.append({"method": environ["REQUEST_METHOD"], **values})
        start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [f"<!doctype html><title>Client</title><p>{html.escape(text)}</p>".encode()]


class Site:
    """The application at its address, with its clients."""

    def __init__(self, registry: Any, url: str, client_url: str, client: ClientApplication) -> None:
        self.registry, self.url, self.client_url, self.client = registry, url, client_url, client

    def register(self, client_id: str, redirect_uri: str | None = None, **metadata: Any) -> str:
        """Register a client, by default with the callback page; return its secret."""
        uri = redirect_uri or f"{self.client_url}/callback"
        return register(self.registry, client_id, uri, **metadata)

    def authorize(self, client_id: str = "prints", **parameters: Any) -> str:
        """The address of a valid request, with the changes of *parameters*."""
        return f"{self.url}/oauth2/authorize?{authorize_query(client_id, **parameters)}"


@pytest.fixture
def site() -> Iterator[Site]:
    client = ClientApplication()
    # The port must be known before the application is created, since the issuer contains it.
    late: list[Any] = []
    with (
        served(lambda *arguments: late[0](*arguments)) as port,
        served(client) as client_port,
    ):
        url = f"http://localhost:{port}"
        config = configurator({"oauth2.issuer": url})
        late.append(config.make_wsgi_app())
        site = Site(config.registry, url, f"http://127.0.0.1:{client_port}", client)
        site.register(
            "prints", client_name="Foto Print", optional_scope=frozenset({"orders", "profile"})
        )
        yield site


@pytest.fixture
def complaints() -> list[str]:
    """The messages that the pages wrote to the console."""
    return []


@contextlib.contextmanager
def opened(browser: Browser, complaints: list[str]) -> Iterator[Callable[..., BrowserContext]]:
    """Open separate browser sessions; at the end there must be no complaint."""

    def listen(message: Any) -> None:
        # The status of a page is not a complaint.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    def open_browser(**options: Any) -> BrowserContext:
        context = browser.new_context(**{"viewport": DESKTOP, **options})
        context.set_default_timeout(PATIENCE)
        context.on("console", listen)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        sessions.enter_context(context)
        return context

    with contextlib.ExitStack() as sessions:
        yield open_browser
    assert complaints == []


@pytest.fixture
def open_browser(
    browser: Browser, complaints: list[str]
) -> Iterator[Callable[..., BrowserContext]]:
    with opened(browser, complaints) as open_browser:
        yield open_browser


@pytest.fixture
def page(open_browser: Callable[..., BrowserContext]) -> Page:
    """A tab of an ordinary browser."""
    return open_browser().new_page()


@pytest.fixture(params=["dark phone", "desktop", "without JavaScript"])
def any_page(request: pytest.FixtureRequest, open_browser: Callable[..., BrowserContext]) -> Page:
    """A tab of each kind of browser."""
    options = {
        "dark phone": {"viewport": PHONE, "color_scheme": "dark"},
        "desktop": {},
        "without JavaScript": {"java_script_enabled": False},
    }
    return open_browser(**options[request.param]).new_page()
