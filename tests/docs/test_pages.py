"""docs/pages.md: its example runs, and its table is what the templates get."""

from __future__ import annotations

import importlib
import re
import sys
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from webtest import TestApp

from tests.browser.application import CookiePolicy, authorize_query, log_in, register

PAGE = Path(__file__).parents[2] / "docs" / "pages.md"
FENCE = re.compile(r"^```\w+\n(?:# |/\* |\{# )(\S+).*\n((?:.*\n)*?)^```$", re.MULTILINE)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package of the page, in a folder of its own."""
    files = dict(FENCE.findall(PAGE.read_text()))
    assert set(files) == {
        "shop/__init__.py",
        "shop/static/oauth2.css",
        "shop.ini",
        "shop/templates/consent.jinja2",
        "shop/templates/error.oauth2",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("shop")
    del sys.modules["shop"]


@pytest.fixture
def browser(shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestApp:
    """The page's application, to which only a login is added."""
    made = []

    class WithLogin(shop.Configurator):
        def make_wsgi_app(self) -> Any:
            self.set_security_policy(CookiePolicy())
            self.add_route("login", "/login")
            self.add_view(log_in, route_name="login")
            made.append(self)
            return super().make_wsgi_app()

    monkeypatch.setattr(shop, "Configurator", WithLogin)
    ini = ConfigParser()
    ini.read(tmp_path / "shop.ini")
    settings = dict(ini["app:main"])
    del settings["use"]
    browser = TestApp(shop.main({}, **settings), extra_environ={"HTTP_HOST": "localhost:6543"})
    register(
        made[0].registry,
        "gifts",
        "https://gifts.example/",
        client_name="Gifts & <More>",
        optional_scope=frozenset({"address"}),
    )
    browser.post("/login", {"user": "alice"})
    return browser


def test_the_stylesheet_is_the_shops(browser: TestApp) -> None:
    assert "#7c2d12" in browser.get("/oauth2/static/pages.css").text


def test_the_consent_page_is_the_shops_and_works(browser: TestApp) -> None:
    page = browser.get(f"/oauth2/authorize?{authorize_query('gifts')}")
    assert page.html.h1.string == "Shall Gifts & <More> see this, alice?"
    assert "See your orders" in page
    assert "Then you go to gifts.example." in page
    form = page.form
    form["scope"].checked = False
    assert form.submit("decision", index=0).location.startswith("https://gifts.example/?code=")


def test_the_error_page_has_the_shops_header(browser: TestApp) -> None:
    page = browser.get(f"/oauth2/authorize?{authorize_query('nobody')}", status=400)
    assert page.html.header.get_text() == "The Shop"
    assert page.html.h1.string == "This application is not known here"


@pytest.mark.parametrize("name", ["consent", "form_post", "authorizations", "error"])
def test_the_table_has_what_the_templates_get(
    browser: TestApp, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def look(renderer: str, values: dict[str, Any], request: Any) -> str:
        given.update(values)
        return "<p>"

    monkeypatch.setattr("pyramid_oauth2.views.pages.render", look)
    client_id = "nobody" if name == "error" else "gifts"
    query = authorize_query(client_id, response_mode="form_post")
    path = "authorizations" if name == "authorizations" else f"authorize?{query}"
    browser.get(f"/oauth2/{path}", status="*")
    if name == "form_post":
        form = {
            "interaction": given["handle"],
            given["browser_field"]: given["browser_token"],
            "decision": "deny",
        }
        given.clear()
        browser.post("/oauth2/authorize", form)
    assert set(given) == documented()[name]


def documented() -> dict[str, set[str]]:
    """The names of the table, by page."""
    section = PAGE.read_text().partition("## What a template gets")[2].partition("\n## ")[0]
    names: dict[str, set[str]] = {
        name: set() for name in ("consent", "form_post", "authorizations", "error")
    }
    pages = ""
    for cell, cells in re.findall(r"^\| ([\w, ]*?) ?\| (`[^|]*) \|", section, re.MULTILINE):
        pages = cell or pages
        for page in names if pages == "all" else pages.split(", "):
            names[page] |= set(re.findall(r"`(\w+)`", cells))
    return names
