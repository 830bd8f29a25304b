"""What of a document becomes a client, and which documents are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pyramid_oauth2.extensions.client_id_metadata.document import Reader, UnusableDocument, digest
from pyramid_oauth2.protocol.clients.source import DOCUMENT, is_unchecked, source_of
from pyramid_oauth2.protocol.records import Client
from tests.functional.documents import URL, document
from tests.protocol.worlds import BACK, NOW, make_server

JWK = {"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}


def read(stored: Client | None = None, **changes: Any) -> Client:
    reader = Reader(make_server(), frozenset({"read", "write"}))
    body = json.dumps({**document(), **changes}).encode()
    return reader.client(URL, body, stored, NOW)


def test_a_client():
    client = read(contacts=["support@app.example"])
    assert client == Client(
        URL,
        client_name="Notes",
        redirect_uris=tuple(document()["redirect_uris"]),
        grant_types=("authorization_code", "refresh_token"),
        response_types=("code",),
        scope=frozenset({"read", "write"}),
        token_endpoint_auth_method="none",
        contacts=("support@app.example",),
        # Its pages may read the responses to it (CORS).
        allowed_origins=("https://client.example", "http://127.0.0.1"),
        updated_at=NOW,
        extra={"source": "document"},
    )
    assert (source_of(client), is_unchecked(client)) == (DOCUMENT, True)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"client_id": URL + "/"}, "that of another client"),
        ({"client_id": URL.upper()}, "that of another client"),
        ({"client_id": None}, "that of another client"),
        ({"client_id": [URL]}, "that of another client"),
        ({"client_secret": "x"}, "has a client secret"),
        ({"client_secret_expires_at": 0}, "has a client secret"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "needs a secret"),
        ({"token_endpoint_auth_method": "client_secret_jwt"}, "needs a secret"),
        ({"token_endpoint_auth_methods_supported": ["none", "client_secret_post"]}, "needs a sec"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "no method by which"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "no method by which"),
        ({"token_endpoint_auth_methods_supported": "none"}, "no list of texts"),
        ({"token_endpoint_auth_method": 5}, "no list of texts"),
        ({"token_endpoint_auth_methods_supported": [["none"]]}, "no list of texts"),
        ({"redirect_uris": []}, "not allowed here: "),
        ({"redirect_uris": None}, "not allowed here: "),
        ({"redirect_uris": BACK}, "not allowed here: redirect_uris"),
        ({"redirect_uris": [5]}, "not allowed here: redirect_uris"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "not allowed here: redirect_uris"),
        ({"redirect_uris": ["http://app.example/back"]}, "allowed here: .*redirect_uris"),
        ({"redirect_uris": [f"{BACK}#a"]}, "not allowed here: redirect_uris"),
        (
            {"jwks": {"keys": [JWK]}, "jwks_uri": "https://app.example/keys"},
            "not allowed here: jwks",
        ),
        ({"jwks_uri": "https://other.example/keys"}, "jwks_uri on another host"),
        ({"jwks_uri": "http://app.example/keys"}, "jwks_uri on another host"),
        ({"jwks_uri": 5}, "jwks_uri on another host"),
        ({"grant_types": ["client_credentials"]}, "authorization_code"),
        ({"grant_types": "authorization_code"}, "authorization_code"),
        ({"client_name": 5}, "not allowed here: client_name"),
        ({"client_name": "x" * 1000}, "not allowed here: client_name"),
        ({"scope": ["read"]}, "not allowed here: scope"),
    ],
    ids=str,
)
def test_what_is_refused(changes: dict[str, Any], says: str):
    with pytest.raises(UnusableDocument, match=says):
        read(**changes)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"\xff{}",
        b'{"client_id": "a", "client_id": "a"}',
        b'{"a": NaN}',
        b"[" * 10_000,
        b'{"a":' * 100 + b"1" + b"}" * 100,
        b'{"client_name": "\\ud800"}',
    ],
)
def test_what_is_no_json_object(body: bytes):
    reader = Reader(make_server(), frozenset())
    with pytest.raises(UnusableDocument):
        reader.client(URL, body, None, NOW)


class TestWhatIsDropped:
    def test_grant_and_response_types_that_are_not_known(self):
        client = read(
            grant_types=["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            response_types=["code", "id_token"],
        )
        assert client.grant_types == ("authorization_code",)
        assert client.response_types == ("code",)

    def test_no_grant_types(self):
        assert read(grant_types=None).grant_types == ("authorization_code",)

    def test_scopes_beyond_what_such_clients_may_have(self):
        assert read(scope="read admin").scope == {"read"}
        assert read(scope="").scope == {"read", "write"}
        assert read(scope="read", optional_scope="read write").optional_scope == {"read"}
        with pytest.raises(UnusableDocument, match="no scope"):
            read(scope="admin")

    def test_what_only_an_operator_says(self):
        client = read(
            consent="skip",
            owner="bob",
            resource_server=True,
            require_pkce=False,
            lifetimes={"access_token": 10**6},
            source="operator",
            approved=True,
            extra={"approved": True},
        )
        assert client == read()

    def test_a_logo_and_links_to_other_sites(self):
        """They would lend the client a name that is not its own."""
        client = read(
            logo_uri="https://app.example/logo.png",
            client_uri="https://bank.example/",
            policy_uri="https://app.example/privacy",
            tos_uri="javascript:alert(1)",
        )
        links = (client.logo_uri, client.client_uri, client.policy_uri, client.tos_uri)
        assert links == (None, None, "https://app.example/privacy", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"token_endpoint_auth_method": None},
        {"token_endpoint_auth_method": "none"},
        # As one client does: SEP-3149 of MCP.
        {
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "jwks_uri": "https://app.example/keys",
        },
    ],
    ids=["none named", "none", "several"],
)
def test_the_method_is_none(changes: dict[str, Any]):
    body = {name: value for name, value in changes.items() if value is not None}
    assert read(**body).public


def test_what_an_operator_has_set_of_a_stored_client_stays():
    stored = Client(URL, client_name="Old", consent="ask", lifetimes={"access_token": 60})
    client = read(stored)
    assert (client.consent, client.lifetimes) == ("ask", {"access_token": 60})
    assert client.client_name == "Notes"


def test_what_a_consent_is_for():
    """Where responses go, and how the client proves itself; its name can change."""
    client = read()
    assert digest(client) == digest(read(client_name="Other"))
    turned = read(redirect_uris=list(reversed(document()["redirect_uris"])))
    assert digest(client) == digest(turned)
    assert digest(client) != digest(read(redirect_uris=[BACK]))
    assert digest(client) != digest(read(jwks_uri="https://app.example/keys"))


@pytest.mark.parametrize(
    "members",
    [
        # As they were published in November 2026.
        {
            "client_name": "Claude",
            "redirect_uris": ["https://claude.ai/api/mcp/auth_callback"],
            "grant_types": [
                "authorization_code",
                "refresh_token",
                "urn:ietf:params:oauth:grant-type:jwt-bearer",
            ],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        },
        {
            "client_name": "Claude Code",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "none",
        },
        {
            "client_name": "Visual Studio Code",
            "redirect_uris": ["http://127.0.0.1:33418/", "https://vscode.dev/redirect"],
            "grant_types": [
                "authorization_code",
                "refresh_token",
                "urn:ietf:params:oauth:grant-type:device_code",
            ],
            "application_type": "native",
            "token_endpoint_auth_method": "none",
        },
        {
            "client_name": "ChatGPT",
            "redirect_uris": ["https://chatgpt.com/connector_platform_oauth_redirect"],
            "token_endpoint_auth_method": "private_key_jwt",
            "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
            "jwks_uri": "https://app.example/jwks.json",
        },
    ],
    ids=lambda members: str(members["client_name"]),
)
def test_documents_of_clients_that_exist(members: dict[str, Any]):
    reader = Reader(make_server(), frozenset({"read"}))
    body = json.dumps({"client_id": URL, **members}).encode()
    assert reader.client(URL, body, None, NOW).redirect_uris == tuple(members["redirect_uris"])
