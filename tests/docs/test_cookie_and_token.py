"""docs/how-to/cookie-and-token.md: its tests pass, and its table is correct."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType, ModuleType
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from webtest import TestApp

from pyramid_oauth2.testing import bearer, memory_backend

from .page import ROOT, Page, blocks_of

NO_TOKEN: Mapping[str, str] = MappingProxyType({})
ENDED = {"Authorization": "Bearer oat_ended"}


@pytest.fixture
def page(follow: Callable[..., Page]) -> Page:
    page = follow("docs/how-to/cookie-and-token.md")
    page.write_files()
    views = (ROOT / "docs" / "views.md").read_text()
    (notes,) = (block.code for block in blocks_of(views) if block.file_name == "notes.py")
    (page.folder / "notes.py").write_text(notes)
    return page


@pytest.fixture
def tests_of_the_page(page: Page, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(page.folder)
    yield importlib.import_module("test_app")
    for name in ("app", "notes", "report", "test_app"):
        sys.modules.pop(name, None)


def test_the_page(page: Page, tests_of_the_page: ModuleType):
    assert "4 passed" in page.run("pytest", PYTHONPATH=f".:{ROOT}")
    settings = tests_of_the_page.SETTINGS | memory_backend()
    check_table(page, tests_of_the_page.main({}, **settings))
    check_start(page, settings)
    check_report(tests_of_the_page.main({}, **settings, **{"pyramid.includes": "report"}))


def check_report(app: Any) -> None:
    browser = TestApp(app)
    browser.post("/login", {**csrf_token(browser), "user": "alice", "password": "wonderland"})
    assert browser.get("/report").html.title.string == "Report"
    assert "notes" in TestApp(app).get("/report", headers=bearer(app, "alice", "read")).json


def check_table(page: Page, app: Any) -> None:
    nobody, browser = TestApp(app), TestApp(app)
    token = csrf_token(browser)
    browser.post("/login", {**token, "user": "alice", "password": "wonderland"}, status=200)
    reader, writer = (bearer(app, "alice", scope) for scope in ("read", "write"))
    assert rows(page) == [
        ("the cookie and the CSRF token", status(browser, token)),
        ("the cookie alone", status(browser)),
        ("an access token with `write`", status(nobody, headers=writer)),
        ("the cookie, and an access token without `write`", status(browser, headers=reader)),
        ("the cookie, and an expired access token", status(browser, headers=ENDED)),
        ("none of them", status(nobody)),
    ]
    assert status(nobody, csrf_token(nobody)) == "403"
    assert status(browser, headers={"Authorization": "Bearer made-up"}) == "401"
    assert status(browser, headers={"Authorization": "Basic made-up"}) == "400"
    assert status(nobody, headers=bearer(app, None, "write")) == "403"
    browser.get("/notes", status=200)
    nobody.get("/notes", headers=reader, status=200)


def csrf_token(browser: TestApp) -> dict[str, str]:
    return {"csrf_token": browser.get("/").form["csrf_token"].value}


def status(browser: TestApp, form: Mapping[str, str] = NO_TOKEN, **options: Any) -> str:
    return str(browser.post("/notes", {"text": "x", **form}, status="*", **options).status_int)


def rows(page: Page) -> list[tuple[str, str]]:
    """The page's table: the credentials, and the promised status."""
    table = page.text.partition("| a POST to")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [line.strip("|").split("|") for line in table]
    return [(what.strip(), answer.strip()[:3]) for what, answer in cells]


def check_start(page: Page, settings: dict[str, str]) -> None:
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    config.add_view(lambda request: None, oauth2_scope="read", oauth2_only=False)
    with pytest.raises(ConfigurationError) as stopped:
        config.make_wsgi_app()
    said = re.search(r"stops with `(.*?)`", page.text, re.DOTALL)
    assert said is not None
    assert " ".join(said[1].split()) in str(stopped.value)
