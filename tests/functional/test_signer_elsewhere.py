"""A signer that keeps its keys in another process, in place of the key ring of the server."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyramid.config import Configurator

from tests.jose import judges
from tests.keys.signer_elsewhere import SignerElsewhere, signer_elsewhere

from . import host
from .server import Server, bearer
from .test_jwt_access_tokens import jwks, parts

JWKS = "/oauth2/jwks"
SIGNED = "application/token-introspection+jwt"


@pytest.fixture
def signer() -> Iterator[SignerElsewhere]:
    with signer_elsewhere() as signer:
        yield signer


@pytest.fixture
def start(build: Callable[..., Server], signer: SignerElsewhere) -> Callable[..., Server]:
    def start(**changes: str) -> Server:
        def configure(config: Configurator) -> None:
            config.set_oauth2_signer(lambda server, settings: signer)

        return build(host.pages, configure, changes=changes)

    return start


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    """Without ``oauth2.secret``: the server seals nothing."""
    server = start()
    server.register("signed", extra={"access_token_format": "jwt"})
    server.register("api", resource_server=True, grant_types=())
    return server


def ask(server: Server, client: str = "signed") -> Any:
    return server.post({"grant_type": "client_credentials"}, server.login(client))


def introspect(server: Server, token: str, accept: str = "application/json") -> Any:
    headers = {**server.login("api"), "Accept": accept}
    return server.post({"token": token}, headers, path="/oauth2/introspect")


def test_its_tokens_are_good_everywhere(server: Server) -> None:
    token = server.token("read", user="bob", client="signed")
    header, claims = parts(token)
    assert header == {"alg": "ES256", "typ": "at+jwt", "kid": "first"}
    response = server.get("/read", bearer(token))
    assert (response.status_int, response.text) == (200, "bob")
    assert introspect(server, token).json["sub"] == "bob"
    assert [key["kid"] for key in jwks(server)["keys"]] == ["first", "second"]
    assert judges.by_pyjwt(token, jwks(server), "http://localhost") == claims
    assert judges.by_jwcrypto(token, jwks(server), "ES256") == claims


def test_it_says_how_long_its_keys_are_cached(server: Server) -> None:
    assert server.get(JWKS).headers["Cache-Control"] == "public, max-age=60"


def test_what_a_revoked_key_signed_is_refused(server: Server, signer: SignerElsewhere) -> None:
    old = server.token("read", user="bob", client="signed")
    signer.ask("revoke", "first")
    assert server.get("/read", bearer(old)).json["error"] == "invalid_token"
    assert introspect(server, old).json == {"active": False}
    assert [key["kid"] for key in jwks(server)["keys"]] == ["second"]
    new = server.token("read", user="bob", client="signed")
    assert parts(new)[0]["kid"] == "second"
    assert server.get("/read", bearer(new)).status_int == 200


def test_an_algorithm_that_it_does_not_have(start: Callable[..., Server]) -> None:
    server = start(**{"oauth2.jwt_access_tokens.algorithm": "RS256"})
    server.register("signed", extra={"access_token_format": "jwt"})
    assert ask(server).status_int == 503


class TestKilled:
    """Without the service, what needs it gets 503, and nothing else changes."""

    @pytest.fixture
    def killed(self, server: Server, signer: SignerElsewhere) -> tuple[Server, str, str]:
        """The server, with a JWT and an opaque token that it issued before."""
        signed = server.token("read", user="bob", client="signed")
        opaque = server.token("read", user="bob")
        signer.kill()
        return server, signed, opaque

    def test_no_jwt_is_issued(self, killed: tuple[Server, str, str]) -> None:
        server, _, _ = killed
        before = server.records()
        for _ in range(2):
            response = ask(server)
            assert response.status_int == 503
            assert response.json["error"] == "temporarily_unavailable"
            assert "Retry-After" in response.headers
        assert server.records() == before

    def test_whether_its_key_is_revoked_is_not_known(self, killed: tuple[Server, str, str]) -> None:
        server, signed, _ = killed
        assert server.get("/read", bearer(signed)).status_int == 503
        assert introspect(server, signed).status_int == 503

    def test_nothing_is_published(self, killed: tuple[Server, str, str]) -> None:
        assert killed[0].get(JWKS).status_int == 503

    def test_nothing_is_signed_for_an_api(self, killed: tuple[Server, str, str]) -> None:
        server, _, opaque = killed
        assert introspect(server, opaque, SIGNED).status_int == 503

    def test_opaque_tokens_go_on(self, killed: tuple[Server, str, str]) -> None:
        server, _, opaque = killed
        assert server.get("/read", bearer(opaque)).status_int == 200
        assert introspect(server, opaque).json["active"] is True
        assert ask(server, "robot").status_int == 200

    def test_the_start_goes_on_with_a_warning(
        self,
        start: Callable[..., Server],
        signer: SignerElsewhere,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        signer.kill()
        with caplog.at_level(logging.WARNING):
            server = start()
        assert "Nothing can be signed now" in caplog.text
        assert "The key service does not answer" in caplog.text
        assert ask(server, "robot").status_int == 200
