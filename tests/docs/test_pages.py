"""docs/pages.md: its example runs, and its table lists what the templates get."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from webtest import TestApp

from pyramid_oauth2 import get_service, page_headers
from pyramid_oauth2.extension import UserDemand
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authorization import request as authorization_request
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.testing import memory_backend
from tests.browser.application import (
    OPENID,
    CookiePolicy,
    Untimed,
    authorize_query,
    configurator,
    log_in,
    register,
)
from tests.devices import GRANT_TYPE, device_request, plug

from .page import ROOT, Page

NAME = "docs/pages.md"
UNKNOWN = "This application is not known here"


def write_catalogue(locale: Path, language: str, words: dict[str, str]) -> None:
    catalogue = Catalog(language)
    for english, translated in words.items():
        catalogue.add(english, translated)
    folder = locale / language / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "pyramid_oauth2.mo").open("wb") as file:
        write_mo(file, catalogue)


@pytest.fixture
def browser(
    follow: Callable[..., Page], load: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> TestApp:
    """The page's application, with a login added."""
    page = follow(NAME)
    page.write_files()
    write_catalogue(page.folder / "shop" / "locale", "de", {UNKNOWN: "Wer ist das?"})
    shop = load("shop")
    made = []

    class WithLogin(shop.Configurator):
        def make_wsgi_app(self) -> Any:
            self.set_security_policy(CookiePolicy())
            self.add_route("login", "/login")
            self.add_view(log_in, route_name="login")
            exec(page.block("add_translation_dirs"), {"config": self})
            made.append(self)
            return super().make_wsgi_app()

    monkeypatch.setattr(shop, "Configurator", WithLogin)
    settings = page.settings("site_logo") | page.settings("# shop.ini")
    assert settings.pop("use") == "call:shop:main"
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
    page = browser.get("/oauth2/authorizations")
    *_, last = page.html.find_all("link")
    assert "#7c2d12" in browser.get(last["href"]).text
    assert page.html.header.a.get_text(strip=True) == "The Shop"


def test_a_template_is_the_shops(browser: TestApp) -> None:
    registry = browser.app.registry
    plug(registry)
    register(registry, "tv", "https://tv.example/", grant_types=(GRANT_TYPE,))
    form = browser.get(device_request(registry, "tv")).form
    assert form.submit("decision", value="deny").html.h1.string == "Not allowed"


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
    assert page.html.h1.string == UNKNOWN


def test_words_of_the_shop_come_first(browser: TestApp) -> None:
    query = authorize_query("nobody", _LOCALE_="de")
    page = browser.get(f"/oauth2/authorize?{query}", status=400)
    assert page.html.html["lang"] == "de"
    assert page.html.h1.string == "Wer ist das?"


PAGES = (
    "consent",
    "form_post",
    "unchecked",
    "done",
    "login_again",
    "another_account",
    "authorizations",
    "withdraw",
    "sign_out",
    "end_session",
    "error",
)


@pytest.mark.parametrize("name", PAGES)
def test_the_table_has_what_the_templates_get(
    browser: TestApp, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {}

    def look(renderer: str, values: dict[str, Any], request: Any) -> str:
        given.update(values)
        return "<p>"

    monkeypatch.setattr("pyramid_oauth2.views.pages.render", look)
    client_id = "nobody" if name == "error" else "gifts"
    prompt = "login" if name == "login_again" else "consent"
    if name == "another_account":
        # As a plug-in demands it.
        wanted = UserDemand(sub="bob")
        monkeypatch.setattr(authorization_request, "read_demand", lambda *_: wanted)
    query = authorize_query(client_id, response_mode="form_post", prompt=prompt)
    own_paths = {
        "authorizations": "/oauth2/authorizations",
        "withdraw": "/oauth2/authorizations?client_id=gifts",
        "sign_out": "/oauth2/sign_out",
    }
    path = own_paths.get(name, f"/oauth2/authorize?{query}")
    if name == "withdraw":
        server = get_service(browser.app.registry).server
        client = server.clients.get("gifts")
        assert client is not None
        issue(server, client, Issuance(Access(frozenset()), Open("alice")))
    if name == "done":
        registry = browser.app.registry
        plug(registry)
        register(registry, "tv", "https://tv.example/", grant_types=(GRANT_TYPE,))
        path = device_request(registry, "tv")
    if name == "unchecked":
        register(
            browser.app.registry, "hobby", "https://hobby.example/", owner="eve", scope=frozenset()
        )
        browser.reset()
        path = f"/oauth2/authorize?{authorize_query('hobby', scope='fly')}"
    if name == "end_session":
        browser = TestApp(configurator(OPENID, people=Untimed()).make_wsgi_app())
        path = "/oauth2/end_session"
    browser.get(path, status="*")
    if name in ("form_post", "done"):
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
    text = (ROOT / NAME).read_text()
    section = text.partition("## Template variables")[2].partition("\n## ")[0]
    names: dict[str, set[str]] = {name: set() for name in PAGES}
    pages = ""
    for cell, cells in re.findall(r"^\| ([\w, ]*?) ?\| (`[^|]*) \|", section, re.MULTILINE):
        pages = cell or pages
        for page in names if pages == "all" else pages.split(", "):
            names[page] |= set(re.findall(r"`(\w+)`", cells))
    return names


def test_the_login_page(tmp_path: Path, load: Callable[[str], Any]):
    Page(NAME, tmp_path).write_files()
    config = load("shop").Configurator(
        settings=memory_backend()
        | {"oauth2.issuer": "https://shop.example", "oauth2.scopes": "a = A", "shop.secret": "s"}
    )
    config.include("pyramid_oauth2")
    config.include("shop.login")
    answer = TestApp(config.make_wsgi_app()).get("https://shop.example/login")
    assert {name: answer.headers[name] for name in page_headers()} == page_headers()
    cookie, _, attributes = answer.headers["Set-Cookie"].partition(";")
    assert cookie.startswith("__Host-shop_csrf=")
    assert "secure" in attributes


def test_the_time_zone_of_a_user(tmp_path: Path, load: Callable[[str], Any]):
    Page(NAME, tmp_path).write_files()
    users = load("shop.users").Users()
    for cookies, zone in (({}, "Europe/Berlin"), ({"time_zone": "Asia/Tokyo"}, "Asia/Tokyo")):
        assert users.time_zone(SimpleNamespace(cookies=cookies)) == zone
