"""What views demand of a token beside its scope, as a feature defines it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationConflictError, ConfigurationError
from pyramid.response import Response
from webtest import TestApp

from pyramid_oauth2.assembly import service_of
from pyramid_oauth2.extension import StoreUnavailable
from pyramid_oauth2.startup_error import explained

from . import freshness, host
from .introspecting import Endpoint, introspection_endpoint
from .server import Clock, Server, bearer
from .test_transactions import FailsOnce

STALE = "insufficient_user_authentication"
METADATA = "http://localhost/.well-known/oauth-protected-resource"


@pytest.fixture
def storage() -> dict[str, str]:
    """One store: what is tested here does not depend on it."""
    return {"oauth2.backend": "memory"}


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    return build(host.pages, freshness.includeme, freshness.views)


@pytest.fixture
def stale(server: Server) -> dict[str, str]:
    """The header of a token of bob that was issued two minutes ago."""
    header = bearer(server.token("read", user="bob"))
    Clock(server).now += 120
    return header


class TestChecks:
    def test_a_token_that_meets_it(self, server: Server):
        assert server.get("/fresh", bearer(server.token("read", user="bob"))).text == "bob"

    def test_one_that_does_not(self, server: Server, stale: dict[str, str]):
        """RFC 9470 section 3: the error, and what is demanded, are in the challenge."""
        answer = server.get("/fresh", stale)
        assert answer.status_int == 401
        assert answer.json["error"] == STALE
        assert (answer.json["max_age"], answer.json["acr_values"]) == (60, "silver")
        assert answer.headers.getall("WWW-Authenticate") == [
            f'Bearer realm="oauth2", error="{STALE}", error_description="Sign in again.", '
            f'max_age="60", acr_values="silver", scope="read", resource_metadata="{METADATA}/fresh"'
        ]
        assert answer.headers["X-Hint"] == "sign in"
        assert answer.headers["Cache-Control"] == "no-store"

    def test_the_same_token_at_views_that_demand_nothing(
        self, server: Server, stale: dict[str, str]
    ):
        for path in ("/read", "/relaxed"):
            assert server.get(path, stale).text == "bob"

    def test_no_text_of_a_demand_leaves_the_challenge(self, server: Server, stale: dict[str, str]):
        (challenge,) = server.get("/golden", stale).headers.getall("WWW-Authenticate")
        assert 'acr_values="g\\"old\\\\??X: y ?"' in challenge

    def test_a_status_of_its_own(self, server: Server):
        answer = server.get("/users", bearer(server.token("read")))
        assert (answer.status_int, answer.json["error"]) == (403, STALE)
        assert server.get("/users", bearer(server.token("read", user="bob"))).text == "bob"

    def test_both_demands_of_one_view(self, server: Server, stale: dict[str, str]):
        assert server.get("/all", stale).json["error_description"] == "Sign in again."
        now = server.service.server.clock()
        server.set_clock(lambda: now)
        answer = server.get("/all", bearer(server.token("read")))
        assert answer.json["error_description"] == "A user is needed."

    def test_a_store_that_cannot_answer(self, build: Callable[..., Server]):
        class Down(freshness.FreshDemand):
            def check(self, demand: Any, token: Any) -> None:
                raise StoreUnavailable("down")

        def configure(config: Any) -> None:
            config.add_oauth2_view_demand("freshness", Down)
            config.add_oauth2_view_demand("user", freshness.ActiveDemand)
            freshness.views(config)

        server = build(host.pages, configure)
        answer = server.get("/fresh", bearer(server.token("read", user="bob")))
        assert (answer.status_int, answer.json["error"]) == (503, "temporarily_unavailable")


class TestOrder:
    """A demand is checked after the token and its scope, and before the permission."""

    def test_no_token(self, server: Server):
        answer = server.get("/fresh")
        assert answer.status_int == 401
        assert "error=" not in answer.headers["WWW-Authenticate"]

    def test_a_bad_token(self, server: Server):
        assert server.get("/fresh", bearer("x")).json["error"] == "invalid_token"

    def test_a_missing_scope(self, server: Server):
        header = bearer(server.token("write", user="bob"))
        Clock(server).now += 120
        assert server.get("/fresh", header).json["error"] == "insufficient_scope"

    def test_the_permission(self, server: Server):
        header = bearer(server.token("read", user="bob"))
        assert server.get("/forbidden", header).json["error"] == "access_denied"
        Clock(server).now += 120
        assert server.get("/forbidden", header).json["error"] == STALE

    def test_a_user_with_a_cookie_is_not_asked(self, server: Server, stale: dict[str, str]):
        server.browser.get("/login?user=bob")
        assert server.get("/cookies").text == "bob"
        assert server.get("/cookies", stale).json["error"] == STALE

    def test_a_refused_request_is_not_admitted(self, build: Callable[..., Server]):
        """Nor is it exempt from the check of its CSRF token."""
        seen: list[tuple[Any, bool]] = []

        def watch(config: Any) -> None:
            def look(event: Any) -> None:
                oauth2 = event.request.oauth2
                seen.append((event.request.authenticated_userid, oauth2.csrf_exempt))

            config.add_subscriber(look, "pyramid.events.NewResponse")

        server = build(host.pages, freshness.includeme, freshness.views, watch)
        header = bearer(server.token("read", user="bob"))
        Clock(server).now += 120
        seen.clear()
        assert server.get("/fresh", header).status_int == 401
        assert seen == [(None, False)]

    def test_require_is_as_it_was(self, build: Callable[..., Server]):
        def needs_write(request: Any) -> Response:
            request.oauth2.require("write")
            return Response("done")

        def configure(config: Any) -> None:
            config.add_route("require", "/require")
            config.add_view(
                needs_write, route_name="require", oauth2_scope="read", oauth2_max_age=60
            )

        server = build(host.pages, freshness.includeme, configure)
        header = bearer(server.token("read", user="bob"))
        assert server.get("/require", header).json["error"] == "insufficient_scope"
        assert server.get("/require", bearer(server.token("read write"))).text == "done"


def test_a_request_that_is_run_again(build: Callable[..., Server]):
    attempts: list[str] = []

    def fails_once(request: Any) -> Response:
        request.tm.get().join(FailsOnce(request.tm, attempts))
        return Response("done")

    def configure(config: Any) -> None:
        config.include("pyramid_tm")
        config.include("pyramid_retry")
        config.add_route("again", "/again")
        config.add_view(fails_once, route_name="again", oauth2_scope="read", oauth2_max_age=60)

    server = build(host.pages, freshness.includeme, configure, changes={"retry.attempts": "3"})
    header = bearer(server.token("read", user="bob"))
    assert server.get("/again", header).text == "done"
    assert attempts == ["vote", "vote", "committed"]


class TestStart:
    @pytest.fixture
    def config(self, settings: dict[str, Any]) -> Configurator:
        config = Configurator(settings=settings)
        config.include("pyramid_oauth2")
        config.include(host.users)
        config.include(freshness)
        config.add_route("view", "/view")
        return config

    def refused(self, config: Configurator, words: str, **options: Any) -> None:
        config.add_view(freshness.whoami, route_name="view", **options)
        with pytest.raises(ConfigurationError, match=words) as caught:
            config.make_wsgi_app()
        assert __file__ in str(caught.value), "the line of the view"

    def test_a_bad_value(self, config: Configurator):
        self.refused(
            config,
            "oauth2_max_age='soon': write a number of seconds, or any",
            oauth2_scope="read",
            oauth2_max_age="soon",
        )

    def test_without_a_scope(self, config: Configurator):
        words = "oauth2_max_age closes nothing without an oauth2_scope"
        self.refused(config, words, oauth2_max_age=60)

    def test_a_misspelt_option(self, config: Configurator):
        config.add_view(freshness.whoami, route_name="view", oauth2_scope="read", oauth2_maxage=60)
        words = r"oauth2_maxage=60 is no option of a view\. Did you mean oauth2_max_age\?"
        with pytest.raises(ConfigurationError, match=words) as raised:
            config.make_wsgi_app()
        assert f"({__file__}, line " in explained(raised.value)

    def test_an_option_of_another_library(self, config: Configurator):
        """It may begin as ours do, or be near one of them."""

        def deriver(view: Any, info: Any) -> Any:
            return view

        deriver.options = ("oauth2_theirs", "oauth_scope")  # type: ignore[attr-defined]
        config.add_view_deriver(deriver)
        theirs = {"oauth2_theirs": 1, "oauth_scope": "x"}
        config.add_view(freshness.whoami, route_name="view", **theirs)
        config.make_wsgi_app()

    def test_none_is_no_option(self, config: Configurator):
        config.add_view(freshness.whoami, route_name="view", oauth2_max_age=None)
        config.make_wsgi_app()

    def test_two_features_with_one_name(self, config: Configurator):
        config.include(lambda config: config.add_oauth2_view_demand("user", freshness.FreshDemand))
        with pytest.raises(ConfigurationConflictError):
            config.commit()

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (("oauth2_user",), "oauth2_user is declared by user and by zebra"),
            (("oauth2_scope",), "oauth2_scope is declared by pyramid_oauth2 and by zebra"),
            (("renderer",), "renderer of zebra must begin with oauth2_"),
            ("oauth2_x", "options of the view demand zebra is a text; write a tuple"),
            (iter(["oauth2_x"]), "options of the view demand zebra can be read once only"),
            ((), "The view demand zebra names no options"),
        ],
    )
    def test_options_that_are_taken(self, config: Configurator, options: Any, words: str):
        class Other(freshness.ActiveDemand):
            pass

        Other.options = options
        config.add_oauth2_view_demand("zebra", Other)
        with pytest.raises(ConfigurationError, match=words):
            config.make_wsgi_app()

    def test_a_factory_that_uses_the_server_too_early(self, config: Configurator):
        class Early(freshness.ActiveDemand):
            options = ("oauth2_early",)

            def __init__(self, server: Any, settings: Any) -> None:
                server.clock()

        config.add_oauth2_view_demand("early", Early)
        with pytest.raises(ConfigurationError, match=r"uses server\.clock before the application"):
            config.make_wsgi_app()

    def test_the_directive_may_follow_the_view(
        self, settings: dict[str, Any], serve: Callable[..., Server]
    ):
        config = Configurator(settings=settings)
        config.include("pyramid_oauth2")
        config.include(host.users)
        freshness.views(config)
        config.include(freshness)
        config.include(host.policy)
        server = serve(config.make_wsgi_app())
        assert server.get("/fresh", bearer(server.token("read"))).status_int == 200

    def test_under_autocommit(self, settings: dict[str, Any], serve: Callable[..., Server]):
        config = Configurator(settings=settings, autocommit=True)
        config.include(host.policy)
        config.include("pyramid_oauth2")
        config.include(host.users)
        config.include(freshness)
        freshness.views(config)
        server = serve(config.make_wsgi_app())
        header = bearer(server.token("read", user="bob"))
        assert server.get("/fresh", header).text == "bob"
        Clock(server).now += 120
        assert server.get("/fresh", header).json["error"] == STALE


class TestResourceServer:
    """An application whose tokens another server issues has demands too."""

    @pytest.fixture
    def endpoint(self) -> Iterator[Endpoint]:
        with introspection_endpoint() as endpoint:
            yield endpoint

    @pytest.fixture
    def get(self, endpoint: Endpoint) -> Iterator[Callable[[str], Any]]:
        config = Configurator(
            settings={
                "oauth2.mode": "resource_server",
                "oauth2.issuer": "https://auth.example.com",
                "oauth2.base_url": "https://api.example.com",
                "oauth2.scopes": "read = Read your data\nwrite = Change your data",
                "oauth2.introspection.url": endpoint.url,
                "oauth2.introspection.client_id": "api",
                "oauth2.introspection.client_secret": "x",
                "oauth2.introspection.cache": "0",
            }
        )
        config.include("pyramid_oauth2")
        host.pages(config)
        config.include(freshness)
        freshness.views(config)
        app = config.make_wsgi_app()
        service = service_of(app.registry)
        assert service.server.issuer == "https://auth.example.com"
        yield lambda path: TestApp(app).get(path, headers=bearer("a.token"), status="*")
        service.close()

    def test_a_token_that_meets_it(self, endpoint: Endpoint, get: Callable[[str], Any]):
        endpoint.members["iat"] = 3_900_000_000
        assert get("/fresh").text == "bob"
        assert get("/users").text == "bob"

    def test_one_that_does_not(self, endpoint: Endpoint, get: Callable[[str], Any]):
        answer = get("/fresh")
        assert (answer.status_int, answer.json["error"]) == (401, STALE)
        assert 'max_age="60"' in answer.headers["WWW-Authenticate"]
        del endpoint.members["sub"]
        assert get("/users").status_int == 403
