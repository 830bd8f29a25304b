"""docs/logging-out.md: the application ends its own login, and clients are notified."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from pyramid.paster import get_appsettings
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from webtest import TestApp

from pyramid_oauth2 import Client, get_service, migrations

from .page import Page

NAME = "docs/logging-out.md"
USER_PAGE = "/oauth2/authorizations"
REQUEST = {"response_type": "code", "client_id": "photos", "scope": "openid"}


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """The application of the other page, with what this one adds."""
    Page("docs/sign-in.md", tmp_path).write_files()
    page = Page(NAME, tmp_path)
    page.write_files()
    (tmp_path / "server.secret").write_text("s" * 43)
    return page


@pytest.fixture
def browser(
    page: Page, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestApp]:
    """A browser at the application, which alice may sign in to, and a client."""
    monkeypatch.chdir(page.folder)
    file = page.folder / "accounts.py"
    file.write_text(changed(file.read_text(), page.block("import AccountsWithLogins")))
    settings = get_appsettings(str(page.folder / "accounts.ini"))
    migrations.upgrade(settings["oauth2.sqlalchemy.url"])
    app: Any = load("accounts").main({}, **settings)
    load("add_user")
    service = get_service(app.registry)
    photos = Client(
        "photos",
        redirect_uris=("https://photos.example/back",),
        grant_types=("authorization_code",),
        scope=frozenset({"openid"}),
        consent="skip",
        require_pkce=False,
    )
    service.clients.add(photos)
    yield TestApp(app, extra_environ={"HTTP_HOST": "localhost:6543"})
    service.close()


def changed(code: str, lines: str) -> str:
    """The code of the application, with the lines that are new in ``main``."""
    first, *others = filter(None, lines.splitlines())
    for line in others:
        call = re.escape(line.partition("(")[0])
        code, replaced = re.subn(rf"{call}\(.*\)", line, code)
        assert replaced == 1
    head = "def main(global_config, **settings):\n"
    assert head in code
    return code.replace(head, f"{head}    {first}\n")


def sign_in(browser: TestApp) -> None:
    browser.post("/login", {"username": "alice", "password": "wonderland"}, status=303)
    browser.get(USER_PAGE, status=200)


def test_a_session_ends_with_its_login(browser: TestApp, load: Callable[[str], ModuleType]) -> None:
    sign_in(browser)
    elsewhere = TestApp(browser.app, extra_environ=browser.extra_environ)
    sign_in(elsewhere)
    assert "code=" in browser.get("/oauth2/authorize", REQUEST, status=303).location
    sessions = get_service(browser.app.registry).sessions
    (session,) = sessions.list("1")
    Login = load("logins").Login
    with sessionmaker(create_engine("sqlite:///accounts.sqlite"))() as database:
        logins = database.query(Login).filter_by(sid=session.sid).all()
    assert [login.secret == login.sid for login in logins] == [False], "clients know the sid"
    assert sessions.end("1", session.sid)
    assert "/login" in browser.get(USER_PAGE, status=303).location
    elsewhere.get(USER_PAGE, status=200)


def test_it_ends_where_a_client_signs_the_user_out(browser: TestApp) -> None:
    sign_in(browser)
    browser.get("/oauth2/authorize", REQUEST, status=303)
    browser.get("/oauth2/end_session", {"client_id": "photos"}).form.submit()
    assert "/login" in browser.get(USER_PAGE, status=303).location
    assert get_service(browser.app.registry).sessions.list("1") == []


def test_the_own_sign_out(
    page: Page, load: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    oauth2 = SimpleNamespace(end_session=lambda: steps.append("session"))
    sign_out = load("sign_out")
    monkeypatch.setattr(sign_out, "forget", lambda request: [steps.append("login")][:0])
    sign_out.sign_out(SimpleNamespace(oauth2=oauth2))
    assert steps == ["session", "login"]


def test_a_client_that_is_notified(page: Page, follow: Callable[..., Page]) -> None:
    folder = follow(NAME)
    folder.write_files()
    assert folder.block("import AccountsWithLogins"), "of the tests above"
    poauth2 = "export PYTHONPATH=.; poauth2 accounts.ini"
    folder.shell(f"{poauth2} db upgrade")
    add = "--kind web --redirect-uri https://shop.example/back --scope openid --json"
    folder.shell(f"{poauth2} client add --client-id shop --name Shop {add}")
    folder.run("client edit")
    shown = folder.shell(f"{poauth2} client show shop --json")
    assert "https://shop.example/logout" in shown
    assert folder.run("logout deliver") == "0 sent, 0 to be tried again, 0 given up\n"
