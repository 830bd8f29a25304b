"""docs/views.md: its examples run, and its table is the one that is tested."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from webtest import TestApp

from pyramid_oauth2.testing import bearer, memory_backend
from tests.functional.test_matrix import LOGIN, MATRIX

from .page import ROOT, Page

NAME = "docs/views.md"
SETTINGS = {
    "oauth2.issuer": "http://localhost",
    "oauth2.scopes": "read = Read\nwrite = Write\nadmin = Everything",
    **memory_backend(),
}

Load = Callable[[str], ModuleType]


@pytest.fixture
def toolbar(follow: Callable[..., Page]) -> dict[str, str]:
    """The settings of the debug toolbar; the page's modules are written too."""
    page = follow(NAME)
    page.write_files()
    return page.settings("debugtoolbar.includes")


@pytest.fixture
def notes(toolbar: dict[str, str], load: Load) -> Any:
    return load("notes")


def include(notes: Any, monkeypatch: pytest.MonkeyPatch, *names: str, **settings: str) -> Any:
    """The application with modules of the page, which are configured last."""

    class Configurator(notes.Configurator):  # type: ignore[misc]
        def make_wsgi_app(self) -> Any:
            for name in names:
                importlib.import_module(name).includeme(self)
            return super().make_wsgi_app()

    monkeypatch.setattr(notes, "Configurator", Configurator)
    return notes.main({}, **{**SETTINGS, **settings})


def cookie_of(policy: Any, app: Any, user: str) -> dict[str, str]:
    """The cookie that the application's login would set."""
    request = app.request_factory.blank("/")
    request.registry = app.registry
    (first, *_) = policy.remember(request, user)
    return {"Cookie": first[1].partition(";")[0]}


def check(app: Any, cookie: dict[str, str]) -> None:
    """Check what the page says about its views."""
    browser = TestApp(app)
    reader, writer = (bearer(app, "bob", scope) for scope in ("read", "write"))
    assert browser.get("/notes", headers=reader).json == ["Buy milk", "Sleep"]
    browser.get("/notes", headers=cookie, status=401)
    browser.post("/notes", {"text": "x"}, headers=reader, status=403)
    assert browser.post("/notes", {"text": "x"}, headers=writer).json[-1] == "x"
    assert browser.post("/notes", {"text": "y"}, headers=cookie).json[-1] == "y"
    browser.post("/notes", {"text": "z"}, status=403)
    browser.delete("/notes", headers=bearer(app, "alice", "write"), status=403)
    assert browser.delete("/notes", headers=writer).json == []
    browser.get("/count", headers=writer, status=403)
    assert browser.get("/count", headers=bearer(app, None, "read")).json == 1


def test_the_example(notes: Any):
    app = notes.main({}, **SETTINGS)
    check(app, cookie_of(notes.CookiePolicy(app.registry), app, "bob"))


def test_the_cookie_of_a_server_with_https(notes: Any):
    issuer = {"oauth2.issuer": "https://notes.example.com"}
    app = notes.main({}, **{**SETTINGS, **issuer})
    request = app.request_factory.blank("/")
    request.registry = app.registry
    (_, cookie), *_ = notes.CookiePolicy(app.registry).remember(request, "bob")
    assert cookie.startswith("__Host-notes=")
    assert {"secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


def test_require(notes: Any):
    app = notes.main({}, **SETTINGS)
    browser, reader = TestApp(app), bearer(app, "bob", "read")
    assert browser.get("/export", headers=reader).json == ["Buy milk", "Sleep"]
    browser.get("/export?everything", headers=reader, status=403)
    admin = bearer(app, "bob", "read admin")
    assert set(browser.get("/export?everything", headers=admin).json) == {"alice", "bob"}


def test_a_policy_of_ones_own(load: Load, notes: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(notes, "CookiePolicy", load("own").OwnPolicy)
    app = notes.main({}, **SETTINGS, **{"oauth2.security_policy": "false"})
    check(app, cookie_of(notes.CookiePolicy(app.registry), app, "bob"))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_pair(load: Load, notes: Any, monkeypatch: pytest.MonkeyPatch):
    class Configurator(notes.Configurator):  # type: ignore[misc]
        def set_security_policy(self, policy: Any) -> None:
            self.include("pair")

    monkeypatch.setattr(notes, "Configurator", Configurator)
    app = notes.main({}, **SETTINGS, **{"oauth2.security_policy": "false"})
    check(
        app,
        cookie_of(
            load("pair").AuthTktAuthenticationPolicy(
                "change me", hashalg="sha512", cookie_name="notes"
            ),
            app,
            "bob",
        ),
    )


def test_users(load: Load, notes: Any, monkeypatch: pytest.MonkeyPatch):
    app = include(notes, monkeypatch, "users")
    browser, reader = TestApp(app), bearer(app, "bob", "read")
    browser.get("/notes", headers=reader, status=200)
    load("users").Users.deactivated.add("bob")
    assert browser.get("/notes", headers=reader, status=401).json["error"] == "invalid_token"


def test_users_without_acls(notes: Any, monkeypatch: pytest.MonkeyPatch):
    app = include(notes, monkeypatch, "permitting")
    browser, writer = TestApp(app), bearer(app, "bob", "write")
    assert browser.post("/notes", {"text": "x"}, headers=writer).json[-1] == "x"
    # The ACL would allow it.
    browser.delete("/notes", headers=writer, status=403)


def test_types(load: Load, notes: Any, monkeypatch: pytest.MonkeyPatch):
    typed = load("typed")

    def includeme(config: Any) -> None:
        config.add_route("subject", "/subject")
        config.add_view(typed.subject, route_name="subject", oauth2_scope="read", renderer="json")

    monkeypatch.setattr(typed, "includeme", includeme, raising=False)
    app = include(notes, monkeypatch, "typed")
    assert TestApp(app).get("/subject", headers=bearer(app, "bob", "read")).json == "bob"


def test_the_debug_toolbar(notes: Any, toolbar: dict[str, str]):
    app = notes.main({}, **SETTINGS, **toolbar)
    browser = TestApp(app, extra_environ={"REMOTE_ADDR": "127.0.0.1"})
    browser.get("/notes", headers=bearer(app, "bob", "write"), status=403)
    page = browser.get("/_debug_toolbar/").html
    panel = page.find(id="pDebugPanel-oauth2-content").get_text(" ", strip=True)
    assert "The access token needs the scope: read." in panel


def test_the_table_is_the_one_that_is_tested():
    lines = (ROOT / NAME).read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    table = {row[0]: tuple(row[1:]) for row in rows if row[0] in MATRIX}
    login = {LOGIN: "login"}
    assert table == {
        row: tuple(login.get(cell, cell) for cell in cells) for row, cells in MATRIX.items()
    }
