"""An existing application works as before, with any defaults of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyramid.csrf import CookieCSRFStoragePolicy
from pyramid.exceptions import ConfigurationError
from pyramid.httpexceptions import HTTPForbidden, HTTPNotFound
from pyramid.request import Request
from pyramid.response import Response

from . import host
from .server import Server, bearer

METADATA = "/.well-known/oauth-authorization-server"
BAD = bearer("oat_" + "0" * 65)


def add(config: Any, name: str, view: Any, **options: Any) -> None:
    config.add_route(name, f"/{name}")
    config.add_view(view, route_name=name, **options)


def fine(request: Any) -> Response:
    return Response("fine")


class TestDefaultPermission:
    @pytest.fixture
    def server(self, build: Callable[..., Server]) -> Server:
        return build(host.pages, lambda config: config.set_default_permission("edit"))

    def test_our_endpoints_need_none(self, server: Server):
        assert server.ask().status_int == 200
        assert server.get(METADATA).status_int == 200

    def test_it_holds_for_the_views_of_the_application(self, server: Server):
        assert server.get("/whoami").location.endswith("/login")
        server.browser.get("/login?user=bob", status=200)
        assert server.get("/whoami").text == "bob"

    def test_it_holds_beside_a_declared_scope(self, server: Server):
        assert server.get("/read", bearer(server.token(user="bob"))).status_int == 200
        own = server.get("/read", bearer(server.token()))
        assert own.status_int == 403
        assert own.headers["WWW-Authenticate"] == (
            'Bearer realm="oauth2", '
            'resource_metadata="http://localhost/.well-known/oauth-protected-resource/read"'
        )


class TestDefaultCSRF:
    @pytest.fixture
    def server(self, build: Callable[..., Server]) -> Server:
        def configure(config: Any) -> None:
            config.set_csrf_storage_policy(CookieCSRFStoragePolicy(cookie_name="theirs"))
            config.set_default_csrf_options(require_csrf=True)
            add(config, "scoped", fine, oauth2_scope="write")
            add(config, "strict", fine, oauth2_scope="write", require_csrf=True)
            add(config, "form", lambda request: Response(request.session_token()))
            config.add_request_method(
                lambda request: request.registry.getUtility(ICSRF).get_csrf_token(request),
                "session_token",
            )

        from pyramid.interfaces import ICSRFStoragePolicy as ICSRF

        return build(host.pages, configure)

    def test_our_endpoints_need_no_csrf_token(self, server: Server):
        """RFC 6749 section 3.2: the caller is a program."""
        assert server.ask().status_int == 200

    def test_a_view_for_tokens_needs_none(self, server: Server):
        headers = bearer(server.token("write"))
        assert server.post({}, headers, "/scoped").status_int == 200

    def test_a_view_that_asks_for_one_gets_one(self, server: Server):
        headers = bearer(server.token("write"))
        assert server.post({}, headers, "/strict").status_int == 400

    @pytest.mark.parametrize("with_token", [False, True], ids=["cookie", "cookie and bearer"])
    def test_the_applications_views_are_as_guarded_as_before(
        self, server: Server, with_token: bool
    ):
        """The presence of a header does not exempt from the check."""
        headers = bearer(server.token("write")) if with_token else {}
        assert server.post({}, headers, "/whoami").status_int == 400

    def test_the_applications_forms_work_as_before(self, server: Server):
        token = server.get("/form").text
        assert server.post({"csrf_token": token}, {}, "/whoami").status_int == 200


def test_the_applications_own_refusal_passes_through(build: Callable[..., Server]):
    """A bearer request gets the application's HTTPForbidden as it was raised."""

    def quota(request: Any) -> Response:
        raise HTTPForbidden("quota exceeded")

    def configure(config: Any) -> None:
        config.add_forbidden_view(lambda exc, request: Response(exc.detail, status=429))
        add(config, "scoped", quota, oauth2_scope="read")
        add(config, "plain", quota)

    server = build(configure)
    for path in ("/scoped", "/plain"):
        answer = server.get(path, bearer(server.token()))
        assert (answer.status_int, answer.text) == (429, "quota exceeded")


def test_a_forbidden_that_is_returned_passes_through(build: Callable[..., Server]):
    server = build(lambda config: add(config, "scoped", refuse, oauth2_scope="read"))
    answer = server.get("/scoped", bearer(server.token()))
    assert answer.status_int == 403
    assert "WWW-Authenticate" not in answer.headers


def refuse(request: Any) -> HTTPForbidden:
    return HTTPForbidden("returned")


def test_the_policy_may_be_asked_by_hand(build: Callable[..., Server]):
    def view(request: Any) -> Response:
        return Response(str(bool(request.has_permission("view"))))

    def configure(config: Any) -> None:
        host.policy(config)
        add(config, "plain", view)

    server = build(configure)
    assert server.get("/plain", bearer(server.token("read"))).text == "True"
    assert server.get("/plain", bearer(server.token("write"))).text == "False"


@pytest.mark.parametrize("headers", [{}, BAD], ids=["no token", "bad token"])
class TestWhereABadTokenIsNoMatter:
    """Exception views and static views are not protected by tokens."""

    @pytest.mark.parametrize(
        "register",
        [
            pytest.param(lambda config, view: config.add_notfound_view(view), id="notfound view"),
            pytest.param(
                lambda config, view: config.add_exception_view(view, context=HTTPNotFound),
                id="exception view",
            ),
            pytest.param(
                lambda config, view: config.add_view(view, context=HTTPNotFound),
                id="view of an exception",
            ),
        ],
    )
    def test_nothing_there(
        self, build: Callable[..., Server], register: Any, headers: dict[str, str]
    ):
        def nothing(request: Any) -> Response:
            return Response("nothing here", status=404)

        server = build(lambda config: register(config, nothing))
        answer = server.get("/nowhere", headers)
        assert (answer.status_int, answer.text) == (404, "nothing here")

    def test_nothing_there_and_no_view_for_it(
        self, build: Callable[..., Server], headers: dict[str, str]
    ):
        assert build().get("/nowhere", headers).status_int == 404

    def test_static_files(
        self, build: Callable[..., Server], headers: dict[str, str], tmp_path: Path
    ):
        (tmp_path / "style.css").write_text("p {}")
        server = build(lambda config: config.add_static_view("static", str(tmp_path)))
        answer = server.get("/static/style.css", headers)
        assert answer.status_int == 200

    def test_an_exception_that_no_view_of_the_request_raised(
        self, build: Callable[..., Server], headers: dict[str, str]
    ):
        def fail(request: Any) -> Any:
            raise LookupError("no such tenant")

        def configure(config: Any) -> None:
            config.add_exception_view(
                lambda exc, request: Response(str(exc), status=404), context=LookupError
            )
            config.add_route("tenant", "/tenant", factory=fail)
            config.add_view(fine, route_name="tenant")

        answer = build(configure).get("/tenant", headers)
        assert (answer.status_int, answer.text) == (404, "no such tenant")

    def test_metadata(self, build: Callable[..., Server], headers: dict[str, str]):
        assert build().get(METADATA, headers).status_int == 200


class TestDeclaringAScope:
    """``oauth2_scope`` on views of every kind, and where it must be a mistake."""

    def test_on_a_method_of_a_class(self, build: Callable[..., Server]):
        class Notes:
            def __init__(self, request: Any) -> None:
                self.request = request

            def list(self) -> Response:
                return Response(self.request.authenticated_userid)

        def configure(config: Any) -> None:
            add(config, "notes", Notes, attr="list", oauth2_scope="read")

        server = build(configure)
        assert server.get("/notes", bearer(server.token(user="bob"))).text == "bob"
        assert server.get("/notes").status_int == 401

    def test_on_a_view_with_a_renderer(self, build: Callable[..., Server]):
        def view(request: Any) -> dict[str, str]:
            return {"user": request.authenticated_userid}

        server = build(lambda config: add(config, "me", view, renderer="json", oauth2_scope="read"))
        assert server.get("/me", bearer(server.token(user="bob"))).json == {"user": "bob"}

    def test_on_one_of_two_views_of_a_route(self, build: Callable[..., Server]):
        def configure(config: Any) -> None:
            config.add_route("notes", "/notes")
            config.add_view(fine, route_name="notes", request_method="GET", oauth2_scope="read")
            config.add_view(fine, route_name="notes", request_method="POST", oauth2_scope="write")

        server = build(configure)
        reader = bearer(server.token("read"))
        assert server.get("/notes", reader).status_int == 200
        assert server.post({}, reader, "/notes").status_int == 403
        assert server.post({}, bearer(server.token("write")), "/notes").status_int == 200

    def test_a_list_of_scopes(self, build: Callable[..., Server]):
        server = build(lambda config: add(config, "x", fine, oauth2_scope=("read", "write")))
        assert server.get("/x", bearer(server.token("read"))).status_int == 403
        assert server.get("/x", bearer(server.token("read write"))).status_int == 200

    def test_a_scope_of_an_extension(self, build: Callable[..., Server]):
        def configure(config: Any) -> None:
            add(config, "x", fine, oauth2_scope="admin")
            config.add_oauth2_scope("admin", "Manage everything")

        server = build(configure)
        assert server.get("/x", bearer(server.token("read"))).status_int == 403
        server.register("boss", scope=frozenset({"admin"}))
        assert server.get("/x", bearer(server.token("admin", client="boss"))).status_int == 200

    @pytest.mark.parametrize("scope", ["raed", "read writ", "", [], "read,write"])
    def test_an_unknown_scope_stops_the_start(self, build: Callable[..., Server], scope: Any):
        with pytest.raises(ConfigurationError, match=r"unknown scopes|names no scope") as caught:
            build(lambda config: add(config, "x", fine, oauth2_scope=scope))
        assert Path(__file__).name in str(caught.value)

    @pytest.mark.parametrize(
        "scope",
        [(name for name in ["write"]), map(str, ["write"]), iter(["write"])],
        ids=["generator", "map", "iterator"],
    )
    def test_an_iterator_stops_the_start(self, build: Callable[..., Server], scope: Any):
        """The check would use it up: a view that requires no scope is open to every token."""
        with pytest.raises(ConfigurationError, match="names no scope"):
            build(lambda config: add(config, "x", fine, oauth2_scope=scope))

    @pytest.mark.parametrize("scope", [["write"], {"write"}, {"write": 1}.keys()], ids=repr)
    def test_a_collection_is_required(self, build: Callable[..., Server], scope: Any):
        server = build(lambda config: add(config, "x", fine, oauth2_scope=scope))
        assert server.get("/x", bearer(server.token("read"))).status_int == 403
        assert server.get("/x", bearer(server.token("write"))).status_int == 200

    @pytest.mark.parametrize(
        "register",
        [
            pytest.param(
                lambda config: config.add_exception_view(
                    fine, context=ValueError, oauth2_scope="read"
                ),
                id="exception view",
            ),
            pytest.param(
                lambda config: config.add_notfound_view(fine, oauth2_scope="read"),
                id="notfound view",
            ),
            pytest.param(
                lambda config: config.add_forbidden_view(fine, oauth2_scope="read"),
                id="forbidden view",
            ),
            pytest.param(
                lambda config: config.add_view(fine, context=ValueError, oauth2_scope="read"),
                id="view of an exception",
            ),
        ],
    )
    def test_on_an_exception_view_it_stops_the_start(
        self, build: Callable[..., Server], register: Any
    ):
        with pytest.raises(ConfigurationError, match="exception view") as caught:
            build(register)
        assert Path(__file__).name in str(caught.value)


def test_request_oauth2_works_where_there_is_no_web(server: Server):
    """In a script or a worker, with a request created by hand."""
    request = Request.blank("/")
    request.registry = server.registry
    from pyramid.request import apply_request_extensions

    apply_request_extensions(request)
    assert request.oauth2.token is None
    assert request.oauth2.scope == frozenset()
    assert request.authenticated_userid is None
