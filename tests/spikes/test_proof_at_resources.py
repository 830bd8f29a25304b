"""A sender constraint at a protected resource (RFC 9449 section 7 as the model)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from transaction.interfaces import TransientError

from tests.functional.server import Server

from . import proof_of_possession
from .proving import Client


@pytest.fixture
def client(build: Callable[..., Server]) -> Client:
    from tests.functional import host

    return Client(build(host.pages, proof_of_possession.includeme))


class TestAtAResource:
    def token(self, client: Client, **form: str) -> str:
        form = {"grant_type": "client_credentials", "scope": "read", **form}
        return str(client.ask(**form).json["access_token"])

    def test_with_a_proof(self, client: Client) -> None:
        answer = client.get(self.token(client))
        assert answer.status_int == 200
        assert answer.headers["Proof-Nonce"] == client.key.nonce

    def test_a_proof_is_used_once(self, client: Client) -> None:
        token, jti = self.token(client), "the same"
        assert client.get(token, jti=jti).status_int == 200
        again = client.get(token, jti=jti)
        assert again.status_int == 401
        assert again.headers["Proof-Nonce"] == client.key.nonce

    @pytest.mark.parametrize(
        ("other", "error"),
        [
            ({"nonce": "x"}, "use_proof_nonce"),
            ({"htm": "POST"}, "invalid_proof"),
            ({"htu": "http://localhost/write"}, "invalid_proof"),
            ({"ath": "x"}, "invalid_proof"),
        ],
    )
    def test_a_wrong_proof(self, client: Client, other: Any, error: str) -> None:
        answer = client.get(self.token(client), **other)
        assert answer.status_int == 401
        own, bound = answer.headers.getall("WWW-Authenticate")
        assert own.startswith('Bearer realm="oauth2", scope="read", resource_metadata=')
        assert bound.startswith(f'PoP realm="oauth2", error="{error}", ')
        assert ', algs="Ed25519", ' in bound
        if error == "use_proof_nonce":
            assert answer.headers["Proof-Nonce"] != "x"

    @pytest.mark.parametrize(("nonce", "status"), [(True, 200), (False, 401)])
    def test_a_page_may_read_the_nonce(
        self, build: Callable[..., Server], nonce: bool, status: int
    ) -> None:
        """RFC 9449 section 9: also that of a challenge, with which it sends the request again."""
        from tests.functional import host

        origin = "https://spa.example"
        changes = {"oauth2.cors_paths": "/read"}
        client = Client(build(host.pages, proof_of_possession.includeme, changes=changes))
        client.server.service.clients.edit("robot", allowed_origins=(origin,))
        token = self.token(client)
        proof = client.key.proof(
            "http://localhost/read", "GET", token, **{} if nonce else {"nonce": "x"}
        )
        headers = {"Authorization": f"PoP {token}", "Proof": proof, "Origin": origin}
        answer = client.server.get("/read", headers)
        assert answer.status_int == status
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert exposed == ["Retry-After", "WWW-Authenticate", "Proof-Nonce"]

    def test_another_key(self, client: Client) -> None:
        token = self.token(client)
        other = Client(client.server)
        other.key.nonce = client.key.nonce
        assert other.get(token).status_int == 401

    def test_a_bound_token_is_no_bearer_token(self, client: Client) -> None:
        answer = client.get(self.token(client), scheme="Bearer")
        assert answer.status_int == 401
        bearer, bound = answer.headers.getall("WWW-Authenticate")
        assert 'error="invalid_token"' in bearer
        assert "error" not in bound

    def test_a_bearer_token_is_not_bound(self, client: Client) -> None:
        client.ask(grant_type="client_credentials")
        assert client.get(client.server.token()).status_int == 401

    def test_without_any_token_both_schemes_are_offered(self, client: Client) -> None:
        challenges = client.server.get("/read").headers.getall("WWW-Authenticate")
        assert [each.split()[0] for each in challenges] == ["Bearer", "PoP"]

    def test_a_foreign_scheme_beside_a_cookie_is_never_the_cookies_user(
        self, client: Client
    ) -> None:
        """At a view with a permission alone, which knows nothing of tokens."""
        client.server.browser.get("/login?user=bob")
        assert client.server.get("/edit").text == "bob"
        answer = client.server.get("/edit", {"Authorization": "PoP eyJhbGciOiJub25lIn0.e30."})
        assert answer.status_int == 401

    def test_a_token_of_a_constraint_that_is_gone_is_refused(
        self, client: Client, build: Callable[..., Server]
    ) -> None:
        """After the feature was switched off, a bound token must not become a plain one."""
        token = self.token(client)
        server = client.server
        server.change(factories=without_constraints(server))
        answer = client.get(token, scheme="Bearer")
        assert answer.status_int == 401
        assert "does not check" in answer.json["error_description"]


def without_constraints(server: Server) -> Any:
    from dataclasses import replace

    return replace(server.service.server.factories, sender_constraints={})


def test_a_second_run_of_one_request_is_no_second_use(build: Callable[..., Server]) -> None:
    """pyramid_retry: the first run has reserved the proof, and the second is the same request."""
    from pyramid.response import Response

    from tests.functional import host

    runs: list[str] = []

    def unlucky(request: Any) -> Response:
        runs.append(request.oauth2.client.client_id)
        if len(runs) == 1:
            raise TransientError("could not serialize access")
        return Response("done")

    def configure(config: Any) -> None:
        config.include("pyramid_tm")
        config.include("pyramid_retry")
        config.include(proof_of_possession)
        config.add_route("unlucky", "/unlucky")
        config.add_view(unlucky, route_name="unlucky", oauth2_scope="read")

    client = Client(build(host.pages, configure, changes={"retry.attempts": "3"}))
    token = client.ask(grant_type="client_credentials", scope="read").json["access_token"]
    assert client.get(token, "/unlucky", jti="once").text == "done"
    assert runs == ["robot", "robot"]
    assert client.get(token, "/unlucky", jti="once").status_int == 401
