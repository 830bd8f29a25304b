"""What a client does with its registration (RFC 7592)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.events import RegistrationRefused
from pyramid_oauth2.extensions.client_registration.policy import Policy
from pyramid_oauth2.extensions.client_registration.registration import GRACE
from pyramid_oauth2.interfaces import IService
from pyramid_oauth2.protocol.clients.blocked_hosts import BlockedHosts
from pyramid_oauth2.protocol.clients.registry import ClientRegistry
from pyramid_oauth2.protocol.clients.rules import InvalidClientMetadata
from pyramid_oauth2.protocol.records import KEY_LENGTH, StoreUnavailable

from .flow import Flow
from .registering import BACK, CODE_FLOW, Configuration, initial_token, registered
from .server import Clock, Server
from .test_client_registration import start

Build = Callable[..., Server]
OTHER = "https://c.example/other"


@pytest.fixture
def server(build: Build) -> Server:
    return start(build)


def configuration(server: Server, token: str | None = None, **members: Any) -> Configuration:
    return Configuration(server, registered(server, token, **members))


class TestReading:
    def test_what_is_registered(self, server: Server):
        members = registered(server, client_name="Notes")
        answer = Configuration(server, members).get()
        assert answer.status_int == 200
        assert answer.headers["Cache-Control"] == "no-store"
        # The secret is not stored, so it is not there.
        without = {"client_secret", "client_secret_expires_at"}
        assert answer.json == {name: members[name] for name in members.keys() - without}

    @pytest.mark.parametrize("method", ["get", "put", "delete"])
    def test_without_a_token(self, server: Server, method: str):
        path = configuration(server).path
        answer = getattr(server.browser, method)(path, status=401)
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="oauth2"'

    @pytest.mark.parametrize("method", ["get", "put", "delete"])
    def test_with_the_token_of_another(self, server: Server, method: str):
        """It is for one client only."""
        mine, other = configuration(server), configuration(server)
        mine.token = other.token
        answer = getattr(mine, method)()
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_token")

    @pytest.mark.parametrize("client_id", ["%00", "oci_%00", "x" * 5000, "%ED%A0%80", ""])
    def test_of_what_is_no_client_id_the_store_is_not_asked(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, client_id: str
    ):
        """PostgreSQL refuses a NUL, and the response would be 503."""
        mine = configuration(server)
        entries = type(server.service.entries)
        get, asked = entries.get, list[str]()

        def spy(self: Any, namespace: str, key: str) -> Any:
            asked.append(key)
            return get(self, namespace, key)

        monkeypatch.setattr(entries, "get", spy)
        mine.path = f"{mine.path.partition('?')[0]}?client_id={client_id}"
        assert mine.get().status_int == 401
        assert [key for key in asked if "\0" in key or len(key) > KEY_LENGTH] == []

    @pytest.mark.parametrize("token", ["x", "ora_x", "oia_x", ""])
    def test_with_what_is_none(self, server: Server, token: str):
        mine = configuration(server)
        mine.token = token
        assert mine.get().status_int == 401

    @pytest.mark.parametrize(
        "query", ["", "?client_id=", "?client_id=robot", "?client_id=a&client_id=b", "?x=%00"]
    )
    def test_of_no_client(self, server: Server, query: str):
        mine = configuration(server)
        mine.path = mine.path.partition("?")[0] + query
        assert mine.get().status_int == 401

    def test_of_a_disabled_one(self, server: Server):
        mine = configuration(server)
        server.service.clients.disable(mine.client_id)
        for answer in (mine.get(), mine.put(), mine.delete()):
            assert answer.status_int == 403
        assert server.service.clients.get(mine.client_id).disabled_at

    def test_a_page_of_any_origin_may(self, server: Server):
        mine = configuration(server)
        preflight = server.browser.options(mine.path, headers={"Origin": "https://i.example"})
        assert preflight.headers["Access-Control-Allow-Methods"] == "GET, PUT, DELETE, HEAD"
        assert mine.get().headers["Access-Control-Allow-Origin"] == "*"


class TestReplacing:
    def test_it_is_a_full_replacement(self, server: Server):
        """RFC 7592 section 2.2: what is left out is deleted."""
        mine = configuration(server, client_name="Notes", client_uri="https://c.example/")
        answer = mine.put(redirect_uris=[OTHER], scope="read")
        assert answer.status_int == 200
        assert answer.json["redirect_uris"] == [OTHER]
        assert not answer.json.keys() & {"client_name", "client_uri", "client_secret"}
        client = server.service.clients.get(mine.client_id)
        assert (client.client_name, client.client_uri, client.scope) == ("", None, {"read"})
        assert mine.get().json == answer.json

    def test_the_operator_sees_what_was_refused(self, server: Server):
        seen: list[RegistrationRefused] = []
        server.hear(seen.append, RegistrationRefused)
        mine = configuration(server)
        mine.put(redirect_uris=["unknown://c"])
        mine.token = "another"
        mine.put()
        assert [(each.client_id, each.error) for each in seen] == [
            (mine.client_id, "invalid_redirect_uri"),
            (None, "invalid_token"),
        ]

    def test_the_token_is_another_one(self, server: Server):
        mine = configuration(server)
        before = mine.token
        assert mine.put().status_int == 200
        assert mine.token != before
        assert mine.get().status_int == 200

    def test_the_earlier_token_counts_for_a_while(self, server: Server):
        """The response with the new one may be lost."""
        clock, mine = Clock(server), configuration(server)
        before = mine.token
        mine.put()
        mine.token = before
        assert mine.get().status_int == 200
        clock.now += GRACE
        assert mine.get().status_int == 401

    def test_it_counts_also_if_the_next_response_is_lost_too(self, server: Server):
        """For the same time: who has it alone cannot keep it for ever."""
        clock, mine = Clock(server), configuration(server)
        before = mine.token
        for _ in range(3):
            mine.token = before
            assert mine.put().status_int == 200
            clock.now += GRACE // 3
        assert mine.get().status_int == 200
        mine.token = before
        assert mine.get().status_int == 401

    def test_the_one_before_that_does_not(self, server: Server):
        mine = configuration(server)
        first = mine.token
        mine.put()
        mine.put()
        mine.token = first
        assert mine.get().status_int == 401

    def test_the_secret_stays(self, server: Server):
        members = registered(server)
        mine, secret = Configuration(server, members), members["client_secret"]
        before = server.service.clients.get(mine.client_id).client_secrets
        assert mine.put(client_secret=secret).status_int == 200
        assert server.service.clients.get(mine.client_id).client_secrets == before

    @pytest.mark.parametrize(
        ("members", "named"),
        [
            ({"client_id": "robot"}, "client_id"),
            ({"client_id": ...}, "client_id"),
            ({"client_secret": "chosen"}, "client_secret"),
            ({"client_secret": 1}, "client_secret"),
            ({"registration_access_token": "x"}, "registration_access_token"),
            ({"registration_client_uri": "x"}, "registration_client_uri"),
            ({"client_id_issued_at": 1}, "client_id_issued_at"),
            ({"client_secret_expires_at": 0}, "client_secret_expires_at"),
            ({"token_endpoint_auth_method": "none"}, "token_endpoint_auth_method"),
            ({"client_name": 1}, "client_name"),
        ],
        ids=str,
    )
    def test_what_is_refused(self, server: Server, members: dict[str, Any], named: str):
        mine = configuration(server)
        before = server.service.clients.get(mine.client_id)
        answer = mine.put(**members)
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_client_metadata")
        assert answer.json["error_description"].startswith(f"{named}: ")
        assert server.service.clients.get(mine.client_id) == before
        assert mine.get().status_int == 200, "the token is the same"

    def test_what_it_cannot_set(self, server: Server):
        mine = configuration(server)
        mine.put(consent="skip", owner="bob", source="operator", approved=True)
        client = server.service.clients.get(mine.client_id)
        assert (client.consent, client.owner) == ("remember", None)
        assert client.extra == {"source": "registered"}

    def test_the_policy_counts_again(self, build: Build):
        """Keycloak CVE-2026-15572: what a policy refused was taken by an update."""
        server = start(build, "token")
        policy = Policy(frozenset({"read"}), CODE_FLOW, frozenset({"c.example"}))
        mine = configuration(server, initial_token(server, policy))
        answer = mine.put(grant_types=["client_credentials"])
        assert answer.json["error"] == "invalid_client_metadata"
        answer = mine.put(redirect_uris=["https://evil.test/"])
        assert answer.json["error"] == "invalid_redirect_uri"
        answer = mine.put(
            scope="read write", grant_types=["authorization_code", "client_credentials"]
        )
        assert (answer.json["scope"], answer.json["grant_types"]) == (
            "read",
            ["authorization_code"],
        )

    def test_the_settings_count_as_they_are_then(self, server: Server, build: Build):
        """Of a client that had no initial access token: the operator has limited all of them."""
        mine = configuration(server)
        assert "write" in mine.put().json["scope"]
        backend = server.service.backends
        limited = start(build, registration__scopes="read")
        limited.registry.registerUtility(
            replace(
                limited.service,
                server=replace(
                    limited.service.server,
                    clients=server.service.server.clients,
                    entry_store=lambda: next(iter(backend.values())).entries,
                ),
            ),
            IService,
        )
        mine.server = limited
        assert mine.put().json["scope"] == "read"

    def test_an_approval_ends_with_a_change(self, server: Server):
        mine = configuration(server, client_name="Notes")
        server.service.clients.edit(mine.client_id, approved=True)
        mine.put(client_name="Notes")
        assert server.service.clients.get(mine.client_id).extra.get("approved")
        mine.put(client_name="Your bank")
        assert not server.service.clients.get(mine.client_id).extra.get("approved")

    def test_also_if_an_operator_changes_it_at_that_moment(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ):
        """What the client had is not what the operator has approved meanwhile."""
        public = {"token_endpoint_auth_method": "none", "scope": "read write"}
        mine = configuration(server, **public)
        edit, others = ClientRegistry.edit, [{"scope": frozenset({"read"}), "approved": True}]

        def edit_later(registry: Any, client_id: str, *version: int, **changes: Any) -> Any:
            if others:
                edit(registry, client_id, **others.pop())
            return edit(registry, client_id, *version, **changes)

        monkeypatch.setattr(ClientRegistry, "edit", edit_later)
        answer = mine.put(**public, client_name="Your bank")
        assert answer.json["scope"] == "read", "what the operator has limited stays so"
        assert not server.service.clients.get(mine.client_id).extra.get("approved")


class TestWhatPeopleHaveSet:
    """An operator's word: a client that replaces its registration takes nothing of it back."""

    BOTH = {"scope": "read write", "redirect_uris": [BACK, OTHER]}

    @pytest.mark.parametrize(
        ("field", "value", "shown"),
        [
            ("scope", frozenset({"read"}), "read"),
            ("redirect_uris", (BACK,), [BACK]),
            ("grant_types", ("authorization_code",), ["authorization_code"]),
            ("client_name", "Notes of a guest", "Notes of a guest"),
            ("contacts", ("abuse@c.example",), ["abuse@c.example"]),
        ],
        ids=str,
    )
    def test_it_stays(self, server: Server, field: str, value: Any, shown: Any):
        members = {**self.BOTH, "grant_types": ["authorization_code", "refresh_token"]}
        mine = configuration(server, **members)
        server.service.clients.edit(mine.client_id, **{field: value})
        for _ in range(2):
            answer = mine.put(**members, client_uri="https://c.example/")
            assert (answer.status_int, answer.json[field]) == (200, shown)
            assert answer.json["client_uri"] == "https://c.example/", "all else is its own"
        assert mine.get().json[field] == shown

    def test_what_goes_with_it_stays_too(self, server: Server):
        """Or the client could not change anything any more: one would not fit the other."""
        mine = configuration(server, **self.BOTH, optional_scope="write")
        server.service.clients.edit(
            mine.client_id, scope=frozenset({"read"}), optional_scope=frozenset()
        )
        answer = mine.put(**self.BOTH, optional_scope="write", client_name="Notes")
        assert (answer.status_int, answer.json["scope"]) == (200, "read")
        assert "optional_scope" not in answer.json

    def test_it_ends_no_approval(self, server: Server):
        mine = configuration(server, **self.BOTH)
        server.service.clients.edit(mine.client_id, scope=frozenset({"read"}), approved=True)
        mine.put(**self.BOTH)
        assert server.service.clients.get(mine.client_id).extra.get("approved")

    def test_an_operator_takes_it_back(self, server: Server):
        mine = configuration(server, **self.BOTH)
        server.service.clients.edit(mine.client_id, scope=frozenset({"read"}))
        assert server.service.clients.get(mine.client_id).extra["fixed_fields"] == [
            "optional_scope",
            "scope",
        ]
        server.service.clients.edit(mine.client_id, fixed_fields=())
        assert mine.put(**self.BOTH).json["scope"] == "read write"

    def test_a_field_that_is_none(self, server: Server):
        mine = configuration(server)
        for name in ("scop", "consent"):
            with pytest.raises(InvalidClientMetadata, match=f"{name} is no field"):
                server.service.clients.edit(mine.client_id, fixed_fields=(name,))

    def test_the_client_does_not(self, server: Server):
        mine = configuration(server, **self.BOTH)
        server.service.clients.edit(mine.client_id, scope=frozenset({"read"}))
        assert mine.put(**self.BOTH, fixed_fields=[]).json["scope"] == "read"

    def test_a_blocked_host_that_an_operator_has_set_is_blocked(self, server: Server):
        mine = configuration(server, **self.BOTH)
        server.service.clients.edit(mine.client_id, redirect_uris=("https://evil.example/",))
        BlockedHosts(server.service.server).add("evil.example")
        assert mine.put(**self.BOTH).json["error"] == "invalid_redirect_uri"


class TestDeleting:
    def test_everything_ends_at_once(self, server: Server):
        members = registered(server, grant_types=["authorization_code", "refresh_token"])
        server.secrets[members["client_id"]] = members["client_secret"]
        flow = Flow(server, members["client_id"]).log_in()
        issued = flow.tokens(redirect_uri=BACK)
        mine = Configuration(server, members)
        answer = mine.delete()
        assert (answer.status_int, answer.body, answer.content_type) == (204, b"", None)
        headers = {"Authorization": f"Bearer {issued['access_token']}"}
        assert server.get("/whoami", headers).status_int == 401
        # MCP SDKs then register again.
        refreshed = flow.refresh(issued["refresh_token"])
        assert (refreshed.status_int, refreshed.json["error"]) == (401, "invalid_client")
        assert flow.ask(redirect_uri=BACK).status_int == 400

    def test_afterwards(self, server: Server):
        mine = configuration(server)
        mine.delete()
        for answer in (mine.get(), mine.put(), mine.delete()):
            assert answer.status_int == 401
        assert server.service.server.clients.was_deleted(mine.client_id)

    def test_a_store_that_is_away_afterwards(self, server: Server, monkeypatch: pytest.MonkeyPatch):
        """The client is deleted, and a repeated request would be refused."""
        mine = Configuration(server, registered(server))

        def away(*arguments: Any) -> None:
            raise StoreUnavailable("away")

        monkeypatch.setattr(type(server.service.backends["memory"].entries), "put", away)
        assert mine.delete().status_int == 204
        assert server.service.server.clients.was_deleted(mine.client_id)

    def test_what_an_operator_deleted(self, server: Server):
        mine = configuration(server)
        server.service.clients.delete(mine.client_id)
        assert mine.get().status_int == 401


def test_a_blocked_host(server: Server):
    """Nor does a client move there later."""
    mine = configuration(server)
    BlockedHosts(server.service.server).add("evil.example")
    answer = mine.put(redirect_uris=["https://a.evil.example/"])
    assert answer.json["error"] == "invalid_redirect_uri"
    assert server.service.clients.get(mine.client_id).redirect_uris == (BACK,)
