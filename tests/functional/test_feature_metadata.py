"""Members that a feature adds to the server metadata (RFC 8414)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationConflictError, ConfigurationError

from pyramid_oauth2.extension import StoreUnavailable
from pyramid_oauth2.extensions.private_key_jwt.server_metadata import SigningAlgorithms

from . import badges
from .errors import assert_error
from .server import Server
from .test_metadata import METADATA


@pytest.fixture
def storage() -> dict[str, str]:
    """One store: what is tested here does not depend on it."""
    return {"oauth2.backend": "memory"}


def adding(**added: Any) -> Any:
    """A factory of metadata that declares its members."""

    class Added:
        names = tuple(added)

        def __init__(self, server: Any, settings: Any) -> None:
            pass

        def members(self) -> Mapping[str, Any]:
            return added

    return Added


def test_members_and_endpoints(build: Callable[..., Server]):
    document = build(badges.includeme).get(METADATA).json
    assert document["badge_colours_supported"] == ["gold", "silver"]
    assert document["badge_endpoint"] == "http://localhost/oauth2/badge"
    assert document["colours_uri"] == "http://localhost/oauth2/badge_colours"
    assert not [name for name in document if "login" in name]


def test_an_empty_list_is_left_out(build: Callable[..., Server]):
    """RFC 8414 section 3.2: claims with zero elements MUST be omitted."""
    assert "badge_shapes_supported" not in build(badges.includeme).get(METADATA).json


def test_ours_are_as_they_are_without_it(build: Callable[..., Server]):
    document = build(badges.includeme).get(METADATA).json
    assert list(document) == [
        *[
            "issuer",
            "token_endpoint",
            "token_endpoint_auth_methods_supported",
            "revocation_endpoint",
            "revocation_endpoint_auth_methods_supported",
            "introspection_endpoint",
            "introspection_endpoint_auth_methods_supported",
            "grant_types_supported",
            "response_types_supported",
            "scopes_supported",
        ],
        *["badge_endpoint", "badge_colours_supported", "colours_uri"],
        *SigningAlgorithms.names,
    ]
    assert "voucher" in document["token_endpoint_auth_methods_supported"]


@pytest.mark.parametrize("name", ["issuer", "authorization_endpoint", "scopes_supported"])
def test_a_member_of_ours(build: Callable[..., Server], name: str):
    """Also one that this document does not have."""
    with pytest.raises(
        ConfigurationError, match=f"{name} is declared by two: pyramid_oauth2 and x"
    ):
        build(lambda config: config.add_oauth2_server_metadata("x", adding(**{name: "x"})))


def test_a_member_of_two_features(build: Callable[..., Server]):
    def configure(config: Any) -> None:
        config.add_oauth2_server_metadata("first", adding(op_tos_uri="x"))
        config.add_oauth2_server_metadata("second", adding(op_tos_uri="y"))

    with pytest.raises(ConfigurationError, match="op_tos_uri is declared by two: first and second"):
        build(configure)


def test_the_url_of_an_endpoint_is_a_member_like_any_other(build: Callable[..., Server]):
    def configure(config: Any) -> None:
        config.add_oauth2_server_metadata("first", adding(colours_uri="x"))

    with pytest.raises(
        ConfigurationError, match="colours_uri is declared by two: colours_uri and first"
    ):
        build(badges.includeme, configure)


def test_an_endpoint_cannot_take_the_url_of_another(build: Callable[..., Server]):
    def configure(config: Any) -> None:
        config.add_oauth2_endpoint("x", badges.BadgeEndpoint, metadata="token_endpoint")

    with pytest.raises(
        ConfigurationError, match="token_endpoint is declared by two: pyramid_oauth2 and"
    ):
        build(configure)


def test_two_with_one_name(build: Callable[..., Server]):
    def configure(config: Any) -> None:
        for factory in (adding(a="x"), adding(b="x")):
            config.add_oauth2_server_metadata("same", factory)

    with pytest.raises(ConfigurationConflictError):
        build(configure)


def test_what_is_not_declared_is_not_sent(
    build: Callable[..., Server], caplog: pytest.LogCaptureFixture
):
    class Undeclared(badges.BadgeMetadata):
        names = ("badge_colours_supported",)

        def members(self) -> Mapping[str, Any]:
            return {"issuer": "https://evil.example", "badge_colours_supported": ["gold"]}

    server = build(lambda config: config.add_oauth2_server_metadata("x", Undeclared))
    document = server.get(METADATA).json
    assert document["issuer"] == "http://localhost"
    assert document["badge_colours_supported"] == ["gold"]
    assert "x has issuer without declaring it" in caplog.text


def test_a_store_that_cannot_answer(build: Callable[..., Server]):
    class Down(badges.BadgeMetadata):
        def members(self) -> Mapping[str, Any]:
            raise StoreUnavailable("down")

    server = build(lambda config: config.add_oauth2_server_metadata("x", Down))
    assert_error(server.get(METADATA), 503, "temporarily_unavailable")
