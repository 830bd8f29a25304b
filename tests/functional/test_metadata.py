"""``/.well-known/oauth-authorization-server`` and where the endpoints are (RFC 8414)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2.extensions.private_key_jwt.server_metadata import SigningAlgorithms
from pyramid_oauth2.protocol.plug_ins import METADATA_MEMBERS

from . import host
from .server import Server

METADATA = "/.well-known/oauth-authorization-server"
POISON = {
    "Host": "evil.example",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": "host=evil.example;proto=https",
    "X-Original-URL": "/evil",
}


def test_the_document(server: Server):
    answer = server.get(METADATA)
    assert answer.json == {
        "issuer": "http://localhost",
        "token_endpoint": "http://localhost/oauth2/token",
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
            "private_key_jwt",
        ],
        "revocation_endpoint": "http://localhost/oauth2/revoke",
        "revocation_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
            "private_key_jwt",
        ],
        "introspection_endpoint": "http://localhost/oauth2/introspect",
        "introspection_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "private_key_jwt",
        ],
        # RFC 8414 section 2: they "MUST be present" where a method signs.
        **{key: ["ES256", "PS256", "RS256", "Ed25519", "EdDSA"] for key in SigningAlgorithms.names},
        "grant_types_supported": ["client_credentials", "password"],
        "response_types_supported": [],
        "scopes_supported": ["read", "write"],
    }


def test_no_plug_in_may_declare_a_member_of_the_core(build: Callable[..., Server]):
    """RFC 8414 section 2: with every grant, scopes and an API, the document has all of them."""
    changes = {"oauth2.grant_types": "", "oauth2.resources": "https://api.example"}
    document = build(changes=changes).get(METADATA).json
    assert set(document) - set(SigningAlgorithms.names) == METADATA_MEMBERS


def test_what_it_says_of_the_authorization_endpoint(build: Callable[..., Server]):
    """RFC 8414 section 2, RFC 9207 section 3; PKCE is S256 only."""
    document = build(changes={"oauth2.grant_types": ""}).get(METADATA).json
    assert document["authorization_endpoint"] == "http://localhost/oauth2/authorize"
    assert document["response_types_supported"] == ["code"]
    assert document["response_modes_supported"] == ["query", "fragment", "form_post"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["authorization_response_iss_parameter_supported"] is True


def test_the_implicit_grant_is_named_where_it_is_on(build: Callable[..., Server]):
    changes = {"oauth2.grant_types": "", "oauth2.response_types": "code token"}
    document = build(changes=changes).get(METADATA).json
    assert document["response_types_supported"] == ["code", "token"]
    assert "implicit" in document["grant_types_supported"]


def test_it_is_json_and_may_be_cached(server: Server):
    headers = server.get(METADATA).headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "public, max-age=300"
    assert "Pragma" not in headers


def test_no_password_grant_unless_it_is_named(build: Callable[..., Server]):
    """RFC 9700 section 2.4."""
    server = build(changes={"oauth2.grant_types": ""})
    assert server.get(METADATA).json["grant_types_supported"] == [
        "authorization_code",
        "client_credentials",
        "refresh_token",
    ]


def test_an_empty_list_is_left_out(build: Callable[..., Server]):
    """RFC 8414 section 3.2: claims with zero elements MUST be omitted."""
    server = build(changes={"oauth2.scopes": ""})
    assert "scopes_supported" not in server.get(METADATA).json


@pytest.mark.parametrize("name", POISON)
def test_no_header_changes_it(server: Server, name: str):
    """RFC 8414 section 6: above all not the Host header."""
    clean = server.get(METADATA)
    poisoned = server.get(METADATA, {name: POISON[name]})
    assert (poisoned.status, poisoned.body) == (clean.status, clean.body)
    assert "evil" not in str(poisoned.headers)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE"])
def test_another_method_is_told_which_one_to_use(server: Server, method: str):
    """RFC 9110 section 15.5.6."""
    answer = server.browser.request(METADATA, method=method, status=405)
    assert answer.headers["Allow"] == "GET, HEAD"


def test_head(server: Server):
    answer = server.browser.head(METADATA, status=200)
    assert answer.body == b""
    assert answer.headers["Content-Type"] == "application/json"


def test_an_issuer_with_a_path(build: Callable[..., Server]):
    """RFC 8414 section 3.1: the well-known part precedes the issuer's path."""
    server = build(changes={"oauth2.issuer": "http://localhost/tenant/1"})
    document = server.get(f"{METADATA}/tenant/1").json
    assert document["issuer"] == "http://localhost/tenant/1"
    assert document["token_endpoint"] == "http://localhost/tenant/1/oauth2/token"
    assert server.get(METADATA).status_int == 404


def test_a_path_of_ones_own(build: Callable[..., Server]):
    server = build(changes={"oauth2.path": "/auth/v2"})
    assert server.get(METADATA).json["token_endpoint"] == "http://localhost/auth/v2/token"
    form = {"grant_type": "client_credentials"}
    assert server.post(form, server.login(), "/auth/v2/token").status_int == 200
    assert server.post(form, server.login()).status_int == 404


def test_a_public_url_beside_the_issuer(build: Callable[..., Server]):
    server = build(changes={"oauth2.base_url": "http://localhost/app"})
    document = server.get(METADATA).json
    assert document["issuer"] == "http://localhost"
    assert document["token_endpoint"] == "http://localhost/app/oauth2/token"


def test_a_route_prefix_comes_before_the_path(
    settings: dict[str, Any], serve: Callable[..., Server]
):
    """But not before the well-known part."""
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2", route_prefix="api")
    config.include(host.users)
    server = serve(config.make_wsgi_app())
    assert server.get(METADATA).json["token_endpoint"] == "http://localhost/api/oauth2/token"
    form = {"grant_type": "client_credentials"}
    assert server.post(form, server.login(), "/api/oauth2/token").status_int == 200


def test_an_application_that_is_mounted_below_a_path(server: Server):
    """Only ``oauth2.base_url`` decides the addresses in the metadata."""
    clean = server.get(METADATA).body
    mounted = TestApp(server.app, extra_environ={"SCRIPT_NAME": "/app"})
    assert mounted.get(f"/app{METADATA}").body == clean
    form = {"grant_type": "client_credentials"}
    mounted.post("/app/oauth2/token", form, headers=server.login(), status=200)
