"""Clients that register themselves with a key instead of a secret (RFC 7591, RFC 7592)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.protocol.clients.authentication_methods import methods_of

from . import host
from .errors import assert_error
from .flow import SETTINGS
from .registering import Configuration, register, registered
from .server import Server, basic
from .signing import JWKS, KEY, METHOD, assertion, signed

SIGNER = {"token_endpoint_auth_method": METHOD, "jwks": JWKS}
REFRESH = {"grant_type": "refresh_token", "refresh_token": "ort_x"}


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    return build(host.pages, changes={**SETTINGS, "oauth2.registration": "open"})


def authenticates(server: Server, form: dict[str, str], headers: Any = None) -> bool:
    error = server.post(form, headers).json["error"]
    assert error in ("invalid_grant", "invalid_client", "unauthorized_client")
    return bool(error != "invalid_client")


def test_a_client_with_its_keys(server: Server) -> None:
    """RFC 7591 section 3.2.1: no secret, and everything that is registered."""
    members = registered(server, **SIGNER, token_endpoint_auth_signing_alg="ES256")
    assert not [name for name in members if name.startswith("client_secret")]
    assert {name: members[name] for name in SIGNER} == SIGNER
    assert members["token_endpoint_auth_signing_alg"] == "ES256"
    client_id = members["client_id"]
    assert authenticates(server, signed(assertion(client_id), **REFRESH))
    assert not authenticates(server, {"client_id": client_id, **REFRESH})


@pytest.mark.parametrize(
    "changes",
    [
        {"jwks": None},
        {"jwks": {"keys": [KEY.as_dict(private=True)]}},
        {"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}},
        {"jwks_uri": "https://app.example/keys"},
        {"jwks": None, "jwks_uri": "http://app.example/keys"},
        {"jwks": None, "jwks_uri": "https://127.0.0.1/keys"},
        {"jwks": None, "jwks_uri": "https://localhost/keys"},
        {"token_endpoint_auth_signing_alg": "HS256"},
        {"token_endpoint_auth_signing_alg": "RS256"},
        {"token_endpoint_auth_signing_alg": "none"},
    ],
)
def test_keys_that_cannot_be_used(server: Server, changes: dict[str, Any]) -> None:
    """RFC 7591 section 3.2.2."""
    body = {name: value for name, value in {**SIGNER, **changes}.items() if value is not None}
    assert_error(register(server, **body), 400, "invalid_client_metadata")


def test_what_only_an_operator_says(server: Server) -> None:
    members = registered(server, **SIGNER, legacy_assertion_audience=True)
    assert "legacy_assertion_audience" not in members
    value = assertion(members["client_id"], aud="http://localhost/oauth2/token")
    assert not authenticates(server, signed(value, **REFRESH))


@pytest.mark.parametrize(
    ("named", "method", "several"),
    [
        (["none", METHOD], "none", ["none", METHOD]),
        ([METHOD, "none"], "none", [METHOD, "none"]),
        ([METHOD, "tls_client_auth"], METHOD, None),
        (["client_secret_basic", METHOD], METHOD, None),
        (["client_secret_basic", "client_secret_post"], "client_secret_basic", None),
        (["tls_client_auth"], METHOD, None),
        ([], METHOD, None),
    ],
)
def test_several_methods(
    server: Server, named: list[str], method: str, several: list[str] | None
) -> None:
    """OpenID Connect Relying Party Metadata Choices 1.0."""
    members = registered(server, **SIGNER, token_endpoint_auth_methods_supported=named)
    assert members["token_endpoint_auth_method"] == method
    assert members.get("token_endpoint_auth_methods_supported") == several
    stored = server.service.clients.get(members["client_id"])
    assert methods_of(stored) == set(several or [method])


def test_both_methods_authenticate(server: Server) -> None:
    both = {"token_endpoint_auth_methods_supported": ["none", METHOD]}
    client_id = registered(server, **SIGNER, **both)["client_id"]
    assert authenticates(server, signed(assertion(client_id), **REFRESH))
    assert authenticates(server, {"client_id": client_id, **REFRESH})
    assert not authenticates(server, signed("x", client_id=client_id, **REFRESH))


class TestChanges:
    def test_to_a_secret(self, server: Server) -> None:
        """RFC 7592 section 2.2: the response has it, this once."""
        client = Configuration(server, registered(server, **SIGNER))
        answer = client.put()
        secret = answer.json["client_secret"]
        assert answer.json["client_secret_expires_at"] == 0
        assert authenticates(server, REFRESH, basic(client.client_id, secret))
        assert not authenticates(server, signed(assertion(client.client_id), **REFRESH))
        assert "client_secret" not in client.put().json
        assert authenticates(server, REFRESH, basic(client.client_id, secret))

    def test_from_a_secret(self, server: Server) -> None:
        information = registered(server)
        client = Configuration(server, information)
        assert "client_secret" not in client.put(**SIGNER).json
        secret = information["client_secret"]
        assert not authenticates(server, REFRESH, basic(client.client_id, secret))
        assert authenticates(server, signed(assertion(client.client_id), **REFRESH))

    @pytest.mark.parametrize(
        "changes",
        [
            {"token_endpoint_auth_method": "none"},
            {**SIGNER, "token_endpoint_auth_methods_supported": ["none", METHOD]},
        ],
    )
    def test_never_to_none(self, server: Server, changes: dict[str, Any]) -> None:
        """RFC 6749 section 2.1: a client that proves itself does not stop to."""
        client = Configuration(server, registered(server, **SIGNER))
        assert_error(client.put(**changes), 400, "invalid_client_metadata")

    def test_an_operator_who_gave_it_a_key_has_the_last_word(self, server: Server) -> None:
        """How it authenticates is one thing: it does not go back to a secret, nor lose the key."""
        client = Configuration(server, registered(server))
        changes = {"token_endpoint_auth_method": METHOD, "jwks": JWKS}
        server.service.clients.edit(client.client_id, **changes)
        answer = client.put(jwks_uri="https://app.example/keys")
        assert answer.status_int == 200, answer.text
        assert {name: answer.json[name] for name in changes} == changes
        assert not {"jwks_uri", "client_secret"} & answer.json.keys()
        assert authenticates(server, signed(assertion(client.client_id), **REFRESH))
