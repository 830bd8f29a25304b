"""docs/getting-started.md, followed word by word in an empty folder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

from tests.ports import free_port
from tests.serving import serving

from .page import ROOT, Page

NAME = "docs/getting-started.md"
# The user's browser, which poauth2 opens.
BROWSER = f"""#!{sys.executable}
import sys
sys.path.insert(0, {str(ROOT)!r})
import requests
from tests.visitor import Visitor
requests.get(Visitor("alice").send(sys.argv[1]), timeout=10)
"""


def test_from_an_empty_folder_to_a_user_s_token(follow: Callable[..., Page]):
    port = free_port()
    page = follow(NAME, {"localhost:6543": f"localhost:{port}"})
    # The installation is done already.
    assert 'pip install "$CHECKOUT[demo]"' in page.block("pip install")
    files = page.write_files()
    assert set(files) == {"app.py", "app.ini", "users.py"}
    page.run("db upgrade")
    page.run("--kind machine")
    assert page.block("pserve") == "pserve app.ini\n"
    with serving(page.folder / "app.ini", port, PYTHONPATH="."):
        token_json = page.run("CLIENT_SECRET")
        hello = page.run("TOKEN=")
    token = json.loads(token_json)
    assert token["access_token"].startswith("oat_")
    promised = json.loads(page.block("expires_in"))
    assert {**token, "access_token": promised["access_token"]} == promised
    assert token_json.endswith("}\n")
    assert hello == page.block("My machine", "json")
    add_login(page)
    with serving(page.folder / "app.ini", port, PYTHONPATH="."):
        tried = page.run("app.ini try", BROWSER=str(browser(page.folder)))
    assert page.block("alice", "json") in tried
    assert "client_id: " in page.run("--kind native")


def add_login(page: Page) -> None:
    """Change the ini as the page says: a key that is there is replaced, the others follow it."""
    ini = page.folder / "app.ini"
    new = page.settings("oauth2.login_route")
    first = "pyramid.includes = pyramid_oauth2\n"
    assert ini.read_text().count(first) == 1
    lines = "".join(f"{key} = {value}\n" for key, value in new.items())
    assert lines.startswith("pyramid.includes = ")
    ini.write_text(ini.read_text().replace(first, lines))


def browser(folder: Path) -> Path:
    path = folder / "browser"
    path.write_text(BROWSER)
    path.chmod(0o755)
    return path
