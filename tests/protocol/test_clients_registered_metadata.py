"""A body of RFC 7591 as values of a client's fields."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyramid_oauth2.protocol.clients.registered_metadata import (
    metadata_error,
    registered_metadata,
)
from pyramid_oauth2.protocol.clients.rules import InvalidClientMetadata, check_client, client_of
from pyramid_oauth2.protocol.clients.source import APPROVED, SOURCE

from .worlds import make_server

BACK = "https://c.example/back"
FIELDS = {field.name: field for field in (SOURCE, APPROVED)}
SERVER = make_server(client_fields={**make_server().client_fields, **FIELDS})


def read(**body: Any) -> dict[str, Any]:
    return registered_metadata(SERVER, {"redirect_uris": [BACK], **body})


def problems(**body: Any) -> dict[str, str]:
    with pytest.raises(InvalidClientMetadata) as refused:
        check_client(SERVER, client_of({"client_id": "c", **read(**body)}))
    return dict(refused.value.problems)


def test_the_defaults() -> None:
    """RFC 7591 section 2: the code flow, and ``client_secret_basic``, which the record has."""
    assert read() == {
        "redirect_uris": (BACK,),
        "grant_types": ("authorization_code",),
        "response_types": ("code",),
    }


def test_what_real_clients_send() -> None:
    metadata = read(
        client_name="Cursor",
        grant_types=["authorization_code", "refresh_token", "urn:ietf:params:oauth:x", "magic"],
        response_types=["code", "code id_token"],
        token_endpoint_auth_method="none",
        scope="read fly offline_access",
        application_type="native",
        logo_uri="https://c.example/logo.png",
        software_id="4f4f",
        **{"client_name#de": "Zeiger"},
    )
    assert metadata == {
        "client_name": "Cursor",
        "redirect_uris": (BACK,),
        "grant_types": ("authorization_code", "refresh_token"),
        "response_types": ("code",),
        "token_endpoint_auth_method": "none",
        "scope": frozenset({"read"}),
        "logo_uri": "https://c.example/logo.png",
        "allowed_origins": ("https://c.example",),
    }


@pytest.mark.parametrize(
    "members",
    [
        {"consent": "skip"},
        {"resource_server": True},
        {"require_pkce": False},
        {"lifetimes": {"access_token": 1}},
        {"owner": "alice"},
        {"source": "operator"},
        {"approved": True},
        {"extra": {"approved": True}},
        {"client_id": "x", "client_secret": "y", "client_secrets": []},
        {"epoch": 9, "version": 9, "disabled_at": None, "created_at": 1},
    ],
    ids=lambda members: next(iter(members)),
)
def test_what_no_client_can_set(members: dict[str, Any]) -> None:
    """Nor is it an error: RFC 7591 section 2 has the server ignore what it does not know."""
    assert read(**members) == read()


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_member_without_a_value_is_not_there(nothing: str | None) -> None:
    assert read(client_uri=nothing, client_name=nothing, grant_types=nothing) == read()


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"redirect_uris": BACK}, "redirect_uris"),
        ({"redirect_uris": [1]}, "redirect_uris"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "redirect_uris"),
        ({"redirect_uris": ["http://c.example/"]}, "redirect_uris"),
        ({"redirect_uris": [f"{BACK}#x"]}, "redirect_uris"),
        ({"client_name": {"de": "x"}}, "client_name"),
        ({"grant_types": ["magic"]}, "grant_types"),
        ({"grant_types": []}, "grant_types"),
        ({"grant_types": "authorization_code"}, "grant_types"),
        ({"response_types": ["token"]}, "response_types"),
        ({"grant_types": ["client_credentials"], "response_types": ["code"]}, "response_types"),
        ({"token_endpoint_auth_method": "magic"}, "token_endpoint_auth_method"),
        ({"token_endpoint_auth_method": ["none"]}, "token_endpoint_auth_method"),
        ({"scope": ["read"]}, "scope"),
        ({"client_uri": "javascript:alert(1)"}, "client_uri"),
        ({"logo_uri": "http://c.example/logo.png"}, "logo_uri"),
        ({"jwks": {"keys": []}, "jwks_uri": "https://c.example/jwks"}, "jwks"),
        ({"allowed_origins": ["https://other.example"]}, "allowed_origins"),
    ],
    ids=str,
)
def test_what_is_refused(members: dict[str, Any], member: str) -> None:
    found = problems(**members)
    assert found.keys() == {member}
    error = metadata_error(InvalidClientMetadata(found))
    expected = "redirect_uri" if member == "redirect_uris" else "client_metadata"
    assert error.code == f"invalid_{expected}"
    assert error.description.startswith(f"{member}: ")


def test_a_refused_redirect_uri_is_named() -> None:
    found = problems(redirect_uris=[BACK, "gopher://c.example/"])
    assert "gopher://c.example/" in metadata_error(InvalidClientMetadata(found)).description


def test_of_two_faults_the_code_is_the_general_one() -> None:
    found = {"redirect_uris": "x", "scope": "y"}
    assert metadata_error(InvalidClientMetadata(found)).code == "invalid_client_metadata"


def test_response_types_follow_from_the_grant_types() -> None:
    assert read(grant_types=["client_credentials"], redirect_uris=[])["response_types"] == ()
    implicit = make_server(response_types=frozenset({"code", "token"}))
    body = {"redirect_uris": [BACK], "grant_types": ["implicit"]}
    assert registered_metadata(implicit, body)["response_types"] == ("token",)
    with pytest.raises(InvalidClientMetadata, match="name one of"):
        registered_metadata(make_server(), body)


@pytest.mark.parametrize(
    ("uris", "origins"),
    [
        (["http://localhost:6274/oauth/callback"], ("http://localhost:6274",)),
        ([BACK, "https://c.example:443/other"], ("https://c.example",)),
        (["com.example.app:/back", "https://[::1"], ()),
    ],
)
def test_pages_of_its_redirect_uris_may_read_the_responses_to_a_public_client(
    uris: list[str], origins: tuple[str, ...]
) -> None:
    found = read(redirect_uris=uris, token_endpoint_auth_method="none")
    assert found["allowed_origins"] == origins
    assert "allowed_origins" not in read(redirect_uris=uris)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(SERVER.client_fields)), JSON, max_size=5))
def test_no_body_is_more_than_an_error(body: dict[str, Any]) -> None:
    try:
        check_client(SERVER, client_of({"client_id": "c", **registered_metadata(SERVER, body)}))
    except InvalidClientMetadata as invalid:
        error = metadata_error(invalid)
        assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]+", error.description)
