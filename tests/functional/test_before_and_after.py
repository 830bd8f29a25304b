"""An existing application responds to each of its requests as it did before the add-on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.csrf import CookieCSRFStoragePolicy, get_csrf_token
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from webtest import TestApp

from . import host
from .server import Server, bearer

Answer = tuple[str, bytes, str | None]


def form(request: Any) -> Response:
    return Response(get_csrf_token(request))


def busy(request: Any) -> Response:
    """Fails at its first attempt, so that it is retried."""
    from pyramid_retry import RetryableException

    if not request.environ.setdefault("busy.seen", []):
        request.environ["busy.seen"].append(True)
        raise RetryableException
    return Response("at last")


def application(config: Any) -> None:
    """A cookie policy, default CSRF checks, a default permission, transactions and retries."""
    host.policy(config)
    config.set_default_permission("edit")
    config.set_csrf_storage_policy(CookieCSRFStoragePolicy(cookie_name="csrf"))
    config.set_default_csrf_options(require_csrf=True)
    config.add_settings({"retry.attempts": "2"})
    config.include("pyramid_tm")
    config.include("pyramid_retry")
    config.add_forbidden_view(host.send_to_login)
    for name, view, options in (
        ("form", form, {"permission": NO_PERMISSION_REQUIRED}),
        ("login", host.log_in, {"permission": NO_PERMISSION_REQUIRED}),
        ("edit", host.whoami, {}),
        ("whoami", host.whoami, {"permission": NO_PERMISSION_REQUIRED}),
        ("delete", host.whoami, {"permission": "delete"}),
        ("busy", busy, {}),
    ):
        config.add_route(name, f"/{name}")
        config.add_view(view, route_name=name, **options)


def visit(wsgi: Any) -> list[Answer]:
    """The responses that a user's browser gets, from the first page to the last."""
    browser = TestApp(wsgi)
    seen: list[Answer] = []

    def note(answer: Any) -> None:
        seen.append((answer.status, answer.body, answer.headers.get("Location")))

    def get(path: str, **headers: str) -> None:
        note(browser.get(path, headers=headers, status="*"))

    for path in ("/edit", "/whoami", "/delete", "/nowhere"):
        get(path)
    token = browser.get("/form").text
    note(browser.post("/login", {"user": "alice"}, status="*"))
    note(browser.post("/login", {"user": "alice", "csrf_token": token}, status="*"))
    for path in ("/edit", "/whoami", "/delete", "/busy", "/nowhere"):
        get(path)
    get("/whoami", Authorization="Bearer app-token-of-bob")
    get("/whoami", Authorization="Basic Ym9iOng=")
    get("/whoami", Authorization="nonsense")
    return seen


def test_pages_and_logins_are_as_before(settings: dict[str, Any], serve: Callable[..., Server]):
    before = Configurator()
    application(before)
    after = Configurator(settings=settings)
    after.include("pyramid_oauth2")
    after.include(host.users)
    application(after)
    assert visit(serve(after.make_wsgi_app()).app) == (expected := visit(before.make_wsgi_app()))
    assert ("200 OK", b"at last", None) in expected
    assert ("200 OK", b"alice", None) in expected
    assert any(status.startswith("400") for status, _, _ in expected)


@pytest.mark.parametrize("included", ["first", "last"])
def test_and_tokens_open_what_is_made_for_them(
    settings: dict[str, Any], serve: Callable[..., Server], included: str
):
    config = Configurator(settings=settings)
    steps = [lambda config: config.include("pyramid_oauth2"), application]
    for step in steps if included == "first" else reversed(steps):
        step(config)
    config.include(host.users)
    config.add_route("notes", "/notes")
    config.add_view(host.whoami, route_name="notes", oauth2_scope="write")
    server = serve(config.make_wsgi_app())
    answer = server.post({"text": "x"}, bearer(server.token("write", "bob")), "/notes")
    assert (answer.status_int, answer.text) == (200, "bob")
