"""Clients that register themselves (RFC 7591)."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2.events import ClientChanged, RegistrationRefused
from pyramid_oauth2.extensions.client_registration.initial_access_tokens import (
    InitialAccessTokens,
)
from pyramid_oauth2.extensions.client_registration.policy import Policy
from pyramid_oauth2.extensions.client_registration.sweeping import HOUR, PAUSE
from pyramid_oauth2.protocol.clients.blocked_hosts import BlockedHosts
from pyramid_oauth2.protocol.records import OutcomeUnknown, StoreUnavailable
from pyramid_oauth2.protocol.token_strings import digest

from . import host
from .flow import SETTINGS, Flow, answer_in
from .registering import BACK, CODE_FLOW, CURSOR, REGISTRATION, initial_token, register, registered
from .server import Clock, Server

Build = Callable[..., Server]
METADATA = "/.well-known/oauth-authorization-server"


def start(
    build: Build,
    who: str = "open",
    *,
    configure: Callable[[Any], None] | None = None,
    **changes: str,
) -> Server:
    named = {f"oauth2.{name.replace('__', '.')}": value for name, value in changes.items()}
    more = (configure,) if configure else ()
    return build(host.pages, *more, changes={**SETTINGS, "oauth2.registration": who, **named})


@pytest.fixture
def server(build: Build) -> Server:
    return start(build)


class TestOff:
    """The default."""

    def test_there_is_no_endpoint(self, build: Build):
        server = build()
        assert "registration_endpoint" not in server.get(METADATA).json
        assert register(server).status_int == 404

    @pytest.mark.usefixtures("anew")
    def test_nothing_is_imported(self, build: Build, monkeypatch: pytest.MonkeyPatch):
        package = "pyramid_oauth2.extensions.client_registration"
        ours = [name for name in sys.modules if name.startswith(f"{package}.")]
        for name in ours:
            monkeypatch.delitem(sys.modules, name)
        build(changes={"oauth2.registration": "off"})
        assert {name for name in sys.modules if name.startswith(f"{package}.")} <= {
            f"{package}.settings"
        }


class TestRegistering:
    def test_the_metadata_name_the_endpoint(self, server: Server):
        endpoint = server.get(METADATA).json["registration_endpoint"]
        assert endpoint == f"http://localhost{REGISTRATION}"

    def test_a_client(self, server: Server):
        response = register(server, client_name="Notes", scope="read")
        assert response.status_int == 201
        assert response.headers["Cache-Control"] == "no-store"
        members = response.json
        now = server.service.server.clock()
        assert members.pop("client_id").startswith("oci_")
        assert members.pop("client_secret").startswith("ocs_")
        assert members.pop("registration_access_token").startswith("ora_")
        assert now - 60 < members.pop("client_id_issued_at") <= now
        assert members.pop("registration_client_uri").startswith(
            "http://localhost/oauth2/client_configuration?client_id=oci_"
        )
        # RFC 7591 section 3.2.1: "all registered metadata about this client", the defaults too.
        assert members == {
            "client_name": "Notes",
            "client_secret_expires_at": 0,
            "redirect_uris": [BACK],
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "client_secret_basic",
            "scope": "read",
        }

    @pytest.mark.parametrize("method", ["none", "client_secret_post", "client_secret_basic"])
    def test_a_method_comes_with_its_secret_or_without(self, server: Server, method: str):
        members = registered(server, token_endpoint_auth_method=method)
        assert members["token_endpoint_auth_method"] == method
        assert ("client_secret" in members) is (method != "none")
        assert ("client_secret_expires_at" in members) is (method != "none")

    def test_it_works(self, server: Server):
        """From the registration to a token."""
        members = registered(server, grant_types=["authorization_code", "refresh_token"])
        client_id = members["client_id"]
        server.secrets[client_id] = members["client_secret"]
        flow = Flow(server, client_id).log_in()
        issued = flow.tokens(redirect_uri=BACK)
        assert issued["scope"] == "read"
        assert "refresh_token" in issued

    def test_what_it_cannot_set(self, server: Server):
        hostile = {
            "client_id": "robot",
            "client_secret": "chosen",
            "consent": "skip",
            "resource_server": True,
            "require_pkce": False,
            "lifetimes": {"access_token": 10**8},
            "owner": "bob",
            "source": "operator",
            "approved": True,
            "private_schemes": ["cursor"],
            "backchannel_logout_uri": "https://c.example/logout",
            "extra": {"approved": True},
        }
        members = registered(server, **hostile)
        client = server.service.clients.get(members["client_id"])
        assert (client.consent, client.resource_server, client.require_pkce) == (
            "remember",
            False,
            True,
        )
        assert (client.owner, client.lifetimes) == (None, {})
        assert client.extra == {"source": "registered"}
        assert members["client_secret"] != "chosen"

    def test_unknown_members_and_types_are_left_out(self, server: Server):
        members = registered(
            server,
            grant_types=["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            response_types=["code", "code id_token"],
            application_type="native",
            scope="read fly",
            software_version="1",
            client_uri="",
            tos_uri=None,
        )
        assert members["grant_types"] == ["authorization_code"]
        assert members["response_types"] == ["code"]
        assert members["scope"] == "read"
        assert not members.keys() & {"application_type", "software_version", "client_uri"}
        assert None not in members.values()

    def test_a_client_that_names_no_known_scope_gets_those_that_it_may_have(self, server: Server):
        """Else it could ask for nothing later, and would not know why."""
        assert registered(server)["scope"] == "read write"
        assert registered(server, scope="fly")["scope"] == "read write"

    def test_cursor(self, build: Build):
        """One redirect URI that is refused refuses the registration, and so the login button."""
        refused = register(start(build), redirect_uris=CURSOR)
        assert refused.status_int == 400
        assert refused.json["error"] == "invalid_redirect_uri"
        assert CURSOR[0] in refused.json["error_description"]
        members = registered(start(build, private_schemes="cursor"), redirect_uris=CURSOR)
        assert members["redirect_uris"] == CURSOR

    @pytest.mark.parametrize(
        "uri",
        [
            *("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "vbscript:x"),
            *("blob:https://c.example/x", "http://c.example/back", f"{BACK}#x", "myapp:/back"),
            *("https://*.c.example/", "/back", ""),
        ],
    )
    def test_a_redirect_uri_that_is_refused(self, server: Server, uri: str):
        answer = register(server, redirect_uris=[BACK, uri])
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_redirect_uri")
        assert uri in answer.json["error_description"]

    def test_the_operator_sees_what_was_refused(self, server: Server):
        """The client shows its user no more than that it could not connect."""
        seen: list[RegistrationRefused] = []
        server.hear(seen.append, RegistrationRefused)
        register(server, redirect_uris=[BACK, "unknown://c"])
        (event,) = seen
        assert (event.client_id, event.error) == (None, "invalid_redirect_uri")
        assert event.refusal is not None
        assert "unknown://c" in event.refusal.members()["compared_problems"]

    @pytest.mark.parametrize(
        ("members", "named"),
        [
            ({"client_uri": "ftp://c.example"}, "client_uri"),
            ({"grant_types": ["client_credentials"]}, "grant_types"),
            ({"grant_types": "authorization_code"}, "grant_types"),
            ({"token_endpoint_auth_method": "magic"}, "token_endpoint_auth_method"),
        ],
    )
    def test_metadata_that_is_refused(self, server: Server, members: dict[str, Any], named: str):
        answer = register(server, **members)
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_client_metadata")
        assert answer.json["error_description"].startswith(f"{named}: ")

    @pytest.mark.parametrize(
        ("body", "media_type"),
        [
            (b"[]", "application/json"),
            (b"{", "application/json"),
            (b"\xff{}", "application/json"),
            (b'{"a": 1, "a": 2}', "application/json"),
            (b"[" * 9000, "application/json"),
            (b"", "application/json"),
            (b"{}", "application/x-www-form-urlencoded"),
            (b'{"redirect_uris": ["\\ud800"]}', "application/json"),
        ],
    )
    def test_what_is_no_json_object(self, server: Server, body: bytes, media_type: str):
        headers = {"Content-Type": media_type}
        answer = server.browser.post(REGISTRATION, body, headers=headers, status="*")
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_client_metadata")

    def test_a_body_that_is_too_large(self, server: Server):
        answer = register(server, client_name="x" * 70_000)
        assert answer.status_int == 413

    def test_a_charset_is_no_error(self, server: Server):
        headers = {"Content-Type": "application/json; charset=UTF-8"}
        body = json.dumps({"redirect_uris": [BACK]}).encode()
        assert server.browser.post(REGISTRATION, body, headers=headers).status_int == 201

    def test_a_software_statement_is_not_approved(self, server: Server):
        answer = register(server, software_statement="e30.e30.x")
        assert (answer.status_int, answer.json["error"]) == (400, "unapproved_software_statement")

    def test_another_method(self, server: Server):
        answer = server.get(REGISTRATION)
        assert (answer.status_int, answer.headers["Allow"]) == (405, "POST")

    def test_a_page_of_any_origin_may_register(self, server: Server):
        preflight = server.browser.options(REGISTRATION, headers={"Origin": "https://i.example"})
        assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
        answer = server.browser.post_json(
            REGISTRATION,
            {"redirect_uris": [BACK]},
            headers={"Origin": "https://i.example"},
        )
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_pages_of_its_redirect_uris_read_the_token_response(self, server: Server):
        """The MCP Inspector, which registers itself and runs in a browser."""
        back = "http://localhost:6274/oauth/callback"
        client_id = registered(server, redirect_uris=[back], token_endpoint_auth_method="none")[
            "client_id"
        ]
        origin = "http://localhost:6274"
        form = {"grant_type": "authorization_code", "code": "x", "client_id": client_id}
        answer = server.post(form, {"Origin": origin})
        assert answer.headers["Access-Control-Allow-Origin"] == origin

    def test_it_is_an_event(self, server: Server):
        heard: list[Any] = []
        server.hear(heard.append, ClientChanged)
        client_id = registered(server)["client_id"]
        assert [(each.client_id, each.change) for each in heard] == [(client_id, "registered")]

    def test_no_secret_is_stored(self, server: Server):
        members = registered(server)
        kept = repr(server.service.entries.list("client_registration").items[0].data)
        kept += repr(server.service.clients.get(members["client_id"]))
        assert members["client_secret"] not in kept
        assert members["registration_access_token"] not in kept


class TestConsent:
    """RFC 7591 section 5: users must see that nothing of it was checked."""

    @pytest.fixture
    def flow(self, server: Server) -> Flow:
        members = registered(server, client_name="Paypal", token_endpoint_auth_method="none")
        server.secrets[members["client_id"]] = ""
        return Flow(server, members["client_id"]).log_in()

    def test_it_is_not_verified(self, flow: Flow):
        page = flow.page(redirect_uri=BACK)
        assert "not verified" in page.html.find(class_="client").get_text()
        assert "Registered by itself" in page.text

    @pytest.mark.parametrize(
        ("uris", "warns"),
        [
            (["http://localhost/back", "com.example.app:/back"], True),
            (["http://localhost/back", BACK], False),
        ],
    )
    def test_a_client_on_devices_alone(self, server: Server, uris: list[str], warns: bool):
        """Any program there can receive what is sent to it (RFC 8252 section 8.6)."""
        members = registered(server, redirect_uris=uris, token_endpoint_auth_method="none")
        page = Flow(server, members["client_id"]).log_in().page(redirect_uri=uris[0])
        assert ("Any program on this device can use this name" in page.text) is warns

    def test_its_logo_is_shown_once_an_operator_has_approved_it(self, flow: Flow):
        """It may be that of another, and each user's browser would ask a stranger for it."""
        logo = "https://paypal.example/logo.png"
        flow.server.service.clients.edit(flow.client_id, logo_uri=logo)
        page = flow.page(redirect_uri=BACK)
        assert "paypal.example" not in page.text + page.headers["Content-Security-Policy"]
        flow.decide(page)
        assert logo not in flow.browser.get("/oauth2/authorizations").text
        flow.server.service.clients.edit(flow.client_id, approved=True)
        assert logo in flow.page(redirect_uri=BACK).text
        assert logo in flow.browser.get("/oauth2/authorizations").text

    @pytest.mark.parametrize(
        ("uri", "shown"),
        [
            ("https://paypal.example/", False),
            ("https://example/", False),
            ("https://evil.c.example/", False),
            ("https://c.example/about", True),
            ("https://www.c.example/", True),
        ],
    )
    def test_a_link_to_another_site_is_shown_once_an_operator_has_approved_it(
        self, flow: Flow, uri: str, shown: bool
    ):
        """It would lend the client the name of that site."""
        links = dict.fromkeys(("client_uri", "policy_uri", "tos_uri"), uri)
        flow.server.service.clients.edit(flow.client_id, **links)
        page = flow.page(redirect_uri=BACK)
        assert [each["href"] for each in page.html.select(".links a")] == [uri] * 3 * shown
        flow.decide(page)
        assert (uri in flow.browser.get("/oauth2/authorizations").text) is shown
        flow.server.service.clients.edit(flow.client_id, approved=True)
        assert flow.page(redirect_uri=BACK).text.count(f'"{uri}"') == 3
        assert uri in flow.browser.get("/oauth2/authorizations").text

    def test_each_time(self, flow: Flow):
        for _ in range(2):
            flow.decide(flow.page(redirect_uri=BACK))

    def test_until_an_operator_approves_it(self, flow: Flow):
        flow.server.service.clients.edit(flow.client_id, approved=True)
        page = flow.page(redirect_uri=BACK)
        assert "not verified" not in page.text
        flow.decide(page)
        assert "code" in answer_in(flow.ask(redirect_uri=BACK).location)

    def test_an_error_is_no_redirect_until_the_user_has_signed_in(self, flow: Flow):
        """RFC 9700 section 4.11.2."""
        assert flow.ask(redirect_uri=BACK, scope="fly").status_int == 303
        flow.log_out()
        page = flow.ask(redirect_uri=BACK, scope="fly")
        assert page.status_int == 400
        assert page.html.select("main a")[0]["href"].startswith(f"{BACK}?error=")


class TestInitialAccessTokens:
    @pytest.fixture
    def server(self, build: Build) -> Server:
        return start(build, "token")

    def test_one_is_needed(self, server: Server):
        answer = register(server)
        assert answer.status_int == 401
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="oauth2"'

    @pytest.mark.parametrize("token", ["x", "oia_x", "oat_x", "ocs_x"])
    def test_a_wrong_one(self, server: Server, token: str):
        answer = register(server, token)
        assert (answer.status_int, answer.json["error"]) == (401, "invalid_token")
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]

    def test_it_is_counted(self, server: Server):
        token = initial_token(server, count=2)
        for _ in range(2):
            registered(server, token)
        assert register(server, token).status_int == 401

    def test_what_is_refused_is_not_counted(self, server: Server):
        token = initial_token(server)
        assert register(server, token, redirect_uris=["x"]).status_int == 400
        registered(server, token)

    @pytest.mark.parametrize("error", [StoreUnavailable("away"), OutcomeUnknown("lost")])
    def test_what_the_store_fails_at_is_not_counted(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, error: Exception
    ):
        """503 says to send it again: the token must not be used up by then."""

        def fail(*arguments: Any) -> None:
            raise error

        token = initial_token(server)
        monkeypatch.setattr("pyramid_oauth2.protocol.lost_responses.PAUSES", ())
        with monkeypatch.context() as failing:
            failing.setattr(type(server.service.backends["memory"].clients), "add", fail)
            assert register(server, token).status_int == 503
        registered(server, token)
        assert register(server, token).status_int == 401

    def test_nor_is_a_client_of_a_blocked_host(self, server: Server):
        token = initial_token(server)
        BlockedHosts(server.service.server).add("c.example")
        assert register(server, token).status_int == 400
        registered(server, token, redirect_uris=["http://127.0.0.1/"])

    @pytest.mark.parametrize("role", ["entries", "clients"])
    def test_nor_is_what_it_fails_at_from_some_moment_on(
        self, server: Server, monkeypatch: pytest.MonkeyPatch, role: str
    ):
        """A store that is away is so for the rest of the request, too."""
        backend, token = server.service.backends["memory"], initial_token(server)
        entries, clients = type(backend.entries), type(backend.clients)
        store, name = (entries, "put") if role == "entries" else (clients, "add")
        write = getattr(store, name)
        with monkeypatch.context() as failing:

            def away(*arguments: Any) -> None:
                raise StoreUnavailable("away")

            def then_away(*arguments: Any) -> Any:
                done = write(*arguments)
                failing.setattr(entries, "put", away)
                failing.setattr(clients, "add", away)
                return done

            failing.setattr(store, name, then_away)
            assert register(server, token).status_int == 503
        registered(server, token)

    def test_one_that_is_revoked_meanwhile_registers_nothing(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ):
        token = initial_token(server)
        store = type(server.service.backends["memory"].clients)
        add = store.add

        def revoked_then(self: Any, client: Any) -> None:
            add(self, client)
            tokens = InitialAccessTokens(server.service.server)
            assert tokens.revoke(digest(token).hex()[:12]) == 1

        before = server.service.clients.search().items
        monkeypatch.setattr(store, "add", revoked_then)
        assert register(server, token).status_int == 401
        assert server.service.clients.search().items == before

    def test_scopes_that_the_server_has_no_longer(self, build: Build):
        """A client without a scope of its own would have the default ones."""
        server = start(build, "token", default_scopes="read write")
        token = initial_token(server, Policy(frozenset({"gone"}), CODE_FLOW))
        answer = register(server, token)
        assert answer.json["error"] == "invalid_client_metadata"
        assert "scope: the server does not have" in answer.json["error_description"]

    def test_it_expires(self, server: Server):
        clock = Clock(server)
        token = initial_token(server, lifetime=60)
        clock.now += 60
        assert register(server, token).status_int == 401

    def test_its_policy_counts(self, server: Server):
        policy = Policy(frozenset({"read"}), frozenset({"client_credentials"}))
        token = initial_token(server, policy)
        members = registered(
            server, token, grant_types=["client_credentials", "authorization_code"]
        )
        assert (members["scope"], members["grant_types"]) == ("read", ["client_credentials"])

    def test_hosts_of_redirect_uris(self, server: Server):
        token = initial_token(server, Policy(None, CODE_FLOW, frozenset({"c.example"})))
        others = ["https://c.example.evil.test/", "https://x.c.example/", "https://c.example:1/"]
        for other in others:
            answer = register(server, token, redirect_uris=[BACK, other])
            assert answer.json["error"] == "invalid_redirect_uri"
            assert other in answer.json["error_description"]
        registered(server, token, redirect_uris=[BACK, "http://127.0.0.1/", "com.example.c:/"])

    def test_the_usual_port_is_none(self, build: Build):
        """As in URLs, which mean the same with it and without it."""
        server = start(build, registration__redirect_hosts="c.example:443 d.example")
        registered(
            server, redirect_uris=[BACK, "https://c.example:443/x", "https://d.example:443/"]
        )

    @pytest.mark.parametrize(
        "other", ["HTTPS://evil.example/", "https://[::1", "https:evil.example"]
    )
    def test_hosts_by_other_spellings(self, server: Server, other: str):
        """What a browser takes for https is not let pass, nor what no parser accepts."""
        token = initial_token(server, Policy(None, CODE_FLOW, frozenset({"c.example"})))
        answer = register(server, token, redirect_uris=[BACK, other])
        assert (answer.status_int, answer.json["error"]) == (400, "invalid_redirect_uri")

    def test_it_is_stored_as_a_digest(self, server: Server):
        token = initial_token(server)
        (entry,) = server.service.entries.list("initial_access_token").items
        assert token not in repr((entry.key, entry.data))

    def test_it_counts_where_registration_is_open(self, build: Build):
        server = start(build, throttle__client_registrations="1/day")
        registered(server)
        registered(server, initial_token(server))
        assert register(server, "oia_x").status_int == 401


class TestUsers:
    """With the access token of a user, who becomes the owner."""

    @pytest.fixture
    def server(self, build: Build) -> Server:
        return start(build, "user", self_service__max_clients="2", self_service="true")

    def token(self, server: Server, scope: str = "client_registration") -> str:
        server.register("cli", scope=frozenset({"client_registration", "read"}))
        return server.token(scope, user="bob", client="cli")

    def test_the_owner(self, server: Server):
        client_id = registered(server, self.token(server))["client_id"]
        client = server.service.clients.get(client_id)
        assert (client.owner, client.extra["source"]) == ("bob", "registered")

    def test_another_scope(self, server: Server):
        assert register(server, self.token(server, "read")).status_int == 403

    def test_no_token(self, server: Server):
        assert register(server).status_int == 401

    def test_a_clients_own_token(self, server: Server):
        server.register("cli", scope=frozenset({"client_registration"}))
        assert register(server, server.token("client_registration", client="cli")).status_int == 401

    def test_a_token_for_an_api_is_none_for_the_server(self, build: Build):
        """The operator of that API could register clients in the names of its users."""
        api = "https://files.example/api"
        server = start(build, "user", resources=api, self_service="true")
        for_server = self.token(server)
        form = {"grant_type": "password", "username": "bob", "password": "bob's password"}
        form |= {"scope": "client_registration", "resource": api}
        token = server.post(form, server.login("cli")).json["access_token"]
        assert register(server, token).status_int == 401
        assert register(server, for_server).status_int == 201

    def test_it_does_not_pass_its_permission_on(self, build: Build):
        """A client that registered itself would register others in the user's name."""
        server = start(build, "user", self_service="true")
        assert registered(server, self.token(server))["scope"] == "read write"
        named = {"registration__scopes": "read client_registration"}
        server = start(build, "user", self_service="true", **named)
        assert "client_registration" in registered(server, self.token(server))["scope"]

    def test_how_many_a_user_may_have(self, server: Server):
        token = self.token(server)
        for _ in range(2):
            registered(server, token)
        assert register(server, token).json["error"] == "invalid_client_metadata"

    def test_one_that_others_were_faster_than(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ):
        """Several at the same moment: the last to count sees all others."""
        token = self.token(server)
        registered(server, token)
        store = type(server.service.backends["memory"].clients)
        add = store.add

        def others_first(self: Any, client: Any) -> None:
            monkeypatch.setattr(store, "add", add)
            server.register("other", owner="bob")
            add(self, client)

        monkeypatch.setattr(store, "add", others_first)
        answer = register(server, token)
        assert answer.json["error"] == "invalid_client_metadata"
        assert "as many clients as one may have" in answer.json["error_description"]
        owned = server.service.clients.search("bob").items
        assert len(owned) == 2
        assert "other" in {client.client_id for client in owned}

    def test_of_one_who_is_deleted_at_the_same_moment_none_is_left(
        self, server: Server, monkeypatch: pytest.MonkeyPatch
    ):
        """Everything of the account has ended before the client was added."""
        token, service = self.token(server), server.service
        store = type(service.backends["memory"].clients)
        add = store.add

        def deleted_first(self: Any, client: Any) -> None:
            monkeypatch.setattr(
                service.owners._owners, "is_active", lambda subject: False, raising=False
            )
            service.users.forget("bob")
            add(self, client)

        monkeypatch.setattr(store, "add", deleted_first)
        assert register(server, token).status_int == 401
        assert service.clients.search("bob").items == ()


class TestStart:
    """What the start says of settings that cannot be meant."""

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"registration__scopes": "raed"}, r"registration\.scopes has unknown scopes: raed"),
            (
                {"registration__grant_types": "authorization_code code"},
                r"registration\.grant_types names code, which is not registered",
            ),
            (
                {"registration__grant_types": "client_credentials", "grant_types": "password"},
                "no client could register itself: password",
            ),
        ],
    )
    def test_it_refuses(self, build: Build, changes: dict[str, str], words: str):
        with pytest.raises(ConfigurationError, match=words):
            start(build, **changes)


class TestLimits:
    def test_an_address(self, build: Build):
        server = start(build, throttle__client_registrations="2/hour")
        for _ in range(2):
            registered(server)
        answer = register(server)
        assert answer.status_int == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 3600

    def test_unused_clients(self, build: Build):
        server = start(build, registration__max_unused="2")
        clock = Clock(server)
        for _ in range(2):
            registered(server)
        answer = register(server)
        assert answer.status_int == 503
        assert "Retry-After" in answer.headers
        clock.now += 86_400
        registered(server)

    def test_who_registers_without_end_keeps_others_away_for_an_hour(self, build: Build):
        server = start(build, registration__max_unused="3", throttle="false")
        clock, flooded = Clock(server), []
        by_token = registered(server, initial_token(server))["client_id"]
        for _ in range(2):
            flooded.append(registered(server)["client_id"])
        clock.now += HOUR - 1
        assert register(server).status_int == 503
        clock.now += PAUSE
        kept = registered(server)["client_id"]
        assert not any(map(server.service.server.clients.get, flooded))
        # The one that came later has its hour, and one that an operator let in its day.
        registered(server)
        assert register(server).status_int == 503
        assert server.service.server.clients.get(kept)
        assert server.service.server.clients.get(by_token)

    def test_all_unused_clients_are_looked_at_once_a_minute(self, build: Build):
        """Anyone can ask to be registered, and that would read each of them."""
        server = start(build, registration__max_unused="1", throttle="false")
        clock = Clock(server)
        client_id = registered(server)["client_id"]
        clock.now += HOUR - PAUSE
        assert register(server).status_int == 503
        server.service.clients.delete(client_id)
        assert register(server).status_int == 503
        clock.now += PAUSE
        registered(server)

    def test_a_client_in_use_does_not_count(self, build: Build):
        server = start(build, registration__max_unused="1")
        members = registered(server, token_endpoint_auth_method="none")
        server.secrets[members["client_id"]] = ""
        Flow(server, members["client_id"]).log_in().code(redirect_uri=BACK)
        registered(server)
        assert server.service.clients.get(members["client_id"])


def test_a_blocked_host(server: Server):
    BlockedHosts(server.service.server).add("c.example")
    answer = register(server)
    assert answer.json["error"] == "invalid_redirect_uri"
    assert "c.example" in answer.json["error_description"]
    registered(server, redirect_uris=["http://127.0.0.1/"])
