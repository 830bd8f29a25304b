"""Clients that register themselves at a server."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from webtest import TestResponse

from pyramid_oauth2.extensions.client_registration.initial_access_tokens import (
    InitialAccessTokens,
)
from pyramid_oauth2.extensions.client_registration.policy import Policy

from .server import Server, bearer

REGISTRATION = "/oauth2/registration"
BACK = "https://c.example/back"
CODE_FLOW = frozenset({"authorization_code", "refresh_token"})
# What Cursor sends: three redirect URIs of different kinds.
CURSOR = [
    "cursor://anysphere.cursor-mcp/oauth/callback",
    "https://www.cursor.com/agents/mcp/oauth/callback",
    "http://localhost:8787/callback",
]


def register(server: Server, token: str | None = None, **members: Any) -> TestResponse:
    """The response of any status to a registration."""
    headers = {} if token is None else bearer(token)
    body = {"redirect_uris": [BACK], **members}
    return server.browser.post_json(REGISTRATION, body, headers=headers, status="*")


def registered(server: Server, token: str | None = None, **members: Any) -> dict[str, Any]:
    """The members of a registration that succeeds."""
    response = register(server, token, **members)
    assert response.status_int == 201, response.text
    return dict(response.json)


def initial_token(
    server: Server, policy: Policy | None = None, count: int = 1, lifetime: int = 3600
) -> str:
    """A new initial access token."""
    tokens = InitialAccessTokens(server.service.server)
    return tokens.add(policy or Policy(None, CODE_FLOW), lifetime, count)


class Configuration:
    """A client at its client configuration endpoint."""

    def __init__(self, server: Server, information: dict[str, Any]) -> None:
        self.server = server
        self.client_id = information["client_id"]
        self.token = information["registration_access_token"]
        url = urlsplit(information["registration_client_uri"])
        self.path = f"{url.path}?{url.query}"

    @property
    def headers(self) -> dict[str, str]:
        return bearer(self.token)

    def get(self) -> TestResponse:
        return self.server.browser.get(self.path, headers=self.headers, status="*")

    def put(self, **members: Any) -> TestResponse:
        """Replace the registration; the new token is used from then on."""
        body = {"client_id": self.client_id, "redirect_uris": [BACK], **members}
        body = {name: value for name, value in body.items() if value is not ...}
        answer = self.server.browser.put_json(self.path, body, headers=self.headers, status="*")
        if answer.status_int == 200:
            self.token = answer.json["registration_access_token"]
        return answer

    def delete(self) -> TestResponse:
        return self.server.browser.delete(self.path, headers=self.headers, status="*")
