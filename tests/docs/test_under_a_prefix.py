"""docs/how-to/under-a-prefix.md: alone, with a filter, among others, and behind nginx."""

from __future__ import annotations

import json
from collections.abc import Callable
from configparser import ConfigParser
from pathlib import Path

import pytest
import requests
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2.testing import memory_backend
from tests.servers.nginx import nginx
from tests.serving import free_port, serving

from .page import Page

NAME = "docs/how-to/under-a-prefix.md"
WELL_KNOWN = "/.well-known/oauth-authorization-server"
WAIT = 60  # seconds


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def page(follow: Callable[..., Page], tmp_path: Path, port: int) -> Page:
    page = follow(NAME, {"localhost:6543": f"localhost:{port}"})
    page.write_files()
    app = Page("docs/getting-started.md", tmp_path).block("def main")
    (tmp_path / "app.py").write_text(app)
    page.run("db upgrade")
    return page


def with_filter(page: Page) -> Path:
    """An ini with the page's filter in the place of ``url_prefix``."""
    ini = ConfigParser(interpolation=None)
    ini.read(page.folder / "auth.ini")
    del ini["server:main"]["url_prefix"]
    ini.read_string(page.block("filter-with", "ini"))
    with (page.folder / "filter.ini").open("w") as file:
        ini.write(file)
    return page.folder / "filter.ini"


def test_the_page(page: Page, port: int, tmp_path: Path) -> None:
    hello, resource = (page.block(word, "json") for word in ('"hello"', '"resource"'))
    for ini in (tmp_path / "auth.ini", with_filter(page), tmp_path / "site.ini"):
        with serving(ini, port, PYTHONPATH="."):
            assert json.loads(page.run("TOKEN_ENDPOINT")) == json.loads(hello)
            assert json.loads(page.run("oauth-protected-resource")) == json.loads(resource)
            front = requests.get(f"http://localhost:{port}/", timeout=WAIT)
            assert (front.text == "The site") is (ini.name == "site.ini")
    key, value = page.block("login/oauth", "ini").strip().split(" = ")
    document = start(**{key: value}).get(WELL_KNOWN).json
    assert document["token_endpoint"] == "http://localhost/login/oauth/token"


def start(**settings: str) -> TestApp:
    defaults = {"oauth2.issuer": "http://localhost", "oauth2.scopes": "read = Read"}
    config = Configurator(settings={**defaults, **memory_backend(), **settings})
    config.include("pyramid_oauth2")
    return TestApp(config.make_wsgi_app())


def test_nothing_cuts_the_prefix_off() -> None:
    browser = start(**{"oauth2.issuer": "http://localhost/auth"})
    browser.post("/auth/oauth2/token", status=404)
    browser.get(f"{WELL_KNOWN}/auth", status=200)


def test_behind_nginx(tmp_path: Path, port: int) -> None:
    page = Page(NAME, tmp_path, {"localhost:6543": f"localhost:{port}"})
    page.write_files()
    (tmp_path / "app.py").write_text(Page("docs/getting-started.md", tmp_path).block("def main"))
    page.run("db upgrade")
    public = free_port()
    server = f"server {{ listen localhost:{public}; include auth.conf; }}"
    with serving(tmp_path / "auth.ini", port, PYTHONPATH="."), nginx(tmp_path, server, public):

        def get(path: str) -> requests.Response:
            return requests.get(f"http://localhost:{public}{path}", timeout=WAIT)

        issuer = f"http://localhost:{port}/auth"
        for path in (f"{WELL_KNOWN}/auth", f"/auth{WELL_KNOWN}"):
            assert get(path).json()["issuer"] == issuer
        resource = get("/.well-known/oauth-protected-resource/auth/hello").json()
        assert resource["authorization_servers"] == [issuer]
        assert get("/auth/hello").status_code == 401
        assert get("/hello").status_code in (403, 404)
