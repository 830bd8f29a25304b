"""A sender constraint is a plug-in: no core file knows of this one (RFC 9449 as the model)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.events import TokenRefused
from pyramid_oauth2.protocol.records import REFRESH_TOKEN
from pyramid_oauth2.protocol.token_strings import parse_token
from tests.functional.errors import assert_error
from tests.functional.flow import Flow
from tests.functional.server import TOKEN, Server

from . import proof_of_possession
from .proving import Client, Key


@pytest.fixture
def client(build: Callable[..., Server]) -> Client:
    from tests.functional import host

    return Client(build(host.pages, proof_of_possession.includeme))


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return start_flow(proof_of_possession.includeme, client_id="app")


class TestAtTheTokenEndpoint:
    def test_a_nonce_is_demanded_first(self, client: Client) -> None:
        answer = client.post(TOKEN, client.key.proof("x"), grant_type="client_credentials")
        assert_error(answer, 400, "use_proof_nonce")
        assert answer.headers["Proof-Nonce"]
        assert client.server.records() == []

    def test_the_refusal_is_an_event(self, client: Client) -> None:
        """The client has authenticated, so it is known which one got no token."""
        heard: list[TokenRefused] = []
        client.server.hear(heard.append, TokenRefused)
        client.post(TOKEN, client.key.proof("x"), grant_type="client_credentials")
        assert [(event.client_id, event.error) for event in heard] == [("robot", "use_proof_nonce")]

    def test_an_access_token_is_bound(self, client: Client) -> None:
        issued = client.ask(grant_type="client_credentials").json
        assert issued["token_type"] == "PoP"
        answer = client.ask("/oauth2/introspect", token=issued["access_token"]).json
        assert (answer["cnf"], answer["token_type"]) == ({"kt": client.key.digest}, "PoP")

    def test_a_request_without_a_proof_gets_a_bearer_token(self, client: Client) -> None:
        assert client.server.ask().json["token_type"] == "Bearer"

    @pytest.mark.parametrize(
        "path", [TOKEN, "/oauth2/introspect", "/oauth2/revoke"], ids=lambda path: path[8:]
    )
    def test_a_proof_is_used_once(self, client: Client, path: str) -> None:
        client.ask(grant_type="client_credentials")
        proof = client.key.proof(f"http://localhost{path}")
        form = {"grant_type": "client_credentials", "token": "x"}
        assert client.post(path, proof, **form).status_int == 200
        answer = client.post(path, proof, **form)
        assert_error(answer, 400, "invalid_proof")
        assert "used before" in answer.json["error_description"]

    @pytest.mark.parametrize(
        "path", [TOKEN, "/oauth2/introspect", "/oauth2/revoke"], ids=lambda path: path[8:]
    )
    @pytest.mark.parametrize(
        "form",
        [{"grant_type": "client_credentials", "token": "x"}, {"grant_type": "password"}],
        ids=["success", "error"],
    )
    def test_a_nonce_comes_with_the_response(
        self, client: Client, path: str, form: dict[str, str]
    ) -> None:
        """RFC 9449 section 8.2: also with an error that has nothing to do with the proof."""
        client.ask(grant_type="client_credentials")
        answer = client.post(path, client.key.proof(f"http://localhost{path}"), **form)
        assert answer.status_int == (200 if "token" in form else 400)
        assert answer.headers["Proof-Nonce"] == client.key.nonce

    @pytest.mark.parametrize("nonce", [True, False])
    def test_a_page_may_read_it(self, client: Client, nonce: bool) -> None:
        """A single-page application could not follow the challenge otherwise."""
        origin = "https://spa.example"
        client.server.service.clients.edit("robot", allowed_origins=(origin,))
        if nonce:
            client.ask(grant_type="client_credentials")
        headers = client.server.login("robot") | {"Origin": origin}
        headers |= {"Proof": client.key.proof(f"http://localhost{TOKEN}")}
        answer = client.server.post({"grant_type": "client_credentials"}, headers)
        assert answer.status_int == (200 if nonce else 400)
        assert "Proof-Nonce" in answer.headers["Access-Control-Expose-Headers"].split(", ")

    @pytest.mark.parametrize(
        "proof",
        ["", "x", "x.y.z", "e30.", "eyJrZXkiOiAiMTIifQ.AAAA", "\xff.\xff", "W10.W10", "MQ.MQ"],
    )
    def test_garbage(self, client: Client, proof: str) -> None:
        answer = client.post(TOKEN, proof, grant_type="client_credentials")
        assert_error(answer, 400, "invalid_proof")

    def test_a_refused_request_does_not_spend_the_proof(self, client: Client) -> None:
        """Reservations are made after everything else was checked."""
        client.ask(grant_type="client_credentials")
        proof = client.key.proof(f"http://localhost{TOKEN}")
        refused = client.post(TOKEN, proof, grant_type="client_credentials", scope="admin")
        assert_error(refused, 400, "invalid_scope")
        assert client.post(TOKEN, proof, grant_type="client_credentials").status_int == 200


class TestCodesAndRefreshTokens:
    def redeem(self, client: Client, flow: Flow, code: str, key: Key | None = None) -> Any:
        from tests.functional.flow import VERIFIER

        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": flow.parameters()["redirect_uri"],
            "code_verifier": VERIFIER,
        }
        return client.ask(key=key, **form)

    def refresh(self, client: Client, issued: Any, key: Key | None = None) -> Any:
        form = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
        return client.ask(key=key, **form)

    def test_the_refresh_token_of_a_public_client_is_bound(self, flow: Flow) -> None:
        client = Client(flow.server, "app")
        issued = self.redeem(client, flow, flow.code()).json
        assert_error(self.refresh(client, issued, Key()), 400, "invalid_proof")
        assert_error(flow.refresh(issued["refresh_token"]), 400, "invalid_proof")
        again = self.refresh(client, issued)
        assert again.json["token_type"] == "PoP"
        # RFC 9449 section 5: the same key at each refresh, and its grant lives on.
        assert self.refresh(client, again.json).status_int == 200

    def test_that_of_a_confidential_client_is_not(self, flow: Flow) -> None:
        flow.client_id = "web"
        client = Client(flow.server, "web")
        issued = self.redeem(client, flow, flow.code()).json
        ref = parse_token(issued["refresh_token"])
        found = flow.server.service.server.grants.find(ref)
        assert (found[0].kind, found[0].data) == (REFRESH_TOKEN, b"")
        assert self.refresh(client, issued, Key()).status_int == 200

    def test_a_lost_response_is_repeated_for_the_same_key_only(self, flow: Flow) -> None:
        """With an ID of its own in each proof; a thief with another key ends nothing."""
        client = Client(flow.server, "app")
        issued = self.redeem(client, flow, flow.code()).json
        first = self.refresh(client, issued)
        assert self.refresh(client, issued).body == first.body
        assert_error(self.refresh(client, issued, Key()), 400, "invalid_proof")
        assert client.get(first.json["access_token"]).status_int == 200

    def test_what_is_bound_is_critical(self, flow: Flow) -> None:
        """An earlier version, which does not know keys, must not redeem it unbound."""
        client = Client(flow.server, "app")
        find = flow.server.service.server.grants.find
        code = flow.code(proof_kt=client.key.digest)
        issued = self.redeem(client, flow, code).json
        for value in (code, issued["refresh_token"], issued["access_token"]):
            assert "cnf" in json.loads(find(parse_token(value))[0].data)["critical"]

    def test_a_lost_response_of_a_confidential_client_needs_the_same_key(self, flow: Flow) -> None:
        """Its refresh token is not bound, but the response holds a token that is."""
        flow.client_id = "web"
        client = Client(flow.server, "web")
        issued = self.redeem(client, flow, flow.code()).json
        first = self.refresh(client, issued)
        assert_error(self.refresh(client, issued, Key()), 400, "invalid_grant")
        assert self.refresh(client, issued).body == first.body

    def test_a_proof_is_used_once_for_a_repeated_response_too(self, flow: Flow) -> None:
        client = Client(flow.server, "app")
        issued = self.redeem(client, flow, flow.code()).json
        self.refresh(client, issued)
        form = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
        proof = client.key.proof(f"http://localhost{TOKEN}")
        assert client.post(TOKEN, proof, **form).status_int == 200
        assert_error(client.post(TOKEN, proof, **form), 400, "invalid_proof")

    def test_a_thief_s_request_does_not_spend_the_proof(self, flow: Flow) -> None:
        """The key of what is redeemed is compared before anything is reserved."""
        client, thief = Client(flow.server, "app"), Key()
        issued = self.redeem(client, flow, flow.code()).json
        form = {"grant_type": "refresh_token", "refresh_token": issued["refresh_token"]}
        thief.nonce = client.key.nonce
        for _ in range(2):
            proof = thief.proof(f"http://localhost{TOKEN}", jti="the same")
            answer = client.post(TOKEN, proof, **form)
            assert "required" in answer.json["error_description"]

    def test_a_stolen_code_is_useless_where_the_request_named_the_key(self, flow: Flow) -> None:
        client = Client(flow.server, "app")
        code = flow.code(proof_kt=client.key.digest)
        assert_error(self.redeem(client, flow, code, Key()), 400, "invalid_proof")
        assert_error(flow.redeem(code), 400, "invalid_proof")
        assert self.redeem(client, flow, code).status_int == 200

    def test_a_bad_parameter_is_an_error_for_the_client(self, flow: Flow) -> None:
        assert "error=invalid_request" in flow.ask(proof_kt="x").location
