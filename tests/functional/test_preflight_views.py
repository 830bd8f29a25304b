"""A view for CORS preflights that has the options of its resource, as Cornice makes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from pyramid_oauth2 import cors_preflight

from . import host
from .server import Server, bearer

ASKED = {"Origin": "https://app.example", "Access-Control-Request-Method": "GET"}


def preflight(request: Any) -> Response:
    return cors_preflight("GET")


def resource(**options: Any) -> Callable[[Any], None]:
    """A resource, and its view for preflights, with the same options."""

    def configure(config: Any) -> None:
        config.add_route("resource", "/resource")
        view = {"route_name": "resource", **options}
        config.add_view(host.whoami, request_method="GET", **view)
        public = {**view, "permission": NO_PERMISSION_REQUIRED}
        config.add_view(preflight, request_method="OPTIONS", **public)

    return configure


@pytest.mark.parametrize(
    "options",
    [
        {"oauth2_scope": "read"},
        {"oauth2_scope": "read", "oauth2_only": True},
        {"oauth2_scope": "read", "oauth2_only": False, "permission": "edit"},
    ],
    ids=str,
)
def test_a_preflight_needs_no_token(build: Callable[..., Server], options: dict[str, Any]):
    server = build(host.pages, resource(**options))
    assert server.browser.options("/resource", headers=ASKED, status=204)
    assert server.get("/resource", bearer(server.token(user="bob"))).status_int == 200
    if "permission" not in options:
        assert server.get("/resource").status_int == 401


@pytest.mark.parametrize(
    "options",
    [
        {"request_method": "OPTIONS"},
        {"request_method": ("GET", "OPTIONS"), "permission": NO_PERMISSION_REQUIRED},
        {"request_method": "GET", "permission": NO_PERMISSION_REQUIRED},
        {"permission": NO_PERMISSION_REQUIRED},
    ],
    ids=str,
)
def test_any_other_view_of_a_scope_needs_one(build: Callable[..., Server], options: dict[str, Any]):
    def configure(config: Any) -> None:
        config.add_route("other", "/other")
        config.add_view(host.whoami, route_name="other", oauth2_scope="read", **options)

    server = build(host.pages, configure)
    method = "OPTIONS" if "OPTIONS" in str(options) else "GET"
    assert server.browser.request("/other", method=method, status="*").status_int == 401


def test_any_other_public_view_cannot_let_people_in(build: Callable[..., Server]):
    def configure(config: Any) -> None:
        config.add_route("other", "/other")
        options = {"oauth2_scope": "read", "oauth2_only": False}
        public = {**options, "permission": NO_PERMISSION_REQUIRED}
        config.add_view(host.whoami, route_name="other", request_method="GET", **public)

    with pytest.raises(ConfigurationError, match="everybody would come in"):
        build(host.pages, configure)
