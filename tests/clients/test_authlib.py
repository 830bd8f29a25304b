"""Authlib's client for requests, as its documentation uses it, against a running server."""

from __future__ import annotations

import pytest
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session

from tests.live import LiveClient, LiveServer
from tests.visitor import Visitor

METHODS = ["client_secret_basic", "client_secret_post", "none"]


def session_of(client: LiveClient, method: str = "client_secret_basic") -> OAuth2Session:
    return OAuth2Session(
        client.id,
        client.secret,
        scope="read write",
        redirect_uri=client.redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    )


def sign_in(server: LiveServer, session: OAuth2Session) -> dict:
    """The web flow, with the test as the browser."""
    verifier = generate_token(48)
    url, state = session.create_authorization_url(server.authorize, code_verifier=verifier)
    return session.fetch_token(
        server.token,
        authorization_response=Visitor().send(url),
        state=state,
        code_verifier=verifier,
    )


@pytest.mark.parametrize("method", METHODS)
def test_the_web_flow(server: LiveServer, method: str) -> None:
    session = session_of(server.register(method), method)
    token = sign_in(server, session)
    assert token["token_type"] == "Bearer"
    assert set(token["scope"].split()) == {"read", "write"}
    assert session.get(server.me).json()["user"] == "alice"


def test_refresh(server: LiveServer) -> None:
    session = session_of(server.register())
    first = sign_in(server, session)
    second = session.refresh_token(server.token, first["refresh_token"])
    assert second["access_token"] != first["access_token"]
    assert session.get(server.me).json()["user"] == "alice"
    # A client that lost the response sends the request again, and gets the same.
    again = session.refresh_token(server.token, first["refresh_token"])
    # Except for the time that Authlib computes by its own clock.
    assert {**again, "expires_at": 0} == {**second, "expires_at": 0}
    third = session.refresh_token(server.token, second["refresh_token"])
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.refresh_token(server.token, first["refresh_token"])
    # A spent one was used again: all tokens that came of it are revoked.
    with pytest.raises(OAuthError, match="invalid_grant"):
        session.refresh_token(server.token, third["refresh_token"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
def test_revocation(server: LiveServer, method: str, kind: str) -> None:
    session = session_of(server.register(method), method)
    token = sign_in(server, session)
    answer = session.revoke_token(server.revoke, token[kind], token_type_hint=kind)
    assert (answer.status_code, answer.content) == (200, b"")
    assert "Content-Type" not in answer.headers
    session.metadata.clear()
    assert session.get(server.me).status_code == 401


@pytest.mark.parametrize("method", METHODS)
def test_revocation_by_the_default_method(server: LiveServer, method: str) -> None:
    """It is Basic, also where the token endpoint is sent the secret in the body."""
    client = server.register(method)
    session = OAuth2Session(
        client.id,
        client.secret,
        scope="read write",
        redirect_uri=client.redirect_uri,
        code_challenge_method="S256",
        token_endpoint_auth_method=method,
        revocation_endpoint_auth_method=None if client.secret else "none",
    )
    token = sign_in(server, session)
    answer = session.revoke_token(server.revoke, token["refresh_token"])
    assert (answer.status_code, answer.content) == (200, b"")
    session.metadata.clear()
    assert session.get(server.me).status_code == 401


def test_introspection(server: LiveServer) -> None:
    session = session_of(server.register())
    token = sign_in(server, session)
    api = server.register_resource_server()
    asking = OAuth2Session(api.id, api.secret)
    introspected = asking.introspect_token(server.introspect, token["access_token"]).json()
    assert (introspected["active"], introspected["sub"]) == (True, "alice")
    assert set(introspected["scope"].split()) == {"read", "write"}
    session.revoke_token(server.revoke, token["refresh_token"])
    introspected = asking.introspect_token(server.introspect, token["access_token"]).json()
    assert introspected == {"active": False}


def test_an_expired_token_is_refreshed_on_the_way(server: LiveServer) -> None:
    session = session_of(server.register())
    session.metadata["token_endpoint"] = server.token
    expired = sign_in(server, session) | {"expires_at": 1}
    session.token = expired
    assert session.get(server.me).json()["user"] == "alice"
    assert session.token["access_token"] != expired["access_token"]


def test_password(server: LiveServer) -> None:
    session = session_of(server.register())
    session.fetch_token(server.token, username="bob", password="builder")
    assert session.get(server.me).json()["user"] == "bob"


def test_client_credentials_without_a_scope(server: LiveServer) -> None:
    client = server.register()
    session = OAuth2Session(client.id, client.secret)
    token = session.fetch_token(server.token, grant_type="client_credentials")
    assert token["scope"] == "read"
    assert session.get(server.me).json()["client"] == client.id


def test_a_wrong_secret(server: LiveServer) -> None:
    session = OAuth2Session(server.register().id, "wrong")
    with pytest.raises(OAuthError, match="invalid_client"):
        session.fetch_token(server.token, grant_type="client_credentials")
