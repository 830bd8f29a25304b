"""Pushed authorization requests are a plug-in: no core file knows of them (RFC 9126)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from webtest import TestResponse

from pyramid_oauth2.events import AuthorizationRefused
from tests.functional import host
from tests.functional.errors import assert_error
from tests.functional.flow import BACK, VERIFIER, Flow, answer_in
from tests.functional.server import Clock, Server

from . import proof_of_possession, pushed_requests
from .proving import Client
from .pushed_requests import PREFIX, REQUIRE

PAR = "/oauth2/par"


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    flow = start_flow(pushed_requests.includeme)
    usual = {"grant_types": ("authorization_code", "refresh_token")}
    flow.server.register("other", redirect_uris=(BACK,), **usual)
    return flow


def push(flow: Flow, **changes: Any) -> TestResponse:
    form = {**flow.parameters(), **changes}
    form = {name: value for name, value in form.items() if value is not None}
    secret = flow.server.secrets[flow.client_id]
    headers = flow.server.login(flow.client_id) if secret else {}
    return flow.server.post(form, headers, PAR)


def pushed(flow: Flow, **changes: Any) -> str:
    answer = push(flow, **changes)
    assert answer.status_int == 201, answer.text
    return str(answer.json["request_uri"])


def opened(flow: Flow, request_uri: str, client_id: str = "web", **more: str) -> TestResponse:
    return flow.get({"client_id": client_id, "request_uri": request_uri, **more})


class TestPushing:
    def test_the_response(self, flow: Flow) -> None:
        answer = push(flow)
        assert answer.status_int == 201
        assert answer.json.keys() == {"request_uri", "expires_in"}
        assert answer.json["expires_in"] == 60
        assert answer.json["request_uri"].startswith(PREFIX)
        assert "no-store" in answer.headers["Cache-Control"]

    def test_a_resource_is_checked_as_at_the_authorization_endpoint(self, flow: Flow) -> None:
        """RFC 8707 section 2."""
        assert_error(push(flow, resource="https://other.example"), 400, "invalid_target")
        assert pushed(flow, resource="http://localhost/read")

    def test_the_client_has_to_authenticate(self, flow: Flow) -> None:
        form = {**flow.parameters(), "client_secret": "wrong"}
        assert_error(flow.server.post(form, path=PAR), 401, "invalid_client")
        assert flow.server.records() == []

    def test_a_refusal_is_an_event(self, flow: Flow) -> None:
        heard: list[AuthorizationRefused] = []
        flow.server.hear(heard.append, AuthorizationRefused)
        push(flow, scope="admin")
        assert [(event.client_id, event.error) for event in heard] == [("web", "invalid_scope")]

    def test_a_public_client_does_not(self, flow: Flow) -> None:
        flow.client_id = "app"
        assert opened(flow, pushed(flow), "app").status_int == 200

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"redirect_uri": "https://evil.example/"}, "invalid_request"),
            ({"scope": "admin"}, "invalid_scope"),
            ({"response_type": "x"}, "unsupported_response_type"),
            ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
            ({"client_id": "other"}, "invalid_request"),
            ({"request_uri": f"{PREFIX}x"}, "invalid_request"),
            ({"request": "x"}, "request_not_supported"),
        ],
    )
    def test_errors_come_at_once(self, flow: Flow, changes: Any, error: str) -> None:
        answer = push(flow, **changes)
        assert answer.status_int in (400, 401)
        assert answer.json["error"] == error
        assert flow.server.records() == []

    def test_other_methods(self, flow: Flow) -> None:
        assert flow.server.get(PAR).status_int == 405

    def test_the_metadata_has_it(self, flow: Flow) -> None:
        document = flow.server.get("/.well-known/oauth-authorization-server").json
        assert document["pushed_authorization_request_endpoint"] == f"http://localhost{PAR}"

    def test_the_page_of_a_client_that_must_push(self, flow: Flow) -> None:
        flow.edit(extra={REQUIRE: True})
        answer = answer_in(flow.ask().location)
        assert answer["error_description"] == "This client must push its requests."
        assert opened(flow, pushed(flow)).status_int == 200


class TestAtTheAuthorizationEndpoint:
    def test_the_code_is_redeemed(self, flow: Flow) -> None:
        page = opened(flow, pushed(flow))
        answer = answer_in(flow.decide(page).location)
        assert answer.keys() == {"code", "state", "iss"}
        assert flow.redeem(answer["code"]).json["scope"] == "read"

    def test_parameters_beside_it_count_for_nothing(self, flow: Flow) -> None:
        uri = pushed(flow)
        page = opened(flow, uri, scope="write", redirect_uri="https://evil.example/", state="s")
        assert answer_in(flow.decide(page).location)["state"] == "xyz"

    @pytest.mark.parametrize("decisions", [("allow", "deny"), ("deny", "allow")])
    def test_two_tabs_allow_and_deny_exclude_each_other(
        self, flow: Flow, decisions: tuple[str, str]
    ) -> None:
        uri = pushed(flow)
        tabs = [opened(flow, uri) for _ in decisions]
        first, second = (flow.decide(*each) for each in zip(tabs, decisions, strict=True))
        assert ("code" in answer_in(first.location)) is (decisions[0] == "allow")
        assert second.status_int == 400
        grants = flow.server.service.server.grants.grants("bob").items
        assert len(grants) == (decisions[0] == "allow")

    def test_another_clients(self, flow: Flow) -> None:
        uri = pushed(flow)
        answer = opened(flow, uri, "other")
        assert answer.status_int == 400
        assert "Location" not in answer.headers
        assert opened(flow, uri).status_int == 200

    def test_used_twice(self, flow: Flow) -> None:
        uri = pushed(flow)
        flow.decide(opened(flow, uri))
        assert opened(flow, uri).status_int == 400
        # Also where the user need not be asked, since the consent is remembered.
        uri = pushed(flow)
        assert "code" in answer_in(opened(flow, uri).location)
        assert opened(flow, uri).status_int == 400

    def test_expired(self, flow: Flow) -> None:
        clock, uri = Clock(flow.server), pushed(flow)
        clock.now += 60
        assert opened(flow, uri).status_int == 400

    def test_opened_in_time_it_waits_as_any_request(self, flow: Flow) -> None:
        clock, uri = Clock(flow.server), pushed(flow)
        clock.now += 59
        page = opened(flow, uri)
        clock.now += 300
        assert "code" in answer_in(flow.decide(page).location)

    def test_a_user_who_is_not_signed_in(self, flow: Flow) -> None:
        flow.log_out()
        uri = pushed(flow)
        to_login = opened(flow, uri)
        (back,) = parse_qs(urlsplit(to_login.location).query)["next"]
        assert "xyz" not in back
        # The browser is bound by now, the user is not.
        stranger = Flow(flow.server).log_in("eve")
        assert opened(stranger, uri).status_int == 403
        flow.log_in()
        page = flow.browser.get(back)
        assert "code" in answer_in(flow.decide(page).location)

    def test_a_new_login(self, flow: Flow) -> None:
        uri = pushed(flow, prompt="login")
        answer = opened(flow, uri)
        assert answer.status_int == 200
        assert "sign in again" in answer
        assert "login" in flow.press(answer).location

    def test_prompt_none(self, flow: Flow) -> None:
        answer = opened(flow, pushed(flow, prompt="none"))
        assert answer_in(answer.location)["error"] == "consent_required"

    def test_the_form_of_another_site(self, flow: Flow) -> None:
        """It has no cookie, so it binds no browser, and replaces no cookie."""
        uri = pushed(flow)
        form = {"client_id": "web", "request_uri": uri}
        answer = Flow(flow.server).browser.post("/oauth2/authorize", form, status=303)
        assert "Set-Cookie" not in answer.headers
        assert opened(flow, uri).status_int == 200

    @pytest.mark.parametrize("uri", ["https://client.example/request", "x", f"{PREFIX}x", PREFIX])
    def test_one_that_is_none(self, flow: Flow, uri: str) -> None:
        answer = opened(flow, uri)
        if answer.status_int == 303:
            assert answer_in(answer.location)["error"] == "invalid_request"
        else:
            assert answer.status_int == 400


def test_a_proof_binds_the_code(start_flow: Callable[..., Flow]) -> None:
    """RFC 9449 section 10.1: the proof of the pushed request is as good as ``dpop_jkt``."""
    flow = start_flow(pushed_requests.includeme, proof_of_possession.includeme)
    client = Client(flow.server, "web")
    answer = client.ask(PAR, **flow.parameters())
    assert answer.status_int == 201, answer.text
    code = answer_in(flow.decide(opened(flow, answer.json["request_uri"])).location)["code"]
    assert_error(flow.redeem(code), 400, "invalid_proof")
    form = {"grant_type": "authorization_code", "code": code, "code_verifier": VERIFIER}
    assert client.ask(redirect_uri=BACK, **form).status_int == 200


def test_without_it_the_refusal_is_as_before(build: Callable[..., Server]) -> None:
    server = build(host.pages, changes={"oauth2.login_route": "login"})
    server.register("web", redirect_uris=(BACK,), grant_types=("authorization_code",))
    answer = opened(Flow(server).log_in(), f"{PREFIX}x")
    assert answer_in(answer.location)["error"] == "request_uri_not_supported"
