"""What clients of OpenID Connect find beforehand (OpenID Connect Discovery sections 3 and 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from . import openid_provider
from .flow import Flow
from .openid_provider import ISSUER, PROVIDER, provider

StartFlow = Callable[..., Flow]
OF_RFC_8414 = "/.well-known/oauth-authorization-server"
WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    return start_flow(provider, **PROVIDER)


@pytest.fixture
def below(start_flow: StartFlow) -> Flow:
    """A provider whose issuer has a path."""
    return start_flow(provider, issuer=f"{ISSUER}/auth", **PROVIDER)


def document(flow: Flow, path: str, **environ: str) -> Any:
    return flow.server.fresh_browser(**environ).get(path).json


def test_the_document(flow: Flow):
    """Discovery section 3: what is required there, and what a client would assume without it."""
    members = document(flow, WELL_KNOWN)
    assert members["issuer"] == ISSUER
    for name in ("authorization", "token", "userinfo", "revocation", "introspection"):
        assert members[f"{name}_endpoint"].startswith(f"{ISSUER}/oauth2/")
    assert members["jwks_uri"] == f"{ISSUER}/oauth2/jwks"
    assert members["response_types_supported"] == ["code"]
    assert members["subject_types_supported"] == ["public"]
    assert "RS256" in members["id_token_signing_alg_values_supported"]
    assert "none" not in members["id_token_signing_alg_values_supported"]
    assert members["claims_parameter_supported"] is True
    assert members["request_parameter_supported"] is False
    assert members["request_uri_parameter_supported"] is False
    assert {"openid", "email", "offline_access"} <= set(members["scopes_supported"])
    assert {"sub", "iss", "auth_time", "email", "address"} <= set(members["claims_supported"])
    assert members["code_challenge_methods_supported"] == ["S256"]
    assert "none" in members["token_endpoint_auth_methods_supported"]
    assert not [name for name, value in members.items() if value is None]
    assert "acr_values_supported" not in members


def test_the_application_says_how_users_can_authenticate(start_flow: Callable[..., Flow]):
    class Users(openid_provider.Users):
        acr_values = ("silver", "gold")

    flow = start_flow(lambda config: config.set_oauth2_resource_owners(Users()), **PROVIDER)
    assert document(flow, WELL_KNOWN)["acr_values_supported"] == ["silver", "gold"]


def test_it_is_the_document_of_rfc_8414(flow: Flow):
    assert document(flow, WELL_KNOWN) == document(flow, OF_RFC_8414)


def test_its_headers(flow: Flow):
    answer = flow.server.browser.get(WELL_KNOWN, headers={"Origin": "https://app.example"})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_with_a_path_it_is_at_three_places(below: Flow):
    """Inserted and appended: both MCP SDKs look at each; no redirects."""
    members = document(below, f"{OF_RFC_8414}/auth")
    assert members["issuer"] == f"{ISSUER}/auth"
    assert document(below, f"{WELL_KNOWN}/auth") == members
    assert document(below, f"/auth{WELL_KNOWN}") == members


def test_with_a_path_it_is_nowhere_else(below: Flow):
    """At the root it would be that of another issuer."""
    for path in (WELL_KNOWN, f"{WELL_KNOWN}/other", f"/other{WELL_KNOWN}"):
        assert below.server.get(path).status_int == 404


def test_below_a_mount_it_is_appended(below: Flow):
    """A WSGI server that strips the path of the application."""
    members = document(below, f"/auth{WELL_KNOWN}", SCRIPT_NAME="")
    assert document(below, WELL_KNOWN, SCRIPT_NAME="/auth") == members
    answer = below.server.fresh_browser(SCRIPT_NAME="/other").get(WELL_KNOWN, status="*")
    assert answer.status_int == 404


@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/auth"])
def test_switched_off_there_is_none(start_flow: StartFlow, issuer: str):
    """404, not a 5xx, at which the Python SDK of MCP stops."""
    flow = start_flow(issuer=issuer)
    for path in (WELL_KNOWN, f"{WELL_KNOWN}/auth", f"/auth{WELL_KNOWN}"):
        assert flow.server.get(path).status_int == 404
