"""A browser at the pages for managing clients."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from webtest import TestApp, TestResponse

from pyramid_oauth2 import Client
from pyramid_oauth2.views.browser import FIELD, bound_to

from .server import Server

ADMIN = "/oauth2/admin/clients"
APPLICATIONS = "/oauth2/applications"
SWITCHED_ON = {
    "oauth2.admin": "true",
    "oauth2.admin_principals": "bob",
    "oauth2.self_service": "true",
    "oauth2.self_service.max_clients": "3",
    "oauth2.grant_types": "authorization_code refresh_token client_credentials password",
    "oauth2.login_route": "login",
}
SECRET = re.compile(r"ocs_\w+")
BACK = "https://client.example/back"


def names(page: TestResponse) -> list[str]:
    """The clients, or application types, that a page lists."""
    return [item.a.string for item in page.html.select(".records > li")]


def words(page: TestResponse) -> str:
    """What a page says, without the marks that isolate the direction of a name."""
    text = page.html.main.get_text(" ").translate(dict.fromkeys(map(ord, "\u2068\u2069")))
    return " ".join(text.split())


class ClientPages:
    """A browser at one of the two sets of pages, with bob, an operator, signed in by default.

    :param root: the path of the list of clients.
    """

    def __init__(self, server: Server, root: str = ADMIN, user: str | None = "bob") -> None:
        self.server, self.root, self.user = server, root, user
        self.browser: TestApp = server.fresh_browser()
        if user:
            self.browser.get(f"/login?user={user}")

    def url(self, page: str = "", **query: str) -> str:
        path = f"{self.root}/{page}".rstrip("/")
        return f"{path}?{urlencode(query)}" if query else path

    def get(self, page: str = "", status: Any = 200, **query: str) -> TestResponse:
        return self.browser.get(self.url(page, **query), status=status)

    @property
    def token(self) -> str:
        """The anti-forgery field's value for the user in this browser."""
        if "oauth2_browser" not in self.browser.cookies:
            self.get()
        return bound_to(self.user or "", self.browser.cookies["oauth2_browser"].strip('"'))

    def post(
        self, page: str, client_id: str, /, token: str | None = "", **form: Any
    ) -> TestResponse:
        """Send a form about a client, as from this browser's own page; the response, of any status.

        :param token: the anti-forgery field, None to leave it out.
        """
        field = {} if token is None else {FIELD: token or self.token}
        url = self.url(page, client_id=client_id)
        return self.browser.post(url, {**field, **form}, status="*")

    def register(self, application_type: str = "web", **fields: Any) -> TestResponse:
        """Fill in the form for an application type and send it; the response, of any status."""
        form = self.get("register", kind=application_type).form
        usual = {"client_name": "Nightly", "redirect_uris": BACK, "scope": ["read"]}
        for name, value in {**usual, **fields}.items():
            if name == "scope":
                for box in form.fields.get("scope", ()):
                    box.checked = box._value in value
            elif name in form.fields:
                form[name] = value
        return form.submit(status="*")

    def registered(self, application_type: str = "web", **fields: Any) -> Client:
        """Register a client; the client as it is in the store."""
        response = self.register(application_type, **fields)
        if response.status_int == 303:
            response = response.follow()
        client_id = response.html.find("code", class_="copy").string
        return self.client(client_id)

    def client(self, client_id: str) -> Client:
        """The client as it is in the store."""
        client: Client = self.server.service.clients.get(client_id)
        return client

    def version(self, client_id: str) -> str:
        return str(self.client(client_id).version)
