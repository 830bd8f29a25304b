"""Requests that come by another way: in one parameter, or stored before (RFC 9101, RFC 9126)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.attempt_storage import AttemptCounter
from pyramid_oauth2.extension import (
    Client,
    InvalidRequest,
    OAuth2Error,
    Parameter,
    Parameters,
    SourcedParameters,
    StoredRequest,
)
from pyramid_oauth2.protocol.authorization import checks
from pyramid_oauth2.protocol.authorization.pushed_request import push_request
from pyramid_oauth2.protocol.authorization.results import (
    Again,
    Ask,
    Login,
    LoginAgain,
    Refuse,
    Respond,
)
from pyramid_oauth2.protocol.authorization.unpacking import unpacked
from pyramid_oauth2.protocol.authorization.unusable import (
    ForeignInteraction,
    UnusableInteraction,
)
from pyramid_oauth2.protocol.errors import TemporarilyUnavailable
from pyramid_oauth2.protocol.http import HTTPRequest
from pyramid_oauth2.protocol.throttling import Limit, Throttle
from pyramid_oauth2.protocol.token.confirmation import NO_PROOF, Proof

from .plugged import Plugged, factories
from .test_flow import REQUEST, sent
from .test_request_extensions import Bound, Nonce, Tenants
from .worlds import BACK, NOW, make_client, make_server

URN = "urn:example:"


class JSONObject:
    """A request object without a signature, for the test of the seam."""

    parameter = Parameter("request", max_length=9000)

    def read(self, value: str, client: Client) -> SourcedParameters:
        try:
            return SourcedParameters(json.loads(value), frozenset({"signed"}))
        except ValueError:
            raise InvalidRequest("The request is no JSON.") from None


class Stored:
    """The handle of a request that was pushed."""

    parameter = Parameter("request_uri")

    def read(self, value: str, client: Client) -> StoredRequest:
        if not value.startswith(URN):
            raise InvalidRequest("That is no request_uri of this server.")
        return StoredRequest(value.removeprefix(URN))


SOURCES = {"object": JSONObject(), "stored": Stored()}


@pytest.fixture
def world() -> Plugged:
    world = Plugged(request_sources=SOURCES)
    world.server.clients.add(make_client(client_id="other"))
    return world


def bare(**parameters: str) -> dict[str, str | None]:
    """Those parameters, and none of the usual ones but the client's."""
    return {**dict.fromkeys(REQUEST), "client_id": "web", **parameters}


class TestParameters:
    def begin(self, world: Plugged, request: Mapping[str, Any], **beside: str) -> Any:
        return world.begin(**bare(request=json.dumps(request), **beside))

    def test_count_and_nothing_beside_them(self, world: Plugged) -> None:
        page = self.begin(world, REQUEST, scope="write", state="other", prompt="none")
        assert isinstance(page, Ask)
        request = page.pending.interaction.request
        assert (request.scope, request.state) == ({"read"}, "xyz")

    def test_say_what_is_certain_about_them(self, world: Plugged) -> None:
        seen: list[frozenset[str]] = []

        class Provenance(Nonce):
            def read(self, parameters: Any, client: Any, access: Any) -> None:
                seen.append(parameters.provenance)

        world.plug(request_sources=SOURCES, request_extensions={"nonce": Provenance()})
        self.begin(world, REQUEST)
        world.begin()
        assert seen == [{"signed"}, frozenset()]

    def test_of_another_client(self, world: Plugged) -> None:
        result = self.begin(world, {**REQUEST, "client_id": "other"})
        assert "not that of the request itself" in sent(result)["error_description"]
        assert result.refusal == checks.REQUEST_CLIENT  # For the operator.

    @pytest.mark.parametrize(
        "parameters",
        [
            {"request": "x"},
            {"request_uri": "x"},
            {"state": "x" * 5000},
            {"state": "a\0b"},
            {"scope": "admin"},
            {"state": "\ud800"},
            {"\udfff": "x"},
            {"exp": 1},
            {"state": None},
            {"claims": {}},
            {"resource": ["https://api.example/", 1]},
            {"state": ["a", "b"]},
            {"client_id": ["web", "web"]},
        ],
    )
    def test_that_no_request_may_have(self, world: Plugged, parameters: Any) -> None:
        answer = sent(self.begin(world, {**REQUEST, **parameters}))
        assert answer["error"] in ("invalid_request", "invalid_scope")

    @pytest.mark.parametrize("request_object", ["[]", "1", '"x"', "null"])
    def test_that_are_no_object(self, world: Plugged, request_object: str) -> None:
        result = world.begin(**bare(request=request_object))
        assert sent(result)["error_description"] == "The request is no object."

    def test_one_that_is_a_list(self, world: Plugged) -> None:
        request = json.dumps({"resource": ["a", "b"], "state": "s"})
        found = unpacked(world.server, Parameters({"client_id": ("web",), "request": (request,)}))
        assert isinstance(found, Parameters)
        assert found.values == {"client_id": ("web",), "resource": ("a", "b"), "state": ("s",)}

    def test_that_cannot_be_read(self, world: Plugged) -> None:
        result = world.begin(**bare(request="{", state="s"))
        assert sent(result)["error_description"] == "The request is no JSON."
        assert sent(result)["state"] == "s"

    def test_that_cannot_be_read_and_may_be_sent_nowhere(self, world: Plugged) -> None:
        world.server.clients.add(make_client(client_id="two", redirect_uris=(BACK, f"{BACK}/2")))
        for client_id, code in (("two", "invalid_request"), ("none", "unauthorized_client")):
            result = world.begin(**{**bare(request="{"), "client_id": client_id})
            assert isinstance(result, Refuse)
            assert isinstance(result.error, OAuth2Error)
            assert result.error.code == code

    def test_by_two_ways(self, world: Plugged) -> None:
        result = world.begin(**bare(request="{}", request_uri=f"{URN}x"))
        assert "by two parameters" in sent(result)["error_description"]

    def test_return_from_the_login_as_they_came(self, world: Plugged) -> None:
        login = world.begin(world.user(None), **bare(request=json.dumps(REQUEST)))
        assert isinstance(login, Login)
        assert login.query.startswith("client_id=web&request=%7B")

    def test_without_a_source_the_refusal_is_as_before(self, world: Plugged) -> None:
        world.plug()
        for name in ("request", "request_uri"):
            assert sent(world.begin(**{name: "x"}))["error"] == f"{name}_not_supported"

    @pytest.mark.parametrize(("status", "events"), [(503, 1), (429, 0)])
    def test_that_cannot_be_read_now(self, world: Plugged, status: int, events: int) -> None:
        """The event of too many attempts is another one, once for each window."""

        class Waiting(JSONObject):
            def read(self, value: str, client: Client) -> SourcedParameters:
                raise TemporarilyUnavailable("Try again.", status=status)

        world.plug(request_sources={"object": Waiting()})
        world.server.clients.add(make_client(client_id="two", redirect_uris=(BACK, f"{BACK}/2")))
        result = world.begin(**{**bare(request="{}"), "client_id": "two"})
        assert isinstance(result, Refuse)
        assert len(result.events) == events


def test_an_empty_parameter_counts_as_none(world: Plugged) -> None:
    assert isinstance(world.begin(request="", request_uri=""), Ask)


def push(
    world: Plugged,
    proof: Proof = NO_PROOF,
    client_id: str = "web",
    lifetime: int = 60,
    **changes: Any,
) -> str:
    client = world.server.clients.get(client_id)
    assert client is not None
    values = {name: (v,) for name, v in {**REQUEST, **changes}.items() if v is not None}
    form = Parameters(values, world.server.plug_ins.rules)
    http = HTTPRequest("POST", "", remote_addr="192.0.2.1")
    pushed = push_request(world.server, http, client, form, proof, lifetime, lambda event: None)
    assert pushed.expires_in == lifetime
    return URN + pushed.handle


def opened(world: Plugged, request_uri: str, client_id: str = "web", **user: Any) -> Any:
    values = {**bare(request_uri=request_uri), "client_id": client_id}
    return world.begin(world.user(**user), **values)


class TestPushedRequests:
    def test_the_browser_brings_the_handle_alone(self, world: Plugged) -> None:
        page = opened(world, push(world, state="pushed"))
        assert isinstance(page, Ask)
        assert sent(world.decide(page, decision="allow"))["state"] == "pushed"

    def test_of_allow_and_deny_in_two_tabs_one_counts(self, world: Plugged) -> None:
        uri = push(world)
        tabs = [opened(world, uri) for _ in range(2)]
        assert "error" in sent(world.decide(tabs[0], decision="deny"))
        assert isinstance(world.decide(tabs[1], decision="allow"), Refuse)
        assert world.grants() == ()

    def test_it_is_used_once(self, world: Plugged) -> None:
        uri = push(world)
        world.decide(opened(world, uri), decision="allow")
        result = opened(world, uri)
        assert isinstance(result.error, UnusableInteraction)
        # Nor where the user need not be asked: the consent is remembered now.
        uri = push(world)
        assert isinstance(opened(world, uri), Respond)
        assert isinstance(opened(world, uri), Refuse)
        assert len(world.grants()) == 2

    def test_another_clients(self, world: Plugged) -> None:
        uri = push(world)
        result = opened(world, uri, "other")
        assert isinstance(result, Refuse)
        assert "another client" in str(result.error)
        # And no browser is bound by it.
        assert isinstance(opened(world, uri, browser="c"), Ask)

    def test_another_browser_or_user(self, world: Plugged) -> None:
        uri = push(world)
        assert isinstance(opened(world, uri), Ask)
        for user in ({"browser": "c"}, {"subject": "eve"}):
            assert isinstance(opened(world, uri, **user).error, ForeignInteraction)

    def test_a_browser_without_a_cookie_that_loads_it_twice(self, world: Plugged) -> None:
        """It gets two cookies, and the later one stays."""
        uri = push(world)
        opened(world, uri, browser="first", new=True)
        page = opened(world, uri, browser="second", new=True)
        assert isinstance(page, Ask)
        # Not a browser that has a cookie, nor another user; and it is not prolonged again.
        assert isinstance(opened(world, uri).error, ForeignInteraction)
        stranger = opened(world, uri, browser="third", new=True, subject="eve")
        assert isinstance(stranger.error, ForeignInteraction)
        assert page.pending.interaction.ends_at == NOW + 600
        world.clock.now = NOW + 5
        late = opened(world, uri, browser="third", new=True)
        assert isinstance(late.error, ForeignInteraction)
        assert "code" in sent(world.decide(page, world.user(browser="second"), decision="allow"))

    @pytest.mark.parametrize("lifetime", [60, 5000])
    def test_the_time_for_that_begins_when_it_is_opened(
        self, world: Plugged, lifetime: int
    ) -> None:
        """However long it may wait before and after."""
        uris = [push(world, lifetime=lifetime) for _ in "12"]
        world.clock.now = opened_at = NOW + 50
        for uri in uris:
            assert isinstance(opened(world, uri, browser="first", new=True), Ask)
        world.clock.now = opened_at + 4
        assert isinstance(opened(world, uris[0], browser="second", new=True), Ask)
        world.clock.now = opened_at + 5
        for uri in uris:
            late = opened(world, uri, browser="third", new=True)
            assert isinstance(late.error, ForeignInteraction)

    def test_one_that_a_version_before_opened_is_not_opened_twice(self, world: Plugged) -> None:
        """It did not store when that was."""
        uri = push(world)
        page = opened(world, uri, browser="first", new=True)
        token = page.pending.token
        members = json.loads(token.data)
        assert members.pop("opened_at") == NOW
        (found, _) = world.server.grants.find(token.ref) or (None, None)
        assert found is not None
        data = json.dumps(members).encode()
        world.server.grants.amend(found.ref, found.version, {"data": data})
        twice = opened(world, uri, browser="second", new=True)
        assert isinstance(twice.error, ForeignInteraction)
        assert "code" in sent(world.decide(page, world.user(browser="first"), decision="allow"))

    def test_one_that_demands_a_new_login_is_loaded_twice(self, world: Plugged) -> None:
        """It is not bound to its user before they have logged in."""
        uri = push(world, prompt="login")
        assert isinstance(opened(world, uri, browser="first", new=True), LoginAgain)
        assert isinstance(opened(world, uri, browser="second", new=True), LoginAgain)

    def test_one_that_a_stranger_opened_is_not_another_users(self, world: Plugged) -> None:
        uri = push(world)
        assert isinstance(opened(world, uri, subject=None, browser="first", new=True), Login)
        other = opened(world, uri, browser="second", new=True)
        assert isinstance(other.error, ForeignInteraction)

    def test_a_browser_without_a_cookie_may_not_open_that_of_another(self, world: Plugged) -> None:
        uri = push(world)
        assert isinstance(opened(world, uri), Ask)
        assert isinstance(opened(world, uri, browser="c", new=True).error, ForeignInteraction)

    def test_it_has_to_be_opened_soon_and_then_waits_as_any(self, world: Plugged) -> None:
        late, uri = push(world), push(world)
        world.clock.now = NOW + 59
        page = opened(world, uri)
        world.clock.now = NOW + 60
        assert isinstance(opened(world, late).error, UnusableInteraction)
        world.clock.now = NOW + 59 + 599
        # Opened again, it is not prolonged again.
        assert isinstance(opened(world, uri), Ask)
        world.clock.now = NOW + 59 + 600
        assert isinstance(world.decide(page, decision="allow"), Refuse)

    def test_a_user_who_is_not_signed_in(self, world: Plugged) -> None:
        uri = push(world)
        login = opened(world, uri, subject=None)
        assert isinstance(login, Login)
        assert REQUEST["state"] not in login.query
        assert isinstance(opened(world, uri, subject=None, browser="c").error, ForeignInteraction)
        world.clock.now = NOW + 300
        page = world.resume(login.query)
        assert isinstance(page, Ask)
        assert isinstance(world.resume(login.query, world.user("eve")), Refuse)
        assert "code" in sent(world.decide(page, decision="allow"))

    def test_prompt_none(self, world: Plugged) -> None:
        uri = push(world, prompt="none")
        assert sent(opened(world, uri, subject=None))["error"] == "login_required"
        assert sent(opened(world, uri))["error"] == "consent_required"

    def test_a_form_of_another_site_binds_no_browser(self, world: Plugged) -> None:
        uri = push(world)
        values = bare(request_uri=uri)
        again = world.begin(world.user(None, "stranger"), "POST", **{**values, "state": "%" * 9000})
        assert isinstance(again, Again)
        assert "state" not in again.query
        assert isinstance(opened(world, uri), Ask)

    @pytest.mark.parametrize("uri", [URN, f"{URN}x", f"{URN}oin_x", "https://client.example/r"])
    def test_one_that_was_never_made(self, world: Plugged, uri: str) -> None:
        result = opened(world, uri)
        if isinstance(result, Respond):
            assert sent(result)["error"] == "invalid_request"
        else:
            assert isinstance(result.error, UnusableInteraction)

    def test_a_code_is_no_handle(self, world: Plugged) -> None:
        code = world.code(world.decide(world.begin(), decision="allow"))
        assert isinstance(opened(world, URN + code), Refuse)


class TestPushing:
    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"scope": "admin"}, "invalid_scope"),
            ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
            ({"response_type": None}, "invalid_request"),
            ({"client_id": "other"}, "invalid_request"),
            ({"request_uri": f"{URN}x"}, "invalid_request"),
            ({"request": "{"}, "invalid_request"),
            ({"code_challenge": "short"}, "invalid_request"),
        ],
    )
    def test_the_checks_are_those_of_the_endpoint(
        self, world: Plugged, changes: Any, code: str
    ) -> None:
        with pytest.raises(OAuth2Error) as refused:
            push(world, **changes)
        assert refused.value.code == code
        assert world.server.grants.export().items == ()

    def test_a_request_object_may_be_pushed(self, world: Plugged) -> None:
        seen: list[frozenset[str]] = []

        class Provenance(Nonce):
            def read(self, parameters: Any, client: Any, access: Any) -> None:
                seen.append(parameters.provenance)

        world.plug(request_sources=SOURCES, request_extensions={"nonce": Provenance()})
        push(world, **bare(request=json.dumps(REQUEST)))
        assert seen == [{"pushed", "signed"}]

    def test_without_a_client_id_it_is_that_of_the_client(self, world: Plugged) -> None:
        client = world.server.clients.get("web")
        assert client is not None
        for sent_id in ({}, {"client_id": ("",)}):
            values = {name: (v,) for name, v in REQUEST.items() if name != "client_id"}
            form, http = Parameters({**values, **sent_id}), HTTPRequest("POST", "")
            pushed = push_request(world.server, http, client, form, NO_PROOF, 9, lambda event: None)
            assert isinstance(opened(world, URN + pushed.handle), Ask)

    def test_a_repeated_parameter_is_whole(self, world: Plugged) -> None:
        world.plug(request_sources=SOURCES, request_extensions={"tenants": Tenants()})
        client = world.server.clients.get("web")
        assert client is not None
        values = {name: (v,) for name, v in REQUEST.items()} | {"tenant": ("north", "south")}
        form, http = Parameters(values, world.server.plug_ins.rules), HTTPRequest("POST", "")
        pushed = push_request(world.server, http, client, form, NO_PROOF, 9, lambda event: None)
        page = opened(world, URN + pushed.handle)
        assert page.pending.interaction.request.extensions.values["tenants"] == ["north", "south"]

    def test_the_proof_binds_the_code(self, world: Plugged) -> None:
        """RFC 9449 section 10.1."""
        world.plug(request_sources=SOURCES, sender_constraints={"bound": Bound()})
        page = opened(world, push(world, Proof({"kt": "k", "x5t#S256": "c"})))
        assert page.pending.interaction.request.cnf == {"kt": "k"}
        with pytest.raises(InvalidRequest, match="another key"):
            push(world, Proof({"kt": "k"}), proof_kt="l")

    def test_a_key_that_is_named_and_not_proven_binds_the_code_too(self, world: Plugged) -> None:
        world.plug(request_sources=SOURCES, sender_constraints={"bound": Bound()})
        page = opened(world, push(world, proof_kt="k"))
        assert page.pending.interaction.request.cnf == {"kt": "k"}

    def test_the_requests_of_public_clients_are_counted(self, world: Plugged) -> None:
        limit = Limit(2, "minute")
        counter = AttemptCounter(None, monotonic=world.clock)
        throttle = Throttle(limit, limit, limit, limit, limit, counter)
        world.server = replace(world.server, throttle=throttle)
        public = make_client(client_id="app", token_endpoint_auth_method="none")
        world.server.clients.add(public)
        values = {name: (value,) for name, value in {**REQUEST, "client_id": "app"}.items()}
        http, form = HTTPRequest("POST", "", remote_addr="192.0.2.1"), Parameters(values)

        def push_once() -> None:
            push_request(world.server, http, public, form, NO_PROOF, 60, lambda event: None)

        for _ in range(limit.attempts):
            push_once()
        with pytest.raises(TemporarilyUnavailable):
            push_once()
        assert push(world), "a client that authenticates is not counted"

    def test_public_clients_are_limited_by_address(self, world: Plugged) -> None:
        class Blocked:
            def refuse_if_blocked(self) -> None:
                raise TemporarilyUnavailable("Too many.")

        class Throttle:
            def interaction(self, http: HTTPRequest, emit: Any) -> Blocked:
                assert http.remote_addr == "192.0.2.1"
                return Blocked()

        server = make_server(factories=factories(request_sources=SOURCES), throttle=Throttle())
        public = make_client(client_id="app", token_endpoint_auth_method="none")
        for client in (public, make_client()):
            server.clients.add(client)
        world.server = server
        with pytest.raises(TemporarilyUnavailable):
            push(world, client_id="app")
        assert push(world)


def test_two_sources_of_one_parameter() -> None:
    plugs = {"request_sources": {"x": JSONObject(), "y": JSONObject()}}
    with pytest.raises(ValueError, match="the authorization parameter request is declared"):
        make_server(factories=factories(**plugs))
