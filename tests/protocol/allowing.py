"""A server with two clients, and a user who allows them something."""

from __future__ import annotations

from typing import Any

from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authorization.consent import remember_consent
from pyramid_oauth2.protocol.authorization.flow import begin
from pyramid_oauth2.protocol.authorization.results import Result
from pyramid_oauth2.protocol.authorization.user import User
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.http import HTTPRequest, Parameters
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.user_grants import Authorization, authorizations_of, last_token
from pyramid_oauth2.protocol.users import Users

from .worlds import BACK, CHALLENGE, Clock, make_client, make_request, make_server

READ, WRITE = frozenset({"read"}), frozenset({"write"})
HTTP = HTTPRequest("GET", "https://auth.example.com/oauth2/authorize")
BOB = User("bob", lambda: "b", lambda: None)
REQUEST = {
    "response_type": "code",
    "client_id": "web",
    "redirect_uri": BACK,
    "scope": "read",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def ask(server: AuthorizationServer) -> Result:
    """Send bob's browser to the authorization endpoint."""
    parameters = Parameters({name: (value,) for name, value in REQUEST.items()})
    return begin(server, HTTP, parameters, BOB)


class World:
    """Two clients, and bob, who allows them what the test defines."""

    def __init__(self) -> None:
        self.clock, self.emitted = Clock(), list[Any]()
        self.server = make_server(self.clock)
        for name in ("web", "app"):
            self.server.clients.add(make_client(client_id=name))

    def issue(self, client_id: str = "web", scope: frozenset[str] = READ) -> str:
        """Issue tokens for bob; return the id of their grant."""
        client = self.server.clients.get(client_id)
        assert client is not None
        grant_id = issue(self.server, client, Issuance(Access(scope), Open("bob"))).grant_id
        assert grant_id is not None
        return grant_id

    def remember(self, scope: frozenset[str] = READ, client_id: str = "web") -> None:
        asked = make_request(scope=scope, client_id=client_id)
        remember_consent(self.server, asked, asked, make_client(client_id=client_id), "bob")

    def allowed(self) -> list[str]:
        found = authorizations_of(self.server, "bob")
        assert found.complete
        return [authorization.client_id for authorization in found.newest_first]

    def only(self) -> Authorization:
        (authorization,) = authorizations_of(self.server, "bob").newest_first
        return authorization

    def last_token_at(self) -> int | None:
        found = last_token(self.server, self.only().grants)
        return found and found.issued_at

    @property
    def users(self) -> Users:
        return Users(self.server, self.emitted.append)
