"""``oauth2_scope`` on views of every kind, and what a view may still require itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPForbidden
from pyramid.response import Response
from pyramid.view import view_config, view_defaults

from pyramid_oauth2.testing import bearer as new_bearer

from . import host
from .server import Server, bearer


@view_defaults(route_name="notes", oauth2_scope="read")
class Notes:
    def __init__(self, context: Any, request: Any) -> None:
        self.request = request

    @view_config(request_method="GET")
    def read(self) -> Response:
        return Response(f"notes of {self.request.authenticated_userid}")

    @view_config(request_method="POST", oauth2_scope="write")
    def write(self) -> Response:
        return Response(f"written by {self.request.authenticated_userid}")


class Folder(dict[str, Any]):
    pass


class Shelf(Folder):
    __acl__ = [("Allow", "bob", "open")]


@view_config(context=Folder, name="list", oauth2_scope="read", permission="open")
@view_config(context=Folder, name="peek", oauth2_scope="read", permission="open", oauth2_only=False)
def list_folder(context: Any, request: Any) -> Response:
    return Response(f"{request.authenticated_userid} in {context['name']}")


def classes(config: Any) -> None:
    config.add_route("notes", "/notes")
    config.scan(__name__)


def tree(config: Any) -> None:
    config.include(host.policy)
    config.set_root_factory(lambda request: Folder(name="root", shelf=Shelf(name="shelf")))
    config.add_forbidden_view(host.send_to_login)
    config.add_route("login", "/login")
    config.add_view(host.log_in, route_name="login")
    classes(config)


def test_a_class_with_view_defaults(build: Callable[..., Server]):
    server = build(classes)
    reader, writer = (new_bearer(server.app, "bob", scope) for scope in ("read", "write"))
    assert server.get("/notes", reader).text == "notes of bob"
    assert server.post({}, writer, "/notes").text == "written by bob"
    assert server.get("/notes", writer).json["error"] == "insufficient_scope"
    assert server.post({}, reader, "/notes").json["error"] == "insufficient_scope"
    assert server.get("/notes").status_int == 401


def test_traversal(build: Callable[..., Server]):
    """The permission depends on the view's place in the tree, the scope does not."""
    server = build(tree)
    bob, alice = (new_bearer(server.app, name, "read") for name in ("bob", "alice"))
    for name in ("list", "peek"):
        assert server.get(f"/shelf/{name}", bob).text == "bob in shelf"
        assert server.get(f"/{name}", bob).status_int == 403
        assert server.get(f"/shelf/{name}", alice).status_int == 403
        writer = new_bearer(server.app, "bob", "write")
        assert server.get(f"/shelf/{name}", writer).json["error"] == "insufficient_scope"
    server.browser.get("/login?user=bob", status=200)
    assert server.get("/shelf/list").status_int == 401
    assert server.get("/shelf/peek").text == "bob in shelf"
    assert server.get("/peek").status_int == 302


def test_oauth2_only_closes_nothing_by_itself(build: Callable[..., Server]):
    """Its author assumes that the view is protected."""

    def configure(config: Any) -> None:
        config.add_route("x", "/x")
        config.add_view(host.whoami, route_name="x", oauth2_only=True)

    with pytest.raises(ConfigurationError, match="oauth2_scope"):
        build(configure)


@pytest.mark.parametrize("permission", [None, "__no_permission_required__"])
def test_two_ways_need_a_permission(build: Callable[..., Server], permission: str | None):
    def configure(config: Any) -> None:
        config.add_route("x", "/x")
        config.add_view(
            host.whoami,
            route_name="x",
            oauth2_scope="read",
            oauth2_only=False,
            permission=permission,
        )

    with pytest.raises(ConfigurationError, match="everybody would come in"):
        build(configure)


class NoObjects(host.CookiePolicy):
    """A policy that refuses with a plain False."""

    def permits(self, request: Any, context: Any, permission: str) -> bool:
        return False


def test_a_policys_plain_no_is_no_login_page_for_a_token(build: Callable[..., Server]):
    """With an application's own pair of policies, a refusal need not be a ``Denied``."""

    def configure(config: Any) -> None:
        config.include(host.pages)
        config.set_security_policy(NoObjects())

    server = build(configure, changes={"oauth2.security_policy": "false"})
    assert server.get("/delete", bearer(server.token("write", "bob"))).status_int == 403
    assert server.get("/edit").status_int == 302


class TestRequire:
    """``request.oauth2.require``, for a scope that depends on the request."""

    @pytest.fixture
    def server(self, build: Callable[..., Server]) -> Server:
        def view(request: Any) -> Response:
            request.oauth2.require(request.matchdict["scope"].replace("+", " "))
            return Response(str(request.authenticated_userid))

        def configure(config: Any) -> None:
            host.policy(config)
            config.include("pyramid_tm")
            config.add_forbidden_view(host.send_to_login)
            config.add_route("login", "/login")
            config.add_view(host.log_in, route_name="login")
            two_ways = {"oauth2_only": False, "permission": "delete"}
            for name, options in (
                ("only", {"oauth2_scope": "read"}),
                ("both", {"oauth2_scope": "read", **two_ways}),
                ("open", {}),
            ):
                config.add_route(name, f"/{name}/{{scope}}")
                config.add_view(view, route_name=name, **options)

        return build(configure)

    @pytest.mark.parametrize("place", ["only", "both", "open"])
    def test_with_a_token(self, server: Server, place: str):
        reader = new_bearer(server.app, "bob", "read")
        name = "None" if place == "open" else "bob"
        assert server.get(f"/{place}/read", reader).text == name
        for needed in ("write", "read+write"):
            refused = server.get(f"/{place}/{needed}", reader)
            assert (refused.status_int, refused.json["error"]) == (403, "insufficient_scope")
            # Also those of the view: a client asks its user once for all.
            scope = f'scope="{needed if place == "open" else "read write"}"'.replace("+", " ")
            assert scope in refused.headers["WWW-Authenticate"]
            assert refused.headers["Content-Type"] == "application/json"
            assert refused.headers["Cache-Control"] == "no-store"

    @pytest.mark.parametrize("place", ["only", "both", "open"])
    def test_no_scope_at_all_is_a_mistake_and_opens_nothing(self, server: Server, place: str):
        """A name that was computed and came out empty: every token would have it."""
        reader = new_bearer(server.app, "bob", "read")
        with pytest.raises(ValueError, match="needs the name of a scope"):
            server.get(f"/{place}/+", reader)

    def test_a_user_with_a_cookie_has_what_the_permission_gives(self, server: Server):
        """Even rights that no token would give: the scope limits clients, not users."""
        server.browser.get("/login?user=bob", status=200)
        assert server.get("/both/write").text == "bob"

    def test_a_cookie_is_no_token(self, server: Server):
        server.browser.get("/login?user=bob", status=200)
        for place in ("only", "open"):
            refused = server.get(f"/{place}/read")
            assert refused.status_int == 401
            assert "error" not in refused.headers["WWW-Authenticate"]

    def test_a_refusal_is_no_forbidden_of_the_application(self, server: Server):
        """An API request is never redirected to the login page."""
        assert server.get("/open/read").status_int == 401

    def test_an_application_may_turn_it_into_its_own(self, build: Callable[..., Server]):
        def view(request: Any) -> Response:
            try:
                request.oauth2.require("write")
            except Exception as refused:
                raise HTTPForbidden("as you like") from refused
            return Response("in")

        def configure(config: Any) -> None:
            config.add_route("x", "/x")
            config.add_view(view, route_name="x", oauth2_scope="read")

        server = build(configure)
        answer = server.get("/x", new_bearer(server.app, "bob", "read"))
        assert answer.status_int == 403
        assert "insufficient_scope" not in answer.text
