"""docs/how-to/moving.md: what all moves have in common."""

from __future__ import annotations

import re
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.ports import free_port
from tests.serving import environment, serving

from .page import Page

SHOP = ("shop", "e53ddb9736f9eea65100885a1b20fb5f2bb0fb4d")
INI = """
[app:main]
use = call:app:main
pyramid.includes = pyramid_oauth2 old_urls
oauth2.issuer = http://localhost:{port}
oauth2.backend = sqlalchemy
oauth2.sqlalchemy.url = sqlite:///%(here)s/oauth2.sqlite
oauth2.client_cache = 0
oauth2.scopes =
    read = Read
    write = Write

[server:main]
use = egg:waitress#main
listen = localhost:{port}

[loggers]
keys = root

[handlers]
keys = console

[formatters]
keys =

[logger_root]
level = INFO
handlers = console

[handler_console]
class = StreamHandler
args = (sys.stderr,)
"""
APP = """
from pyramid.config import Configurator


def main(global_config, **settings):
    with Configurator(settings=settings) as config:
        return config.make_wsgi_app()
"""
# In place of one of the scripts of the other pages.
SCRIPT = "import sys; print(open(sys.argv[1]).read())"


@pytest.fixture
def page(follow: Callable[..., Page]) -> Page:
    """The page, with the files that it expects."""
    page = follow("docs/how-to/moving.md")
    files = {
        "app.ini": INI.format(port=free_port()),
        "app.py": APP,
        "old_clients.py": SCRIPT,
        "old.sqlite": page.block('"client_id": "shop"', "json"),
    }
    for name, text in files.items():
        (page.folder / name).write_text(text)
    page.write_files()
    return page


def test_the_page(page: Page) -> None:
    with closing(sqlite3.connect(page.folder / "oauth2.sqlite")) as connection:
        connection.execute("CREATE TABLE oauth2_client (id INTEGER)")
    assert refused(page, "db", "upgrade") == page.block("already exists")
    (page.folder / "oauth2.sqlite").unlink()
    assert page.run("db upgrade").endswith("\n2 imported, 0 left as they are\n")
    broken = page.block('"client_id": "shop"', "json").replace("https://", "http://")
    broken = broken.replace('"scope": "read",', '"scope": "profile",')
    assert refused(page, "client", "import", stdin=broken) == page.block("nothing was imported")
    port = int(re.findall(r"listen = localhost:(\d+)", (page.folder / "app.ini").read_text())[0])
    with serving(page.folder / "app.ini", port, PYTHONPATH=".") as log:
        goes_on_at_its_old_addresses(page, f"http://localhost:{port}", log)
        is_free_of_pkce(f"http://localhost:{port}")


def refused(page: Page, *words: str, stdin: str = "") -> str:
    """The message with which ``poauth2`` refuses."""
    done = subprocess.run(
        ["poauth2", "app.ini", *words],
        cwd=page.folder,
        env=environment(PYTHONPATH="."),
        input=stdin,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def goes_on_at_its_old_addresses(page: Page, server: str, log: Path) -> None:
    """With its secret, once its authentication method is registered."""
    url, old = f"{server}/login/oauth/access_token", "b10b8f721e95117cb13c"
    refreshing = {"grant_type": "refresh_token", "refresh_token": old}
    by_post = {**refreshing, "client_id": SHOP[0], "client_secret": SHOP[1]}
    assert requests.post(url, by_post, timeout=60).json()["error"] == "invalid_client"
    assert requests.post(url, refreshing, auth=SHOP, timeout=60).json()["error"] == "invalid_grant"
    said, _, address = page.block("event=").strip().rpartition("=")
    assert address
    assert said in log.read_text()
    page.run("client edit")
    assert requests.post(url, by_post, timeout=60).json()["error"] == "invalid_grant"
    assert requests.post(url, refreshing, auth=SHOP, timeout=60).json()["error"] == "invalid_grant"
    revoke = f"{server}/o/revoke_token/"
    assert requests.post(revoke, {"token": old}, auth=SHOP, timeout=60).status_code == 200


def is_free_of_pkce(server: str) -> None:
    """The confidential client needs no PKCE, the public one does."""
    backs = {"shop": "https://shop.example/back", "app": "com.example.app:/back"}
    asking = {"response_type": "code", "scope": "read", "state": "xyz"}
    for name, back in backs.items():
        query = {**asking, "client_id": name, "redirect_uri": back}
        answer = requests.get(
            f"{server}/oauth2/authorize", query, allow_redirects=False, timeout=60
        )
        sent_back = answer.headers.get("Location", "").startswith(back)
        assert sent_back == (name == "app"), answer.headers
