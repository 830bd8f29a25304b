"""Resource paths: every bearer token there is ours; and the metadata of a resource (RFC 9728)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from pyramid.response import Response

from pyramid_oauth2.testing import bearer as new_bearer

from . import host
from .server import Server, bearer

WELL_KNOWN = "/.well-known/oauth-protected-resource"
FOREIGN = bearer("app-token-of-bob")
POISON = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}


def fine(request: Any) -> Response:
    return Response("fine")


def api(config: Any) -> None:
    config.include(host.pages)
    for name, pattern, options in (
        ("api", "/api", {}),
        ("api.me", "/api/me", {}),
        ("api.notes", "/api/notes/{id}", {"oauth2_scope": "read"}),
        ("api.edit", "/api/edit", {"permission": "edit"}),
        ("api.deep", "/api/v2/notes", {"oauth2_scope": "write"}),
        ("apiary", "/apiary", {}),
        ("named", "/caf\xe9/{name}", {"oauth2_scope": "write"}),
    ):
        config.add_route(name, pattern)
        config.add_view(host.whoami, route_name=name, **options)


@pytest.fixture
def start(build: Callable[..., Server]) -> Callable[..., Server]:
    def start(paths: str = "/api", **settings: str) -> Server:
        named = {f"oauth2.{key}": value for key, value in settings.items()}
        return build(api, changes={"oauth2.resource_paths": paths, **named})

    return start


class TestWhoseTokenItIs:
    @pytest.mark.parametrize("path", ["/api", "/api/", "/api/me", "/api/edit", "/api/notes/1"])
    def test_a_foreign_bearer_below_it_is_ours(self, start: Callable[..., Server], path: str):
        answer = start().get(path, FOREIGN)
        # /api/ is not a view, and an exception view is not protected by tokens.
        expected = (404, None) if path == "/api/" else (401, "invalid_token")
        assert (answer.status_int, answer.json["error"] if expected[1] else None) == expected

    @pytest.mark.parametrize("path", ["/whoami", "/apiary", "/edit"])
    def test_elsewhere_it_is_the_applications(self, start: Callable[..., Server], path: str):
        assert start().get(path, FOREIGN).text == "bob"

    def test_without_a_token_nothing_changes(self, start: Callable[..., Server]):
        server = start()
        assert server.get("/api/me").text == "anonymous"
        server.browser.get("/login?user=bob", status=200)
        assert server.get("/api/me").text == server.get("/api/edit").text == "bob"

    def test_the_user_is_nobody_until_a_scope_lets_him_in(self, start: Callable[..., Server]):
        server = start()
        reader = new_bearer(server.app, "bob", "read")
        assert server.get("/api/me", reader).text == "anonymous"
        assert server.get("/api/notes/1", reader).text == "bob"

    def test_below_a_mount_the_path_is_the_applications(self, start: Callable[..., Server]):
        server = start()
        answer = server.browser.get(
            "/mount/api/me", headers=FOREIGN, extra_environ={"SCRIPT_NAME": "/mount"}, status="*"
        )
        assert answer.status_int == 401


class TestMetadata:
    def follow(self, server: Server, path: str, headers: dict[str, str] | None = None) -> Any:
        """From a refusal to the metadata, as a client does it (RFC 9728 section 5.1)."""
        refused = server.get(path, headers)
        assert refused.status_int == 401
        challenge = refused.headers["WWW-Authenticate"]
        url = challenge.partition('resource_metadata="')[2].partition('"')[0]
        return server.get(urlsplit(url).path)

    @pytest.mark.parametrize(
        ("path", "resource", "scopes"),
        [
            ("/read", "http://localhost/read", ["read"]),
            ("/api/notes/1", "http://localhost/api", ["read", "write"]),
            ("/api/v2/notes", "http://localhost/api/v2", ["write"]),
            ("/caf%C3%A9/a%20b", "http://localhost/caf%C3%A9/a%20b", ["write"]),
            ("/caf%c3%a9/%7Ebob", "http://localhost/caf%C3%A9/~bob", ["write"]),
            ("/caf%C3%A9/%22%0D%0A", "http://localhost/caf%C3%A9/%22%0D%0A", ["write"]),
        ],
    )
    def test_a_challenge_leads_to_it(
        self, start: Callable[..., Server], path: str, resource: str, scopes: list[str]
    ):
        """RFC 9728 section 3.3: it must name the requested resource exactly."""
        document = self.follow(start("/api /api/v2"), path).json
        assert document == {
            "resource": resource,
            "authorization_servers": ["http://localhost"],
            "bearer_methods_supported": ["header"],
            "scopes_supported": scopes,
        }

    @pytest.mark.parametrize("path", ["/read", "/api", "/api/v2", "/caf%C3%A9/x"])
    def test_the_url_in_it_is_the_one_that_was_asked(self, start: Callable[..., Server], path: str):
        server = start("/api /api/v2")
        assert server.get(WELL_KNOWN + path).json["resource"] == f"http://localhost{path}"

    @pytest.mark.parametrize(
        "path", ["/nowhere", "/whoami", "/apiary", "/api/me", "/read/", "/readx", "/oauth2/token"]
    )
    def test_what_is_no_resource_has_none(self, start: Callable[..., Server], path: str):
        assert start().get(WELL_KNOWN + path).status_int == 404

    def test_the_whole_application(self, build: Callable[..., Server]):
        def home(config: Any) -> None:
            config.add_route("home", "/")
            config.add_view(fine, route_name="home", oauth2_scope="read")

        document = self.follow(build(home), "/").json
        assert document["resource"] == "http://localhost"
        assert document["scopes_supported"] == ["read"]

    def test_offline_access_is_not_in_it(self, build: Callable[..., Server]):
        """Clients ask for all that a resource names; this one the server itself names."""

        def home(config: Any) -> None:
            config.add_oauth2_scope("offline_access", "Stay signed in")
            config.add_route("home", "/")
            config.add_view(fine, route_name="home", oauth2_scope="read offline_access")

        assert self.follow(build(home), "/").json["scopes_supported"] == ["read"]

    def test_a_view_of_the_resource_tree_is_at_its_path(self, build: Callable[..., Server]):
        def tree(config: Any) -> None:
            config.add_view(fine, name="peek", oauth2_scope="read")

        document = self.follow(build(tree), "/peek").json
        assert document["resource"] == "http://localhost/peek"

    class TestMounted:
        """Behind a proxy that serves the application below a path."""

        def test_the_challenge_and_the_document(self, start: Callable[..., Server]):
            server = start("/api", base_url="http://localhost/app")
            browser = server.fresh_browser(SCRIPT_NAME="/app")
            refused = browser.get("/app/read", status=401)
            url = f"http://localhost{WELL_KNOWN}/app/read"
            assert f'resource_metadata="{url}"' in refused.headers["WWW-Authenticate"]
            document = server.get(urlsplit(url).path).json
            assert document["resource"] == "http://localhost/app/read"

        @pytest.mark.parametrize("path", ["/read", "/apple", "/appread", "/app/nowhere", ""])
        def test_what_is_beside_the_application_is_none_of_its_resources(
            self, build: Callable[..., Server], path: str
        ):
            def configure(config: Any) -> None:
                api(config)
                config.add_route("rest", "/app/rest")

            server = build(configure, changes={"oauth2.base_url": "http://localhost/app"})
            assert server.get(WELL_KNOWN + path).status_int == 404

        def test_also_where_a_view_of_the_tree_might_be_anywhere(
            self, build: Callable[..., Server]
        ):
            def tree(config: Any) -> None:
                config.add_view(fine, name="peek", oauth2_scope="read")

            server = build(tree, changes={"oauth2.base_url": "http://localhost/app"})
            assert server.get(f"{WELL_KNOWN}/apple").status_int == 404
            assert server.get(f"{WELL_KNOWN}/app/peek").status_int == 200

    def test_nothing_of_the_request_gets_into_it(self, start: Callable[..., Server]):
        server = start()
        assert "evil" not in server.get(f"{WELL_KNOWN}/read", POISON).text
        assert "evil" not in server.get("/read", POISON).headers["WWW-Authenticate"]

    def test_pages_of_other_origins_may_read_it(self, start: Callable[..., Server]):
        answer = start().get(f"{WELL_KNOWN}/read", {"Origin": "https://spa.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
