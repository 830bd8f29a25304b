"""Introspection responses as JWTs (RFC 9701)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2 import InvalidClientMetadata
from pyramid_oauth2.jose.algorithms import ALGORITHMS
from tests.jose import judges

from . import host
from .server import Server
from .test_jwt_access_tokens import SIGNING, jwks, parts

MEDIA_TYPE = "application/token-introspection+jwt"


@pytest.fixture
def signing(build: Callable[..., Server]) -> Server:
    server = build(host.pages, changes=SIGNING)
    server.register("api", resource_server=True, grant_types=())
    return server


def ask(server: Server, token: str, accept: str | None = None, client: str = "api") -> Any:
    headers = server.login(client) | ({} if accept is None else {"Accept": accept})
    return server.post({"token": token}, headers, path="/oauth2/introspect")


def test_by_the_accept_header(signing: Server):
    """Section 4."""
    token = signing.token("read", user="bob")
    plain, response = ask(signing, token).json, ask(signing, token, MEDIA_TYPE)
    assert response.status_int == 200
    assert response.content_type == MEDIA_TYPE
    header, claims = parts(response.text)
    assert (header["alg"], header["typ"]) == ("RS256", "token-introspection+jwt")
    assert claims.keys() == {"iss", "aud", "iat", "token_introspection"}
    assert (claims["iss"], claims["aud"]) == ("http://localhost", "api")
    assert abs(claims["iat"] - time.time()) < 5
    assert claims["token_introspection"] == plain
    assert plain["active"] is True


def test_an_inactive_token_is_signed_too(signing: Server):
    response = ask(signing, "unknown", MEDIA_TYPE)
    assert parts(response.text)[1]["token_introspection"] == {"active": False}


@pytest.mark.parametrize("algorithm", list(ALGORITHMS))
def test_by_the_algorithm_of_the_client(signing: Server, algorithm: str):
    """Section 6."""
    extra = {"introspection_signed_response_alg": algorithm}
    signing.register("strict", resource_server=True, grant_types=(), extra=extra)
    value = ask(signing, signing.token(), client="strict").text
    header, claims = parts(value)
    assert header["alg"] == algorithm
    options = {"issuer": "http://localhost", "audience": "strict"}
    judged = judges.by_node(value, jwks(signing), typ="token-introspection+jwt", **options)
    assert judged == claims
    if algorithm in judges.BY_PYJWT:
        assert judges.by_pyjwt(value, jwks(signing), "strict") == claims


@pytest.mark.parametrize(
    ("accept", "is_signed"),
    [
        (None, False),
        ("", False),
        ("*/*", False),
        ("application/*", False),
        ("application/json", False),
        (f"{MEDIA_TYPE}, application/json", True),
        (f"application/json, {MEDIA_TYPE};q=0.9", False),
        (f"application/json;q=0.5, {MEDIA_TYPE};q=0.9", True),
        (f"{MEDIA_TYPE};q=0", False),
        (f"{MEDIA_TYPE};q=x", False),
        (MEDIA_TYPE.upper(), True),
        (f"{MEDIA_TYPE};charset=utf-8", True),
    ],
)
def test_the_accept_header(signing: Server, accept: str | None, is_signed: bool):
    response = ask(signing, signing.token(), accept)
    assert (response.content_type == MEDIA_TYPE) is is_signed


def test_a_signed_response_opens_no_view(signing: Server):
    """Section 8.1: it must not be taken for an access token."""
    value = ask(signing, signing.token("read", user="bob"), MEDIA_TYPE).text
    assert signing.get("/read", {"Authorization": f"Bearer {value}"}).status_int == 401


def test_a_client_must_authenticate(signing: Server):
    response = signing.post({"token": "x"}, {"Accept": MEDIA_TYPE}, path="/oauth2/introspect")
    assert response.status_int == 401
    assert response.content_type == "application/json"


def test_without_a_secret_it_is_plain(build: Callable[..., Server]):
    server = build(host.pages)
    server.register("api", resource_server=True, grant_types=())
    assert ask(server, server.token(), MEDIA_TYPE).json["active"] is True
    with pytest.raises(InvalidClientMetadata, match="poauth2 secret"):
        server.register(
            "strict",
            resource_server=True,
            grant_types=(),
            extra={"introspection_signed_response_alg": "ES256"},
        )


def test_the_metadata_name_the_algorithms(build: Callable[..., Server], signing: Server):
    """Section 7."""
    name, path = (
        "introspection_signing_alg_values_supported",
        "/.well-known/oauth-authorization-server",
    )
    assert signing.get(path).json[name] == list(ALGORITHMS)
    assert name not in build(host.pages).get(path).json
