"""The end of a token takes effect at once: on every storage, and in every process."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.live import LiveClient, LiveServer
from tests.visitor import Visitor

from .flows import api_status, error_of, post, refresh_form, tokens_of

Tokens = dict[str, str]


@pytest.fixture
def client(server: LiveServer) -> LiveClient:
    return server.register()


@pytest.fixture
def resource_server(server: LiveServer) -> LiveClient:
    return server.register_resource_server()


def by_access_token(server: LiveServer, client: LiveClient, tokens: Tokens) -> None:
    form = {"token": tokens["access_token"]}
    answer = post(server.addresses[-1], client, form, "revoke")
    assert (answer.status_code, answer.content) == (200, b"")
    assert "Content-Type" not in answer.headers


def by_refresh_token(server: LiveServer, client: LiveClient, tokens: Tokens) -> None:
    form = {"token": tokens["refresh_token"], "token_type_hint": "access_token"}
    assert post(server.addresses[-1], client, form, "revoke").status_code == 200


def by_reuse(server: LiveServer, client: LiveClient, tokens: Tokens) -> None:
    value = tokens["refresh_token"]
    for _ in range(2):
        value = post(server.issuer, client, refresh_form(value)).json()["refresh_token"]
    refused = post(server.addresses[-1], client, refresh_form(tokens["refresh_token"]))
    assert error_of(refused) == (400, "invalid_grant")


@pytest.mark.parametrize("end", [by_access_token, by_refresh_token, by_reuse])
def test_at_every_process(
    server: LiveServer,
    client: LiveClient,
    resource_server: LiveClient,
    end: Callable[[LiveServer, LiveClient, Tokens], None],
) -> None:
    tokens = tokens_of(server, client, Visitor())
    question = {"token": tokens["access_token"]}
    for address in server.addresses:
        assert api_status(address, tokens["access_token"]) == 200
        introspected = post(address, resource_server, question, "introspect").json()
        assert (introspected["active"], introspected["sub"], introspected["client_id"]) == (
            True,
            "alice",
            client.id,
        )
    end(server, client, tokens)
    for address in server.addresses:
        assert api_status(address, tokens["access_token"]) == 401
        introspected = post(address, resource_server, question, "introspect")
        assert introspected.content == b'{"active":false}'


def test_another_client_ends_nothing_and_is_told_nothing(
    server: LiveServer, client: LiveClient
) -> None:
    tokens, other = tokens_of(server, client, Visitor()), server.register()
    for name in ("access_token", "refresh_token"):
        form = {"token": tokens[name]}
        assert post(server.issuer, other, form, "revoke").status_code == 200
        assert post(server.issuer, other, form, "introspect").content == b'{"active":false}'
    assert api_status(server.issuer, tokens["access_token"]) == 200
    assert post(server.issuer, client, refresh_form(tokens["refresh_token"])).ok
