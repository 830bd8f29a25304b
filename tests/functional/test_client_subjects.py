"""The subject of a client's own tokens is its client_id, which no user may have (RFC 9068)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyramid.authorization import Everyone
from pyramid.interfaces import ISecurityPolicy

from pyramid_oauth2 import InvalidClientMetadata, Scope
from pyramid_oauth2.events import TokenIssued
from pyramid_oauth2.protocol.clients.registry import UnknownClient
from pyramid_oauth2.protocol.records import Grant, StoreUnavailable, Token

from . import host
from .flow import SETTINGS, Flow
from .server import Server, bearer
from .test_jwt_access_tokens import SIGNING, parts

MACHINE: dict[str, Any] = {"grant_types": ("client_credentials",), "scope": frozenset({"read"})}
TAKEN = "a user has this identifier; choose another, or leave it to the server"


class Users(host.Users):
    """It says which users there are."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.failing = False

    def exists(self, subject: str) -> bool:
        self.asked.append(subject)
        if self.failing:
            raise LookupError("no such table")
        return subject in host.PASSWORDS


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def asking(build: Callable[..., Server], users: Users) -> Server:
    """An application that says which users there are."""
    server = build(host.pages, lambda config: config.set_oauth2_resource_owners(users))
    users.asked.clear()
    return server


class TestRegistration:
    def test_the_subject_of_a_user_is_refused(self, asking: Server):
        with pytest.raises(InvalidClientMetadata) as raised:
            asking.register("alice", **MACHINE)
        assert raised.value.problems == {"client_id": TAKEN}
        with pytest.raises(UnknownClient):
            asking.service.clients.get("alice")

    def test_in_an_import_as_well(self, asking: Server):
        client = replace(asking.register("machine", **MACHINE), client_id="alice")
        with pytest.raises(InvalidClientMetadata, match=f"client_id: {TAKEN}"):
            asking.service.clients.restore(client)

    def test_what_is_no_client_id_is_not_asked_about(self, asking: Server, users: Users):
        with pytest.raises(InvalidClientMetadata, match="printable ASCII"):
            asking.register("älice", **MACHINE)
        assert users.asked == []

    def test_a_drawn_one_begins_as_no_subject_does(self, asking: Server, users: Users):
        client = asking.service.clients.add(client_name="Nightly", **MACHINE).client
        assert re.fullmatch(r"oci_[0-9A-Za-z]{24}", client.client_id)
        assert users.asked == []

    def test_a_client_that_is_there_keeps_its_client_id(
        self, asking: Server, users: Users, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setitem(host.PASSWORDS, "robot", "robot's password")
        edited = asking.service.clients.edit("robot", client_name="Robot")
        assert (edited.client_id, edited.client_name) == ("robot", "Robot")
        assert users.asked == []

    def test_where_it_cannot_be_asked_nothing_is_refused(self, server: Server):
        assert server.register("alice", **MACHINE).client_id == "alice"

    def test_an_application_that_cannot_answer(self, asking: Server, users: Users, caplog: Any):
        users.failing = True
        with pytest.raises(StoreUnavailable, match=r"exists\(\) of the resource owners failed"):
            asking.register("machine", **MACHINE)
        assert "no such table" in caplog.text
        with pytest.raises(UnknownClient):
            asking.service.clients.get("machine")


class TestATokenOfTheClientItself:
    """Its JWT names a subject, as RFC 9068 section 2.2 demands, and nothing here takes it for one.

    The client has the client_id of a user: the application does not say which there are.
    """

    @pytest.fixture
    def issuing(self, build: Callable[..., Server]) -> Server:
        class Owners(host.Users):
            def principals(self, request: Any, subject: str) -> list[str]:
                return [f"friends of {subject}"]

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(Owners())
            config.add_route("seen", "/seen")
            config.add_view(seen, route_name="seen", oauth2_scope="read", renderer="json")

        server = build(host.pages, configure, changes={**SETTINGS, **SIGNING})
        server.register("bob", extra={"access_token_format": "jwt"}, **MACHINE)
        server.register("api", grant_types=(), resource_server=True)
        return server

    @pytest.fixture
    def token(self, issuing: Server) -> str:
        token = issuing.token("read", client="bob")
        assert parts(token)[1]["sub"] == parts(token)[1]["client_id"] == "bob"
        return token

    def test_at_a_view(self, issuing: Server, token: str):
        assert issuing.get("/seen", bearer(token)).json == {
            "subject": None,
            "userid": None,
            "identity": None,
            "client": "bob",
            "scopes": ["read"],
            "principals": [Everyone],
        }

    def test_in_the_records(self, issuing: Server, token: str):
        (record,) = issuing.records()
        assert isinstance(record, Token)
        assert not isinstance(record, Grant)
        assert record.grant_id is None
        assert b"sub" not in record.data

    def test_in_introspection(self, issuing: Server, token: str):
        said = issuing.post({"token": token}, issuing.login("api"), path="/oauth2/introspect").json
        assert (said["active"], said["client_id"]) == (True, "bob")
        assert "sub" not in said

    def test_in_an_event(self, issuing: Server):
        heard: list[TokenIssued] = []
        issuing.hear(heard.append, TokenIssued)
        issuing.token("read", client="bob")
        assert [event.subject for event in heard] == [None]

    def test_on_the_page_of_the_user(self, issuing: Server, token: str):
        browser = Flow(issuing).log_in("bob").browser
        assert "You allow no application" in browser.get("/oauth2/authorizations").text

    def test_where_everything_of_the_user_ends(self, issuing: Server, token: str):
        issuing.service.users.forget("bob")
        assert issuing.get("/read", bearer(token)).status_int == 200

    def test_where_the_user_is_deactivated(
        self, issuing: Server, token: str, monkeypatch: pytest.MonkeyPatch
    ):
        owners = issuing.service.owners._owners
        monkeypatch.setattr(owners, "is_active", lambda subject: False, raising=False)
        assert issuing.get("/read", bearer(token)).status_int == 200


def seen(request: Any) -> dict[str, Any]:
    """What a view sees of a token."""
    policy = request.registry.queryUtility(ISecurityPolicy)
    principals = policy.bearer.principals(request)
    return {
        "subject": request.oauth2.subject,
        "userid": request.authenticated_userid,
        "identity": request.identity,
        "client": request.oauth2.client.client_id,
        "scopes": [each.name for each in principals if isinstance(each, Scope)],
        "principals": [each for each in principals if not isinstance(each, Scope)],
    }
