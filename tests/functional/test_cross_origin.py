"""``oauth2.cors_paths``: which pages of other origins may read the application's own API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from webtest import TestApp

from pyramid_oauth2.startup_error import StartupError

from . import host
from .server import Server, bearer
from .test_tweens import RESOURCE_SERVER

PAGE = "https://page.example"
ASKED = {"Origin": PAGE, "Access-Control-Request-Method": "DELETE"}


def api(config: Any) -> None:
    for name, path in (("notes", "/api/notes"), ("apis", "/apis"), ("mine", "/api/mine")):
        config.add_route(name, path)
    config.add_view(lambda request: Response("notes"), route_name="notes", oauth2_scope="read")
    config.add_view(lambda request: Response("apis"), route_name="apis")
    options = lambda request: Response("own", headers={"Allow": "GET"})  # noqa: E731
    config.add_view(options, route_name="mine", request_method="OPTIONS")


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    server = build(host.pages, api, changes={"oauth2.cors_paths": "/api /other"})
    server.register("page", "secret of page", allowed_origins=(PAGE,), scope={"read"})
    return server


def origin(response: Any) -> str | None:
    found: str | None = response.headers.get("Access-Control-Allow-Origin")
    return found


@pytest.mark.parametrize("path", ["/api", "/api/notes", "/api/nothing", "/other/x", "/api/%ff"])
def test_a_preflight_request_needs_no_token(server: Server, path: str):
    answer = server.browser.options(path, headers=ASKED)
    assert answer.status_int == 204
    assert origin(answer) == "*"
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/apis", "/whoami"])
def test_other_paths_are_as_before(server: Server, path: str):
    answer = server.browser.options(path, headers=ASKED, status="*")
    assert answer.status_int != 204
    assert origin(answer) is None
    assert origin(server.browser.get(path, headers={"Origin": PAGE}, status="*")) is None


def test_a_view_of_the_application_for_other_options(server: Server):
    assert server.browser.options("/api/mine").text == "own"


@pytest.mark.parametrize(("sent", "allowed"), [(PAGE, PAGE), ("https://evil.example", None)])
def test_the_origins_of_the_client(server: Server, sent: str, allowed: str | None):
    headers = bearer(server.token("read", client="page")) | {"Origin": sent}
    for path, status in (("/api/notes", 200), ("/api/nothing", 404)):
        answer = server.browser.get(path, headers=headers, status=status)
        assert origin(answer) == allowed
        assert "Origin" in answer.headers["Vary"]


def test_a_refusal_without_a_client_is_readable(server: Server):
    headers = bearer("oat_unknown") | {"Origin": PAGE}
    assert origin(server.browser.get("/api/notes", headers=headers, status=401)) == "*"


def test_what_a_view_exposes_itself(build: Callable[..., Server]):
    """Each name once, also if the view returns one response at every request."""
    kept = Response("page 1")
    kept.headers.add("Access-Control-Expose-Headers", "Link ,X-Total-Count")
    kept.headers.add("Access-Control-Expose-Headers", "Retry-After")

    def paged(config: Any) -> None:
        config.add_route("paged", "/api/paged")
        config.add_view(lambda request: kept, route_name="paged")

    server = build(host.pages, paged, changes={"oauth2.cors_paths": "/api"})
    for _ in range(2):
        answer = server.get("/api/paged", {"Origin": PAGE})
        exposed = answer.headers.getall("Access-Control-Expose-Headers")
        assert exposed == ["Link, X-Total-Count, Retry-After, WWW-Authenticate"]


@pytest.mark.parametrize(
    ("prefix", "path"), [(None, "/api/oauth2"), ("api", "/oauth2"), ("/api/v1/", "/oauth2")]
)
def test_our_endpoints_and_pages_below_a_path(
    settings: dict[str, Any], serve: Callable[..., Server], prefix: str | None, path: str
):
    """They say themselves which pages may read a response."""
    config = Configurator(settings=settings | {"oauth2.cors_paths": "/api", "oauth2.path": path})
    config.include("pyramid_oauth2", route_prefix=prefix)
    config.include(host.users)
    api(config)
    server = serve(config.make_wsgi_app())
    ours = f"/{prefix.strip('/')}{path}" if prefix else path
    asked, form = {"Origin": PAGE}, {"grant_type": "client_credentials"}
    issued = server.post(form, server.login() | asked, f"{ours}/token")
    assert (issued.status_int, origin(issued)) == (200, None)
    assert origin(server.post(form, server.login() | asked, f"{ours}/introspect")) is None
    preflight = server.browser.options(f"{ours}/token", headers=ASKED)
    assert preflight.headers["Access-Control-Allow-Methods"] == "POST"
    page = server.get(f"{ours}/authorize", asked)
    assert (page.content_type, origin(page)) == ("text/html", None)
    server.browser.options(f"{ours}/authorize", headers=ASKED, status=405)
    assert origin(server.get("/api/notes", asked)) == "*"
    assert server.browser.options("/api/notes", headers=ASKED).status_int == 204


@pytest.mark.parametrize(
    ("prefix", "paths", "named"),
    [
        (None, "/oauth2 /api", "names /oauth2, but /oauth2 is"),
        (None, "/oauth2/token", "names /oauth2/token, but /oauth2 is"),
        ("api", "/api/oauth2/token", "names /api/oauth2/token, but /api/oauth2 is"),
        ("api", "/oauth2 /api /api/oauth2x", None),
        (None, "/ouath2 /oauth2x", None),
    ],
)
def test_our_own_path_is_refused(
    settings: dict[str, Any], prefix: str | None, paths: str, named: str | None
):
    config = Configurator(settings=settings | {"oauth2.cors_paths": paths})
    config.include("pyramid_oauth2", route_prefix=prefix)
    config.include(host.users)
    if named is None:
        config.make_wsgi_app()
        return
    with pytest.raises(StartupError, match=named) as caught:
        config.make_wsgi_app()
    assert "Name the paths of your own API" in str(caught.value)


def test_without_the_setting_there_is_no_tween(build: Callable[..., Server]):
    answer = build(host.pages, api).browser.get("/api/notes", headers={"Origin": PAGE}, status=401)
    assert origin(answer) is None


def test_a_resource_server_knows_no_origins():
    changes = {"oauth2.cors_paths": "/api", "oauth2.scopes": "read = Read"}
    config = Configurator(settings=RESOURCE_SERVER | changes)
    config.include("pyramid_oauth2")
    api(config)
    browser = TestApp(config.make_wsgi_app())
    assert browser.options("/api/notes", headers=ASKED).status_int == 204
    assert origin(browser.get("/api/notes", headers={"Origin": PAGE}, status=401)) == "*"
