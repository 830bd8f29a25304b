"""requests-oauthlib, as its documentation uses it, against a running server."""

from __future__ import annotations

import pytest
import requests
from oauthlib.oauth2 import (
    AccessDeniedError,
    BackendApplicationClient,
    InvalidClientError,
    InvalidGrantError,
    LegacyApplicationClient,
)
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from tests.live import LiveClient, LiveServer
from tests.visitor import Visitor

SCOPE = ["read", "write"]


def web_session(client: LiveClient) -> OAuth2Session:
    return OAuth2Session(client.id, redirect_uri=client.redirect_uri, scope=SCOPE, pkce="S256")


def signed_in(server: LiveServer, client: LiveClient) -> OAuth2Session:
    """The web flow, with the test as the browser."""
    session = web_session(client)
    url, _ = session.authorization_url(server.authorize)
    back = Visitor().send(url)
    # Without a secret, it sends an empty one by Basic.
    session.fetch_token(server.token, authorization_response=back, client_secret=client.secret)
    return session


METHODS = ["client_secret_basic", "client_secret_post", "none"]


@pytest.mark.parametrize("method", METHODS)
def test_the_web_flow(server: LiveServer, method: str) -> None:
    session = signed_in(server, server.register(method))
    assert set(session.token["scope"]) == set(SCOPE)
    assert session.get(server.me).json()["user"] == "alice"
    note = session.post(f"{server.issuer}/api/notes", json={"text": "Buy milk"})
    assert note.status_code == 201


@pytest.mark.parametrize("include_client_id", [True, False])
def test_the_web_flow_of_a_public_client(server: LiveServer, include_client_id: bool) -> None:
    """Its client_id in the body, or by Basic; beside an empty secret or alone."""
    for secret in (None, ""):
        session = web_session(server.register("none"))
        url, _ = session.authorization_url(server.authorize)
        session.fetch_token(
            server.token,
            authorization_response=Visitor().send(url),
            client_secret=secret,
            include_client_id=include_client_id,
        )
        assert session.get(server.me).json()["user"] == "alice"


def test_the_user_denies(server: LiveServer) -> None:
    session = web_session(client := server.register())
    url, _ = session.authorization_url(server.authorize)
    back = Visitor(decision="deny").send(url)
    with pytest.raises(AccessDeniedError):
        session.fetch_token(server.token, authorization_response=back, client_secret=client.secret)


def test_refresh(server: LiveServer) -> None:
    client = server.register()
    session = signed_in(server, client)
    first = dict(session.token)
    login = HTTPBasicAuth(client.id, client.secret)
    second = session.refresh_token(server.token, auth=login)
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] != first["refresh_token"]
    assert session.get(server.me).json()["user"] == "alice"
    # A client that lost the response sends the request again, and gets the same.
    again = session.refresh_token(server.token, refresh_token=first["refresh_token"], auth=login)
    assert again["refresh_token"] == second["refresh_token"]
    session.refresh_token(server.token, refresh_token=second["refresh_token"], auth=login)
    with pytest.raises(InvalidGrantError):
        session.refresh_token(server.token, refresh_token=first["refresh_token"], auth=login)


@pytest.mark.parametrize("method", ["client_secret_basic", "none"])
def test_revocation(server: LiveServer, method: str) -> None:
    """oauthlib builds the request; requests-oauthlib leaves sending it to the user."""
    client = server.register(method)
    session = signed_in(server, client)
    url, headers, body = session._client.prepare_token_revocation_request(
        server.revoke, session.token["refresh_token"], "refresh_token"
    )
    if client.secret is None:
        body += f"&client_id={client.id}"
    login = HTTPBasicAuth(client.id, client.secret) if client.secret else None
    answer = requests.post(url, body, headers=headers, auth=login, timeout=60)
    assert (answer.status_code, answer.content) == (200, b"")
    assert session.get(server.me).status_code == 401


def test_introspection(server: LiveServer) -> None:
    session = signed_in(server, server.register())
    api = server.register_resource_server()
    form = {"token": session.access_token}
    introspected = requests.post(
        server.introspect, form, auth=(api.id, api.secret), timeout=60
    ).json()
    assert (introspected["active"], introspected["sub"], introspected["token_type"]) == (
        True,
        "alice",
        "Bearer",
    )


def test_password(server: LiveServer) -> None:
    client = server.register()
    session = OAuth2Session(client=LegacyApplicationClient(client.id, scope=SCOPE))
    session.fetch_token(
        server.token,
        username="alice",
        password="wonderland",
        client_id=client.id,
        client_secret=client.secret,
    )
    assert session.get(server.me).json()["user"] == "alice"


def test_client_credentials_without_a_scope(server: LiveServer) -> None:
    """The usual call sends none; the response says which scope was granted."""
    client = server.register()
    session = OAuth2Session(client=BackendApplicationClient(client.id))
    token = session.fetch_token(server.token, client_id=client.id, client_secret=client.secret)
    assert token["scope"] == ["read"]
    assert session.get(server.me).json() == {"user": None, "client": client.id, "scope": "read"}


def test_a_wrong_secret(server: LiveServer) -> None:
    client = server.register()
    session = OAuth2Session(client=BackendApplicationClient(client.id))
    with pytest.raises(InvalidClientError):
        session.fetch_token(server.token, client_id=client.id, client_secret="wrong")
