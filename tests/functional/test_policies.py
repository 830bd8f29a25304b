"""The add-on with any policy of the application, configured in any order."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.authentication import AuthTktAuthenticationPolicy
from pyramid.authorization import ACLAuthorizationPolicy, Authenticated
from pyramid.config import Configurator
from pyramid.events import NewResponse
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import IAuthenticationPolicy
from pyramid.response import Response
from pyramid.security import forget

from pyramid_oauth2.protection.wrapped_policy import CookiePolicyAsked

from . import host
from .server import Server, bearer

Serve = Callable[..., Server]


def include(config: Any) -> None:
    config.include("pyramid_oauth2")


def include_twice(config: Any) -> None:
    config.include("pyramid_oauth2")
    config.include("pyramid_oauth2")


def commit(config: Any) -> None:
    config.commit()


def included_policy(config: Any) -> None:
    config.include(host.policy)


def assert_cookie_and_token(server: Server) -> None:
    assert server.get("/edit").status_int == 302
    assert server.get("/edit", bearer(server.token())).status_int == 403
    assert server.get("/view", bearer(server.token())).status_int == 200
    assert server.get("/read", bearer(server.token(user="bob"))).text == "bob"
    server.browser.get("/login?user=bob", status=200)
    assert server.get("/edit").text == "bob"


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param((include, host.policy), id="include, policy"),
        pytest.param((host.policy, include), id="policy, include"),
        pytest.param((included_policy, include), id="policy in an include, include"),
        pytest.param((include, included_policy), id="include, policy in an include"),
        pytest.param((include_twice, host.policy), id="include twice"),
        pytest.param((host.policy, include, commit), id="policy, include, commit"),
        pytest.param((host.policy, commit, include), id="policy, commit, include"),
    ],
)
def test_in_any_order(settings: dict[str, Any], serve: Serve, steps: Any):
    config = Configurator(settings=settings)
    for step in (*steps, host.users, host.views):
        step(config)
    assert_cookie_and_token(serve(config.make_wsgi_app()))


def test_named_in_the_ini(settings: dict[str, Any], serve: Serve):
    config = Configurator(settings={**settings, "pyramid.includes": "pyramid_oauth2"})
    host.users(config)
    host.pages(config)
    assert_cookie_and_token(serve(config.make_wsgi_app()))


@pytest.mark.filterwarnings("ignore:Authentication and authorization policies:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The new security policy has:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:'effective_principals':DeprecationWarning")
class TestLegacyPair:
    """An authentication and an authorization policy, as before Pyramid 2."""

    def configure(self, config: Any) -> None:
        config.set_authentication_policy(
            AuthTktAuthenticationPolicy("not so secret", hashalg="sha512")
        )
        config.set_authorization_policy(ACLAuthorizationPolicy())
        config.set_root_factory(host.Root)
        config.add_forbidden_view(host.send_to_login)
        for name, view, options in (
            ("login", host.log_in, {}),
            ("edit", host.whoami, {"permission": "edit"}),
            ("view", host.whoami, {"permission": "view"}),
            ("read", host.whoami, {"oauth2_scope": "read"}),
            ("names", self.names, {}),
            ("scoped names", self.names, {"oauth2_scope": "read"}),
        ):
            config.add_route(name, "/" + name.replace(" ", "-"))
            config.add_view(view, route_name=name, **options)

    @staticmethod
    def names(request: Any) -> Response:
        found = request.effective_principals
        unauthenticated = request.unauthenticated_userid
        return Response(f"{unauthenticated}: {'bob' in found}, {Authenticated in found}")

    def test_cookie_and_token(self, build: Callable[..., Server]):
        assert_cookie_and_token(build(self.configure))

    def test_effective_principals_of_a_token_are_not_the_cookies(
        self, build: Callable[..., Server]
    ):
        server = build(self.configure)
        server.browser.get("/login?user=bob", status=200)
        assert server.get("/names").text == "bob: True, True"
        headers = bearer(server.token(user="alice"))
        assert server.get("/names", headers).text == "None: False, False"
        assert server.get("/scoped-names", headers).text == "alice: False, True"

    def test_the_registered_authentication_policy_does_not_answer_for_the_cookie(
        self, build: Callable[..., Server]
    ):
        """Code older than the add-on asks it for the groups of the user."""

        def groups(request: Any) -> list[str]:
            policy = request.registry.getUtility(IAuthenticationPolicy)
            return [policy.authenticated_userid(request), *policy.effective_principals(request)]

        def configure(config: Any) -> None:
            self.configure(config)
            config.add_route("groups", "/groups")
            config.add_view(groups, route_name="groups", oauth2_scope="read", renderer="string")

        server = build(configure)
        server.browser.get("/login?user=bob", status=200)
        answer = server.get("/groups", bearer(server.token(user="alice")))
        assert "bob" not in answer.text
        assert "alice" in answer.text

    def test_what_else_the_authentication_policy_has(self, build: Callable[..., Server]):
        """A callback is called with a token as each other method: not at all."""

        def callback(request: Any) -> Response:
            policy = request.registry.getUtility(IAuthenticationPolicy)
            assert policy.cookie is policy.wrapped.cookie
            assert policy.wrapped.callback("bob", request) == ["group:bob"]
            with pytest.raises(CookiePolicyAsked):
                policy.callback("bob", request)
            return Response("refused")

        def configure(config: Any) -> None:
            config.set_authentication_policy(
                AuthTktAuthenticationPolicy(
                    "not so secret", hashalg="sha512", callback=lambda user, _: [f"group:{user}"]
                )
            )
            config.set_authorization_policy(ACLAuthorizationPolicy())
            config.add_route("callback", "/callback")
            config.add_view(callback, route_name="callback")

        server = build(configure)
        assert server.get("/callback", bearer(server.token(user="bob"))).text == "refused"


def test_without_a_policy_no_permission_is_given(
    build: Callable[..., Server], caplog: pytest.LogCaptureFixture
):
    """Pyramid would silently ignore permission= here."""

    def configure(config: Any) -> None:
        config.set_root_factory(host.Root)
        for name in ("edit", "view"):
            config.add_route(name, f"/{name}")
            config.add_view(host.whoami, route_name=name, permission=name)
        config.add_route("open", "/open")
        config.add_view(host.whoami, route_name="open")

    server = build(configure)
    (record,) = [r for r in caplog.records if r.name == "pyramid_oauth2.protection.security"]
    assert record.levelno == logging.WARNING
    assert "no security policy" in record.getMessage()
    assert server.get("/edit").status_int == 403
    assert server.get("/view", bearer(server.token("read"))).status_int == 200
    assert server.get("/open").text == "anonymous"


def test_log_in_and_out_stay_the_applications(server: Server):
    server.browser.get("/login?user=bob", status=200)
    assert server.get("/whoami").text == "bob"


def test_forget_stays_the_applications(build: Callable[..., Server]):
    def log_out(request: Any) -> Response:
        response = Response("bye")
        response.headerlist.extend(forget(request))
        return response

    def configure(config: Any) -> None:
        config.add_route("logout", "/logout")
        config.add_view(log_out, route_name="logout")

    server = build(host.pages, configure)
    server.browser.get("/login?user=bob", status=200)
    server.browser.get("/logout", status=200)
    assert server.get("/whoami").text == "anonymous"


def test_a_policy_set_after_a_commit_stops_the_start(settings: dict[str, Any]):
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    host.users(config)
    config.commit()
    config.set_security_policy(host.CookiePolicy())
    with pytest.raises(ConfigurationError, match=r"config\.commit\(\)"):
        config.make_wsgi_app()


@pytest.mark.filterwarnings("ignore:Authentication and authorization policies:DeprecationWarning")
def test_a_legacy_policy_set_after_a_commit_stops_the_start(settings: dict[str, Any]):
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    host.users(config)
    config.commit()
    config.set_authorization_policy(ACLAuthorizationPolicy())
    config.set_authentication_policy(AuthTktAuthenticationPolicy("x", hashalg="sha512"))
    with pytest.raises(ConfigurationError):
        config.make_wsgi_app()


def test_a_policy_set_after_the_include_under_autocommit_stops_the_start(
    settings: dict[str, Any],
):
    config = Configurator(settings=settings, autocommit=True)
    config.include("pyramid_oauth2")
    host.users(config)
    config.set_security_policy(host.CookiePolicy())
    with pytest.raises(ConfigurationError, match="autocommit=True"):
        config.make_wsgi_app()


def test_a_policy_set_before_the_include_under_autocommit(settings: dict[str, Any], serve: Serve):
    config = Configurator(settings=settings, autocommit=True)
    config.set_security_policy(host.CookiePolicy())
    config.include("pyramid_oauth2")
    config.include(host.users)
    config.set_root_factory(host.Root)
    config.add_route("view", "/view")
    config.add_view(host.whoami, route_name="view", permission="view")
    server = serve(config.make_wsgi_app())
    assert server.get("/view", bearer(server.token("read"))).status_int == 200
    assert server.get("/view").status_int == 403


class TestUsersOfTheApplication:
    """How ``IResourceOwners`` maps the user of a token."""

    class Users(host.Users):
        IDS = {"alice": 1, "bob": 2}

        def authenticate(self, request: Any, username: str, password: str) -> str | None:
            known = super().authenticate(request, username, password)
            return f"user-{self.IDS[known]}" if known else None

        def userid(self, subject: str) -> int:
            return int(subject.removeprefix("user-"))

        def identity(self, request: Any, subject: str) -> dict[str, Any]:
            return {"id": self.userid(subject)}

        def principals(self, request: Any, subject: str) -> list[str]:
            return ["group:staff"] if subject == "user-2" else []

    @pytest.fixture
    def server(self, build: Callable[..., Server]) -> Server:
        def view(request: Any) -> dict[str, Any]:
            names = (request.oauth2.subject, request.authenticated_userid, request.identity)
            return dict(zip(("subject", "userid", "identity"), names, strict=True))

        class Root:
            __acl__ = [("Allow", "group:staff", "manage"), ("Allow", 1, "own")]

            def __init__(self, request: Any) -> None:
                pass

        def configure(config: Any) -> None:
            config.set_oauth2_resource_owners(self.Users())
            config.set_root_factory(Root)
            for name, options in (
                ("me", {"oauth2_scope": "read"}),
                ("manage", {"oauth2_scope": "read", "permission": "manage"}),
                ("own", {"oauth2_scope": "read", "permission": "own"}),
                ("bare", {"permission": "manage"}),
                ("open", {}),
            ):
                config.add_route(name, f"/{name}")
                config.add_view(view, route_name=name, renderer="json", **options)

        return build(configure)

    def test_userid_and_identity_are_the_applications_own(self, server: Server):
        answer = server.get("/me", bearer(server.token(user="bob")))
        assert answer.json == {"subject": "user-2", "userid": 2, "identity": {"id": 2}}

    def test_nobody_to_a_view_that_declares_no_scope(self, server: Server):
        answer = server.get("/open", bearer(server.token(user="bob")))
        assert answer.json == {"subject": "user-2", "userid": None, "identity": None}

    def test_groups_count_where_a_scope_is_declared(self, server: Server):
        assert server.get("/manage", bearer(server.token(user="bob"))).status_int == 200
        assert server.get("/manage", bearer(server.token(user="alice"))).status_int == 403
        assert server.get("/bare", bearer(server.token(user="bob"))).status_int == 403

    def test_an_integer_userid_is_a_principal(self, server: Server):
        assert server.get("/own", bearer(server.token(user="alice"))).status_int == 200
        assert server.get("/own", bearer(server.token(user="bob"))).status_int == 403


def test_a_foreign_bearer_that_reached_a_view_for_tokens_is_nobody_from_then_on(
    build: Callable[..., Server],
):
    """The view requires one of our tokens, so the application's own policy is not called."""
    seen: list[Any] = []

    def note(event: NewResponse) -> None:
        seen.append(event.request.authenticated_userid)

    server = build(host.pages, lambda config: config.add_subscriber(note, NewResponse))
    headers = bearer("app-token-of-bob")
    assert server.get("/read", headers).status_int == 401
    assert server.get("/whoami", headers).text == "bob"
    assert seen == [None, "bob"]


def test_a_scope_is_no_string_and_no_string_is_a_scope(build: Callable[..., Server]):
    """A user whose name looks like a scope gets nothing from it."""

    class Root:
        __acl__ = [("Allow", "read", "text"), ("Allow", "Scope(name='read')", "repr")]

        def __init__(self, request: Any) -> None:
            pass

    def configure(config: Any) -> None:
        config.set_root_factory(Root)
        for name in ("text", "repr"):
            config.add_route(name, f"/{name}")
            config.add_view(host.whoami, route_name=name, permission=name)

    server = build(configure)
    for name in ("text", "repr"):
        assert server.get(f"/{name}", bearer(server.token("read"))).status_int == 403
