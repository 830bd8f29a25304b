"""A running application with the add-on, as the tests use it: from outside, and at its store."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from pyramid.router import Router
from webtest import TestApp, TestResponse

from pyramid_oauth2 import Client, get_service
from pyramid_oauth2.interfaces import IService

Hear = Callable[[Any], None]

TOKEN = "/oauth2/token"
FORM = "application/x-www-form-urlencoded"


def basic(client_id: str, secret: str) -> dict[str, str]:
    """The header of RFC 6749 section 2.3.1: both halves form-encoded."""
    pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


class Server:
    """A newly started WSGI application; ``robot`` is a client that may request everything."""

    def __init__(self, app: Router) -> None:
        self.app = app
        self.registry = app.registry
        self._heard: list[tuple[Hear, type]] = []
        self.secrets: dict[str, str] = {}
        self.browser = self.fresh_browser()
        self.register("robot")

    @property
    def service(self) -> Any:
        return get_service(self.registry)

    def hear(self, listener: Hear, event: type) -> None:
        """Subscribe *listener* to events, until the server is stopped."""
        self.registry.registerHandler(listener, [event])
        self._heard.append((listener, event))

    def stop(self) -> None:
        """Release everything, so that the application can be started again."""
        for listener, event in self._heard:
            self.registry.unregisterHandler(listener, [event])
        self.service.close()
        self.registry.unregisterUtility(provided=IService)

    def fresh_browser(self, **environ: str) -> TestApp:
        return TestApp(self.app, extra_environ={"HTTP_HOST": "localhost", **environ})

    def register(self, client_id: str, secret: str | None = None, **metadata: Any) -> Client:
        """Register a client, and remember its secret."""
        metadata = {
            "grant_types": ("client_credentials", "password"),
            "scope": frozenset({"read", "write"}) & self.service.server.known_scopes,
            **metadata,
        }
        client = Client(client_id=client_id, **metadata)
        registered = self.service.clients.add(client, secret)
        self.secrets[client_id] = registered.secret or ""
        return registered.client

    def login(self, client_id: str = "robot") -> dict[str, str]:
        """The client's correct credentials."""
        return basic(client_id, self.secrets[client_id])

    def post(
        self,
        form: Mapping[str, str] | bytes,
        headers: Mapping[str, str] | None = None,
        path: str = TOKEN,
    ) -> TestResponse:
        """A token request; the response of any status."""
        return self.browser.post(path, form, headers=dict(headers or {}), status="*")

    def ask(self, grant_type: str = "client_credentials", **form: str) -> TestResponse:
        """A token request of the client ``robot``."""
        return self.post({"grant_type": grant_type, **form}, self.login())

    def token(self, scope: str = "read", user: str | None = None, client: str = "robot") -> str:
        """A new access token; the client's own unless a user is named."""
        form = {"grant_type": "client_credentials", "scope": scope}
        if user is not None:
            form |= {"grant_type": "password", "username": user, "password": f"{user}'s password"}
        answer = self.post(form, self.login(client))
        assert answer.status_int == 200, answer.text
        return str(answer.json["access_token"])

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> TestResponse:
        """A request to the application; the response of any status."""
        return self.browser.get(path, headers=dict(headers or {}), status="*")

    def records(self) -> list[Any]:
        """Everything in the grant store."""
        found: list[Any] = []
        cursor = None
        while True:
            page = self.service.server.grants.export(cursor)
            found += page.items
            cursor = page.cursor
            if cursor is None:
                return sorted(found, key=repr)

    def set_clock(self, clock: Callable[[], int]) -> None:
        """Set the server's clock."""
        self.change(clock=clock)

    def change(self, **parts: Any) -> None:
        """Replace parts of the authorization server."""
        server = replace(self.service.server, **parts)
        self.registry.registerUtility(replace(self.service, server=server), IService)


class Clock:
    """The time of a server, which the test sets from now on."""

    def __init__(self, server: Server) -> None:
        self.now = server.service.server.clock()
        server.set_clock(lambda: self.now)
