"""Endpoints of a feature: routes, methods, clients, errors and retries as those of the core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError, ConfigurationError
from pyramid.response import Response

from pyramid_oauth2.directives.server import OWN_NAMES
from pyramid_oauth2.interfaces import IEndpoint, IService
from pyramid_oauth2.plug_in_factories import registered_factories
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.records import StoreUnavailable

from . import badges, host
from .badges import BADGE, COLOURS, BadgeMade
from .errors import assert_error
from .flow import SETTINGS
from .openid_provider import provider
from .server import Server, basic
from .test_transactions import FailsOnce

ORIGIN = "https://app.example"


@pytest.fixture
def storage() -> dict[str, str]:
    """One store: what is tested here does not depend on it."""
    return {"oauth2.backend": "memory"}


def entries(server: Server) -> list[str]:
    """The badges that are stored."""
    return [entry.key for entry in server.service.entries.list(badges.NAMESPACE).items]


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    return build(badges.includeme)


def make(server: Server, path: str = BADGE, client: str = "robot", **form: str) -> Any:
    return server.post({"colour": "gold", **form}, server.login(client), path)


class TestResponses:
    def test_it_makes_a_badge(self, server: Server):
        answer = make(server)
        assert answer.status_int == 201
        assert answer.body == b'{"badge":"%s"}' % answer.json["badge"].encode()
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Colour"] == "gold"
        assert entries(server) == [answer.json["badge"]]

    def test_with_a_slash(self, server: Server):
        assert make(server, f"{BADGE}/").status_int == 201

    def test_one_that_may_be_cached(self, server: Server):
        answer = server.get(COLOURS)
        assert answer.json == ["GET", "http://localhost/oauth2/badge_colours"]
        assert answer.headers["Content-Type"] == "application/colours+json"
        assert answer.headers["Cache-Control"] == "max-age=9"
        assert "Pragma" not in answer.headers

    def test_one_without_a_body(self, server: Server):
        answer = server.get(f"{COLOURS}?none")
        assert (answer.status_int, answer.body) == (204, b"")
        assert "Content-Type" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"

    def test_a_password(self, server: Server):
        answer = server.browser.post("/oauth2/badge_login", "bob:bob's password")
        assert answer.json == {"sub": "bob"}
        answer = server.browser.post("/oauth2/badge_login", "bob:x", status="*")
        assert_error(answer, 400, "invalid_request")

    def test_its_url_is_never_taken_from_the_request(self, server: Server):
        answer = server.get(COLOURS, {"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
        assert "evil" not in answer.text


class TestMethods:
    def test_head(self, server: Server):
        answer = server.browser.head(COLOURS)
        assert answer.body == b""
        assert answer.headers["Content-Type"] == "application/colours+json"

    @pytest.mark.parametrize(
        ("path", "method", "allowed"),
        [
            (BADGE, "GET", "POST"),
            (BADGE, "HEAD", "POST"),
            (BADGE, "DELETE", "POST"),
            (COLOURS, "POST", "GET, HEAD"),
            (COLOURS, "OPTIONS", "GET, HEAD"),
        ],
    )
    def test_another_method(self, server: Server, path: str, method: str, allowed: str):
        """RFC 9110 section 15.5.6."""
        answer = server.browser.request(path, method=method, status=405)
        assert answer.headers["Allow"] == allowed

    def test_a_preflight_request(self, server: Server):
        headers = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
        answer = server.browser.request(BADGE, method="OPTIONS", headers=headers, status=204)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Access-Control-Allow-Methods"] == "POST"
        assert answer.headers["Allow"] == "POST, OPTIONS"

    def test_only_origins_of_the_client_may_read(self, server: Server):
        server.register("page", allowed_origins=(ORIGIN,))
        headers = {"Origin": ORIGIN}
        for client, allowed in (("page", ORIGIN), ("robot", None)):
            for colour in ("gold", "pink"):
                login = {**server.login(client), **headers}
                answer = server.post({"colour": colour}, login, BADGE)
                assert answer.headers.get("Access-Control-Allow-Origin") == allowed
        missing = server.post({"tag": "x"}, {**server.login("robot"), **headers}, BADGE)
        assert "Access-Control-Allow-Origin" not in missing.headers

    def test_one_that_is_not_for_other_origins(self, server: Server):
        answer = server.get(COLOURS, {"Origin": ORIGIN})
        assert "Access-Control-Allow-Origin" not in answer.headers


class TestErrors:
    def test_no_client(self, server: Server):
        assert_error(server.post({"colour": "gold"}, path=BADGE), 401, "invalid_client")
        assert entries(server) == []

    def test_a_wrong_secret(self, server: Server):
        answer = server.post({"colour": "gold"}, basic("robot", "wrong"), BADGE)
        assert_error(answer, 401, "invalid_client")

    def test_a_parameter_that_it_demands(self, server: Server):
        answer = server.post({"tag": "x"}, server.login(), BADGE)
        assert_error(answer, 400, "invalid_request")
        assert "colour" in answer.json["error_description"]

    def test_a_repeated_parameter(self, server: Server):
        for form, status in ((b"colour=a&colour=b", 400), (b"colour=a&tag=b&tag=c", 201)):
            headers = {**server.login(), "Content-Type": "application/x-www-form-urlencoded"}
            assert server.post(form, headers, BADGE).status_int == status

    def test_a_body_that_is_too_large(self, server: Server):
        answer = server.post(b"x" * 70_000, server.login(), BADGE)
        assert_error(answer, 413, "invalid_request")

    def test_what_an_error_adds(self, server: Server):
        answer = make(server, colour="pink")
        assert answer.status_int == 400
        assert answer.json == {
            "error": "invalid_colour",
            "error_description": "Pink is sold out.",
            "in_stock": ["gold"],
        }
        assert answer.headers["X-Next"] == "gold"
        assert answer.headers.getall("Cache-Control") == ["no-store"]

    def test_a_401_of_a_feature_has_a_challenge(self, server: Server):
        """RFC 9110 section 15.5.2: each has one."""
        answer = make(server, colour="grey")
        assert_error(answer, 401, "invalid_colour")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")

    def test_plain_http_is_refused_before_it_is_asked(self, build: Callable[..., Server]):
        server = build(badges.includeme, changes={"oauth2.issuer": "https://localhost"})
        for path in (BADGE, COLOURS):
            method = "POST" if path == BADGE else "GET"
            answer = server.browser.request(path, method=method, status="*")
            assert_error(answer, 400, "invalid_request")
            assert "https" in answer.json["error_description"]
        assert server.browser.get(f"https://localhost{COLOURS}").status_int == 200

    def test_a_store_that_cannot_answer(self, server: Server):
        class Down:
            def get(self, client_id: str) -> None:
                raise StoreUnavailable("down")

        service = server.service
        part = replace(service.server, clients=ClientCache(Down(), 0, lambda: 0))
        server.registry.registerUtility(replace(service, server=part), IService)
        answer = make(server)
        assert_error(answer, 503, "temporarily_unavailable")
        assert int(answer.headers["Retry-After"]) > 0

    def test_a_path_that_is_not_text(self, server: Server):
        answer = server.get(f"{BADGE}/%ff")
        assert_error(answer, 400, "invalid_request")


class TestReservations:
    """What a request may use once is reserved by the core, after its parameters were checked."""

    @pytest.fixture
    def voucher(self, server: Server) -> Callable[..., Any]:
        server.register("v", token_endpoint_auth_method="voucher")

        def voucher(number: str, **form: str) -> Any:
            return server.post({"client_id": "v", "voucher": number, **form}, path=BADGE)

        return voucher

    def test_it_is_used_once(self, server: Server, voucher: Callable[..., Any]):
        assert voucher("good 1", colour="gold").status_int == 201
        assert_error(voucher("good 1", colour="gold"), 401, "invalid_client")
        assert voucher("good 2", colour="gold").status_int == 201
        assert len(entries(server)) == 2

    def test_a_request_without_its_parameters_uses_nothing(self, voucher: Callable[..., Any]):
        assert_error(voucher("good 1"), 400, "invalid_request")
        assert voucher("good 1", colour="gold").status_int == 201

    def test_it_is_never_in_a_url(self, server: Server):
        answer = server.post({}, path=f"{BADGE}?voucher=good")
        assert "voucher must not be in the URL" in answer.json["error_description"]


class TestRetry:
    """The application's transaction fails once after the badge was made."""

    @pytest.fixture
    def heard(self) -> list[Any]:
        return []

    @pytest.fixture
    def server(self, build: Callable[..., Server], heard: list[Any]) -> Server:
        attempts: list[str] = []

        def listen(event: Any) -> None:
            heard.append(event)
            event.request.tm.get().join(FailsOnce(event.request.tm, attempts))

        def configure(config: Any) -> None:
            config.include("pyramid_tm")
            config.include("pyramid_retry")
            config.add_subscriber(listen, BadgeMade)

        return build(badges.includeme, configure, changes={"retry.attempts": "3"})

    def test_one_badge(self, server: Server, heard: list[Any]):
        answer = make(server)
        assert answer.status_int == 201
        assert entries(server) == [answer.json["badge"]]
        first, second = heard
        assert (first.redelivered, second.redelivered) == (False, True)
        assert (first.client_id, first.colour) == (second.client_id, second.colour)

    def test_a_voucher_is_not_used_twice(self, server: Server, heard: list[Any]):
        server.register("v", token_endpoint_auth_method="voucher")
        form = {"client_id": "v", "voucher": "good", "colour": "gold"}
        assert server.post(form, path=BADGE).status_int == 201
        assert len(heard) == 2


class TestRoutes:
    def test_below_the_path_and_the_prefix_of_our_include(
        self, settings: dict[str, Any], serve: Callable[..., Server]
    ):
        config = Configurator(settings={**settings, "oauth2.path": "/auth"})
        config.include("pyramid_oauth2", route_prefix="api")
        config.include(host.users)
        config.include(badges, route_prefix="elsewhere")
        assert config.route_prefix is None
        server = serve(config.make_wsgi_app())
        assert make(server, "/api/auth/badge").status_int == 201
        document = server.get("/.well-known/oauth-authorization-server").json
        assert document["badge_endpoint"] == "http://localhost/api/auth/badge"

    def test_a_later_route_of_the_application_for_every_path(self, build: Callable[..., Server]):
        def catch_all(config: Any) -> None:
            config.add_route("all", "/*rest")
            config.add_view(lambda request: Response("all"), route_name="all")

        server = build(badges.includeme, catch_all)
        assert make(server).status_int == 201
        assert server.post({}, server.login()).status_int == 400

    def test_a_default_permission_does_not_close_it(self, build: Callable[..., Server]):
        def strict(config: Any) -> None:
            config.set_default_permission("edit")
            config.set_default_csrf_options(require_csrf=True)

        assert make(build(host.pages, strict, badges.includeme)).status_int == 201

    def test_under_autocommit(self, settings: dict[str, Any], serve: Callable[..., Server]):
        policy = {"oauth2.security_policy": "false"}
        config = Configurator(settings=settings | policy, autocommit=True)
        config.include("pyramid_oauth2")
        config.include(host.users)
        config.include(badges)
        server = serve(config.make_wsgi_app())
        assert make(server).status_int == 201

    def test_a_resource_server_has_none(self):
        config = Configurator(
            settings={
                "oauth2.issuer": "https://auth.example.com",
                "oauth2.mode": "resource_server",
                "oauth2.base_url": "https://api.example.com",
                "oauth2.introspection.url": "https://auth.example.com/introspect",
                "oauth2.introspection.client_id": "api",
                "oauth2.introspection.client_secret": "x",
            }
        )
        config.include("pyramid_oauth2")
        config.include(badges)
        registry = config.make_wsgi_app().registry
        names = {
            item["introspectable"]["name"] for item in registry.introspector.get_category("routes")
        }
        assert names == {"oauth2.protected_resource", "oauth2.protected_resource.root"}

    def test_our_own_are_registered_in_the_same_way(self, server: Server):
        ours = {"token", "access_token", "revoke", "introspect", "jwks"}
        theirs = {"badge", "badge_colours", "badge_login"}
        assert registered_factories(server.registry, IEndpoint).keys() == ours | theirs


class TestNames:
    @pytest.fixture
    def config(self, settings: dict[str, Any]) -> Configurator:
        config = Configurator(settings=settings)
        config.include("pyramid_oauth2")
        config.include(host.users)
        return config

    @pytest.mark.parametrize("name", sorted(OWN_NAMES))
    def test_one_of_ours(self, config: Configurator, name: str):
        with pytest.raises(ConfigurationError, match=f"has {name} itself"):
            config.add_oauth2_endpoint(name, badges.BadgeEndpoint)

    def test_every_route_of_ours_is_among_them(self, build: Callable[..., Server]):
        admin = {"oauth2.admin": "true", "oauth2.admin_principals": "bob"}
        openid = {"oauth2.openid": "true", "oauth2.secret": "s" * 43}
        registration = {"oauth2.registration": "open"}
        changes = {**SETTINGS, "oauth2.self_service": "true", **admin, **openid, **registration}
        server = build(host.pages, provider, changes=changes)
        routes = server.registry.introspector.get_category("routes")
        found = [item["introspectable"] for item in routes]
        names = {
            route["name"].split(".")[1] for route in found if route["name"].startswith("oauth2.")
        }
        below = [route["pattern"].strip("/").split("/") for route in found]
        names |= {path[1] for path in below if path[0] == "oauth2" and len(path) > 1}
        assert names == OWN_NAMES

    @pytest.mark.parametrize("name", ["", "a.b", "a/b", "Badge", "1", "a-b", "{x}", "token.slash"])
    def test_one_that_is_none(self, config: Configurator, name: str):
        with pytest.raises(ConfigurationError, match="cannot be an endpoint"):
            config.add_oauth2_endpoint(name, badges.BadgeEndpoint)

    def test_two_features_with_one_name(self, config: Configurator):
        config.include(lambda config: config.add_oauth2_endpoint("badge", badges.BadgeEndpoint))
        config.include(badges)
        with pytest.raises(ConfigurationConflictError):
            config.commit()

    def test_before_the_include(self, settings: dict[str, Any]):
        config = Configurator(settings=settings)
        config.include("pyramid_oauth2.directives")
        with pytest.raises(ConfigurationError, match=r"config\.include\('pyramid_oauth2'\) first"):
            config.add_oauth2_endpoint("badge", badges.BadgeEndpoint)

    def test_methods_that_are_a_text(self, config: Configurator):
        class Wrong(badges.ColoursEndpoint):
            methods = "POST"

        config.add_oauth2_endpoint("wrong", Wrong)
        with pytest.raises(ConfigurationError, match="methods of wrong is a text; write a tuple"):
            config.make_wsgi_app()

    def test_a_parameter_that_is_declared_in_two_ways(self, config: Configurator):
        class Wrong(badges.ColoursEndpoint):
            parameters = (badges.Parameter("scope", repeatable=True),)

        config.add_oauth2_endpoint("wrong", Wrong)
        with pytest.raises(ConfigurationError, match="the parameter scope is declared in two ways"):
            config.make_wsgi_app()
