"""The application's default CSRF check at views for tokens, for cookies and for both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.csrf import CookieCSRFStoragePolicy, get_csrf_token
from pyramid.response import Response

from pyramid_oauth2.testing import bearer

from . import host
from .server import Server

TWO_WAYS = {"oauth2_scope": "write", "oauth2_only": False, "permission": "delete"}


def app(config: Any) -> None:
    host.policy(config)
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy())
    config.set_default_csrf_options(require_csrf=True)
    for name, view, options in (
        ("login", host.log_in, {}),
        ("form", lambda request: Response(get_csrf_token(request)), {}),
        ("both", host.whoami, TWO_WAYS),
        ("strict", host.whoami, {**TWO_WAYS, "require_csrf": True}),
        ("loose", host.whoami, {**TWO_WAYS, "require_csrf": False}),
        ("only", host.whoami, {"oauth2_scope": "write"}),
        ("plain", host.whoami, {}),
    ):
        config.add_route(name, f"/{name}")
        config.add_view(view, route_name=name, **options)


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    server = build(app)
    server.browser.get("/login?user=bob", status=200)
    return server


def test_a_cookies_post_is_checked(server: Server):
    for path in ("/both", "/strict", "/plain"):
        assert server.post({}, {}, path).status_int == 400
    token = server.get("/form").text
    for path in ("/both", "/strict"):
        assert server.post({"csrf_token": token}, {}, path).text == "bob"
    assert server.post({}, {}, "/loose").text == "bob"


@pytest.mark.parametrize("place", ["query", "body"])
def test_a_token_that_is_not_in_the_header_is_refused_beside_a_cookie(server: Server, place: str):
    """It was meant to be used, and is in a log by now (RFC 9700 section 4.3.2)."""
    value = bearer(server.app, "alice", "write")["Authorization"].removeprefix("Bearer ")
    form, query = (
        ({}, f"?access_token={value}") if place == "query" else ({"access_token": value}, "")
    )
    answer = server.post({"csrf_token": server.get("/form").text, **form}, {}, f"/both{query}")
    assert (answer.status_int, answer.json["error"]) == (400, "invalid_request")


def test_a_tokens_post_is_not(server: Server):
    headers = bearer(server.app, "bob", "write")
    for path in ("/both", "/loose", "/only"):
        assert server.post({}, headers, path).text == "bob"


@pytest.mark.parametrize("path", ["/strict", "/plain"])
def test_a_token_exempts_from_nothing_that_the_application_demands(server: Server, path: str):
    assert server.post({}, bearer(server.app, "bob", "write"), path).status_int == 400


@pytest.mark.parametrize(
    "header", ["Bearer ", "Bearer oat_x", "Bearer app-token-of-bob", "Basic x"]
)
def test_a_header_that_is_no_token_exempts_from_nothing(server: Server, header: str):
    for path in ("/both", "/only", "/plain"):
        answer = server.post({}, {"Authorization": header}, path)
        assert answer.status_int in (400, 401), path


def test_the_applications_own_callback_still_has_its_say(build: Callable[..., Server]):
    def checked(request: Any) -> bool:
        return "X-Machine" not in request.headers

    def override(config: Any) -> None:
        config.include(app)
        config.set_default_csrf_options(require_csrf=True, callback=checked)

    server = build(override)
    assert server.post({}, {"X-Machine": "yes"}, "/plain").status_int == 200
    assert server.post({}, {}, "/plain").status_int == 400
    assert server.post({}, bearer(server.app, "bob", "write"), "/only").text == "bob"


@pytest.mark.parametrize(
    ("under", "over"), [("csrf_view", "owrapped_view"), ("secured_view", "csrf_view")]
)
def test_an_applications_deriver_beside_the_check_is_not_skipped(
    build: Callable[..., Server], under: str, over: str
):
    """The check may guard against something other than cookies."""
    seen: list[str] = []

    def noting(view: Any, info: Any) -> Any:
        def noting_view(context: Any, request: Any) -> Any:
            seen.append(request.path)
            return view(context, request)

        return noting_view

    def configure(config: Any) -> None:
        app(config)
        config.add_view_deriver(noting, "noting", under=under, over=over)

    server = build(configure)
    server.post({}, bearer(server.app, "bob", "write"), "/only")
    assert seen == ["/only"]
