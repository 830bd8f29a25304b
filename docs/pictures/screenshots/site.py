"""The application whose pages are photographed, with its clients and what alice has allowed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.browser.application import CookiePolicy, configurator, register
from tests.devices import GRANT_TYPE, plug

SETTINGS = {
    "oauth2.site_name": "Albums",
    "oauth2.site_url": "https://albums.example/",
    "oauth2.admin": "true",
    "oauth2.admin_principals": "alice",
    "oauth2.self_service": "true",
    "oauth2.grant_types": "authorization_code refresh_token client_credentials",
}
CALLBACK = "https://prints.example/callback"


class EveryoneIsAdmin(CookiePolicy):
    """Each signed-in user sees the operators' pages, too."""

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        """Whether a user is signed in."""
        return self.identity(request) is not None


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


@dataclass(frozen=True, slots=True)
class Site:
    """A running application."""

    url: str
    registry: Any


@contextlib.contextmanager
def served() -> Iterator[Site]:
    """Serve the application on a port of the loopback interface until the block ends."""
    late: list[Any] = []
    with make_server("localhost", 0, lambda *call: late[0](*call), _Server, _Silent) as server:
        url = f"http://localhost:{server.server_port}"
        config = configurator({**SETTINGS, "oauth2.issuer": url}, EveryoneIsAdmin())
        late.append(config.make_wsgi_app())
        _add_clients(config.registry)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Site(url, config.registry)
        server.shutdown()


def _add_clients(registry: Any) -> None:
    plug(registry)
    register(
        registry,
        "prints",
        CALLBACK,
        client_name="Foto Print",
        optional_scope=frozenset({"orders", "profile"}),
        client_uri="https://prints.example/",
        policy_uri="https://prints.example/privacy",
    )
    register(registry, "calendar", CALLBACK, client_name="The Year in Pictures", owner="bob")
    register(registry, "careless", CALLBACK, client_name="Careless", owner="eve", scope=frozenset())
    register(registry, "tv", CALLBACK, client_name="The living room", grant_types=(GRANT_TYPE,))
