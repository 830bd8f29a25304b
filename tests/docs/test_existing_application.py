"""docs/how-to/existing-application.md: its application."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from pyramid.exceptions import ConfigurationError
from pyramid.paster import get_appsettings
from sqlalchemy import create_engine
from sqlalchemy.exc import IntegrityError
from webtest import TestApp

from pyramid_oauth2 import get_service, migrations
from pyramid_oauth2.backends.sqlalchemy.advice import SQLITE_LOCK
from tests.functional.flow import VERIFIER, challenge_of
from tests.ports import free_port
from tests.serving import serving
from tests.visitor import Visitor

from .page import ROOT, Page

NAME = "docs/how-to/existing-application.md"
PAGE = ROOT / NAME
SQLITE = "sqlite:///%(here)s/planner.sqlite"
BACK = "https://calendar.example/back"
WAIT = 30  # seconds


@pytest.fixture
def page(follow: Callable[..., Page]) -> Page:
    page = follow(NAME, {"localhost:6543": f"localhost:{free_port()}"})
    page.write_files()
    return page


@pytest.fixture
def address(page: Page) -> Iterator[str]:
    """The address of the application, served after both upgrades."""
    ini = page.folder / "planner.ini"
    (address,) = re.findall(r"^oauth2.issuer = (.*)$", ini.read_text(), re.MULTILINE)
    assert page.run("alembic upgrade head").endswith("oauth2_0003 (the newest)\n")
    with serving(ini, urlsplit(address).port or 0, PYTHONPATH="."):
        yield address


def users_token(page: Page, address: str) -> str:
    """The token of a client that sends alice to the server, who is not signed in."""
    register = f"client add --name Calendar --redirect-uri {BACK} --scope projects --json"
    client = json.loads(page.shell(f"poauth2 planner.ini {register}"))
    query = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": BACK,
        "scope": "projects",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    form = {
        "grant_type": "authorization_code",
        "code": Visitor("alice").code(f"{address}/oauth2/authorize?{urlencode(query)}"),
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }
    login = (client["client_id"], client["client_secret"])
    answer = requests.post(f"{address}/oauth2/token", form, auth=login, timeout=WAIT)
    return str(answer.json()["access_token"])


def test_a_project_and_its_client(page: Page, address: str) -> None:
    page.run("projects > client.json")
    assert json.loads(page.run("TOKEN=")) == json.loads(page.block('["Garden"]', "json"))
    status, clients = page.run("client list").split("\n", 1)
    assert status == "500"
    assert [client["client_name"] for client in json.loads(clients)] == ["Garden"]

    headers = {"Authorization": f"Bearer {users_token(page, address)}"}
    asked = partial(requests.get, f"{address}/api/projects", headers=headers, timeout=WAIT)
    assert asked().json() == ["Garden"]
    engine = create_engine(SQLITE.replace("%(here)s", str(page.folder)))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE users SET active = false")
    engine.dispose()
    assert asked().json()["error"] == "invalid_token"


@pytest.fixture
def start(tmp_path: Path, load: Callable[[str], Any]) -> Iterator[Callable[..., TestApp]]:
    """The application in this process, with another oauth2.sqlalchemy.session."""
    Page(NAME, tmp_path).write_files()
    started = []

    def start(session: str | None) -> TestApp:
        ini = get_appsettings(str(tmp_path / "planner.ini"))
        del ini["oauth2.sqlalchemy.session"]
        if session is not None:
            ini["oauth2.sqlalchemy.session"] = session
        app = load("planner").main({}, **ini)
        started.append(app)
        models = load("planner.models")
        with app.registry["sessions"].begin() as dbsession:
            models.Base.metadata.create_all(dbsession.connection())
            dbsession.add(models.User(name="alice"))
        migrations.upgrade(ini["sqlalchemy.url"])
        browser = TestApp(app)
        browser.post("/login", {"username": "alice"})
        return browser

    yield start
    for app in started:
        get_service(app.registry).close()
        app.registry["sessions"].kw["bind"].dispose()


def test_a_session_by_another_name(start: Callable[..., TestApp]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        start(session="dbsesion").post("/projects", {"name": "Garden"})
    assert str(caught.value).split(" It names")[0] in PAGE.read_text()


def test_without_the_session_a_client_stays(start: Callable[..., TestApp]) -> None:
    browser = start(session=None)
    browser.post("/projects", {"name": "Garden"})
    with pytest.raises(IntegrityError):
        browser.post("/projects", {"name": "Garden"})
    clients = get_service(browser.app.registry).clients.search().items
    assert [client.client_name for client in clients] == ["Garden", "Garden"]


def test_the_message_of_a_locked_file() -> None:
    assert f"`{SQLITE_LOCK.text.partition(':')[0]}`" in PAGE.read_text()
