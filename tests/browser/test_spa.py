"""The single-page application, in a real browser, from the demo and from another origin."""

from __future__ import annotations

import functools
import re
import shutil
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import pyramid_oauth2.demo
from pyramid_oauth2.scripts.ini import Ini
from tests.live import live_server
from tests.ports import free_port

from .navigation import press

FILES = Path(pyramid_oauth2.demo.__file__).parent / "static"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    # No cache: a test changes a client, and the server must see it at once.
    with live_server(tmp_path_factory.mktemp("spa"), {"client_cache": "0"}) as server:
        yield server


def sign_in(page, server):
    press(page.locator("#sign-in"))
    if "/login" in page.url:
        page.fill("[name=username]", "alice")
        page.fill("[name=password]", "wonderland")
        page.click("main button")


def test_notes(page, server):
    page.goto(f"{server.issuer}/spa")
    sign_in(page, server)
    page.click("[value=allow]")
    page.wait_for_selector("#signed-in")
    assert page.url == f"{server.issuer}/spa/"
    assert page.inner_text("h1:visible") == "Notes of alice"
    page.fill("#text", "Buy <b>milk</b>")
    page.click("text=Add")
    page.wait_for_selector("#notes li")
    assert page.inner_text("#notes li") == "Buy <b>milk</b>"
    assert page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]") == []

    page.click("#sign-out")
    page.wait_for_selector("#signed-out")
    assert page.inner_text("#notes") == ""


def test_a_user_who_unticks_and_one_who_denies(page, server):
    page.goto(f"{server.issuer}/spa/")
    sign_in(page, server)
    page.uncheck("[name=scope][value=write]")
    page.click("[value=allow]")
    page.wait_for_selector("#not-writing")
    assert not page.is_visible("#writing")
    page.reload()
    sign_in(page, server)
    page.click("[value=deny]")
    page.wait_for_selector("#signed-out")
    assert page.inner_text("#status") == "The user did not allow it."


def test_an_answer_of_somebody_else(page, server):
    page.goto(f"{server.issuer}/spa/?code=x&state=y&iss={server.issuer}")
    page.wait_for_selector("#signed-out")
    assert page.inner_text("#status") == "That answer is not for this page. Sign in again."
    assert page.url == f"{server.issuer}/spa/"


def test_the_policy_of_the_page_forbids_other_scripts():
    text = (FILES / "index.html").read_text()
    assert re.findall(r"<script[^>]*>(.*?)</script>", text) == [""]
    assert not re.search(r"\son\w+=|style=", text)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*?)"', text)
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "unsafe" not in policy


def test_from_another_origin(page, server, tmp_path):
    """As ``python3 -m http.server`` serves the folder, with the port of this demo."""
    folder = shutil.copytree(FILES, tmp_path / "spa")
    for file in folder.iterdir():
        file.write_text(file.read_text().replace("http://localhost:6543", server.issuer))
    handler = functools.partial(SilentHandler, directory=folder)
    with ThreadingHTTPServer(("localhost", free_port()), handler) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        origin = f"http://localhost:{other.server_port}"
        allow(server, origin)
        page.goto(f"{origin}/")
        sign_in(page, server)
        page.click("[value=allow]")
        page.wait_for_selector("#signed-in")
        assert page.url == f"{origin}/"
        assert '"client": "demo-spa"' in page.inner_text("#me")
        other.shutdown()


def allow(server, origin):
    """Let pages of *origin* act as the client ``demo-spa``, as pages on port 8000 may."""
    with Ini(str(server.ini)).service() as service:
        clients = service.server.clients
        spa = clients.get("demo-spa")
        changes = {
            "redirect_uris": (*spa.redirect_uris, f"{origin}/"),
            "allowed_origins": (*spa.allowed_origins, origin),
        }
        assert clients.edit(spa.client_id, spa.version, changes)


class SilentHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass
