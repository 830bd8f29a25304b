"""docs/how-to/native-app.md: its program runs, with a user in place of the browser."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests

from tests.live import LiveServer, live_server
from tests.serving import environment
from tests.visitor import Visitor

from .page import ROOT, Page, write_activate

BROWSER = """\
import sys
import requests
from tests.visitor import Visitor
back = Visitor().send(sys.argv[1])
# As another program on the machine would look for the port.
assert requests.get(back.partition("?")[0] + "?code=x&state=y").status_code == 404
assert "close this window" in requests.get(back).text
"""
QUESTION = {
    "response_type": "code",
    "client_id": "desktop",
    "redirect_uri": "com.example.desktop:/callback",
    "state": "s",
    "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    "code_challenge_method": "S256",
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    with live_server(tmp_path_factory.mktemp("native"), {}) as server:
        yield server


@pytest.fixture
def page(server: LiveServer, tmp_path: Path, follow: Callable[..., Page]) -> Page:
    here = {"http://localhost:6543": server.issuer, "development.ini": str(server.ini)}
    page = follow("docs/how-to/native-app.md", here)
    page.write_files()
    write_activate(tmp_path)
    (tmp_path / "browser.py").write_text(BROWSER)
    return page


def test_the_page(page: Page, server: LiveServer):
    page.run("client add")
    browser = "python3 browser.py %s &"
    said = page.run("python3 desktop.py", BROWSER=browser, PYTHONPATH=str(ROOT))
    assert json.loads(said) == json.loads(page.block('"user"', "json"))
    check_scheme(server)
    check_refusals(page, server)


def check_scheme(server: LiveServer) -> None:
    visitor = Visitor()
    back = urlsplit(visitor.send(f"{server.authorize}?{urlencode(QUESTION)}"))
    assert (back.scheme, back.path) == ("com.example.desktop", "/callback")
    assert "code" in dict(parse_qsl(back.query))
    # Allowed a moment ago, but the user is asked again nevertheless.
    again = visitor.send(f"{server.authorize}?{urlencode({**QUESTION, 'prompt': 'none'})}")
    assert dict(parse_qsl(urlsplit(again).query))["error"] == "consent_required"


def ask(server: LiveServer, **changes: str | None) -> dict[str, str]:
    """The server's response to the app, for a user who is not signed in."""
    question = {name: value for name, value in (QUESTION | changes).items() if value is not None}
    answer = requests.get(server.authorize, question, allow_redirects=False, timeout=10)
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def check_refusals(page: Page, server: LiveServer) -> None:
    for changes in ({"code_challenge": None}, {"response_mode": "form_post"}):
        assert f"`{ask(server, **changes)['error_description']}`" in page.text
    for uri in ("http://localhost:5000/callback", "http://127.0.0.1:5000/elsewhere"):
        shown = requests.get(server.authorize, {**QUESTION, "redirect_uri": uri}, timeout=10)
        said = "The redirect_uri is not one that the client registered."
        assert said in shown.text
        assert said in page.text
    add = [
        "client",
        "add",
        "--name",
        "App",
        "--auth-method",
        "none",
        "--redirect-uri",
        "myapp:/callback",
    ]
    refused = subprocess.run(
        ["poauth2", str(server.ini), *add], env=environment(), capture_output=True, text=True
    )
    assert refused.returncode == 1
    assert f"`{refused.stderr.splitlines()[1].strip()}`" in page.text
