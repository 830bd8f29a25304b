"""docs/how-to/single-page-app.md, followed with a real browser."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.docs.page import Page as DocsPage
from tests.docs.page import write_activate
from tests.live import LiveServer, live_server
from tests.ports import free_port
from tests.serving import environment


class SinglePage:
    """The page in a browser's tab, and its requests to the server."""

    def __init__(self, tab: Any, url: str, server: LiveServer, docs: DocsPage) -> None:
        self.tab, self.url, self.server, self.docs = tab, url, server, docs
        self.token_answers: list[Any] = []
        self.api_answers: list[int] = []
        # Each step calls a server that runs beside all the other tests.
        tab.set_default_timeout(30_000)
        tab.on("response", self._note)
        tab.goto(url)

    def _note(self, response: Any) -> None:
        if response.url == self.server.token:
            self.token_answers.append(response)
        elif response.url == self.server.me and response.request.method == "GET":
            self.api_answers.append(response.status)

    def click(self, name: str) -> None:
        self.tab.click(f"#{name}")

    def sign_in(self, decision: str = "allow") -> None:
        self.click("sign-in")
        self.tab.wait_for_url(f"{self.server.issuer}/**")
        if "/login" in self.tab.url:
            self.tab.fill("[name=username]", "alice")
            self.tab.fill("[name=password]", "wonderland")
            self.tab.click("main button")
        self.tab.click(f"[value={decision}]")

    def waits_for(self, text: str) -> None:
        self.tab.wait_for_function(
            "text => document.getElementById('output')?.textContent.includes(text)", arg=text
        )


@pytest.fixture(scope="module")
def followed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, LiveServer, DocsPage]]:
    """The page of the docs, followed until the app is served; all of its examples are used."""
    folder, port = tmp_path_factory.mktemp("spa"), free_port()
    # No cache: a test changes the client, and the server must see it at once.
    with live_server(folder, {"client_cache": "0"}) as server:
        here = {
            "8000": str(port),
            "http://localhost:6543": server.issuer,
            "development.ini": server.ini.name,
        }
        docs = DocsPage("docs/how-to/single-page-app.md", folder, here)
        docs.write_files()
        write_activate(folder)
        docs.run("client add")
        # The demo has the setting that the page shows.
        (setting,) = docs.settings("cors_paths").items()
        assert " = ".join(setting) in server.ini.read_text()
        with static_server(docs.block("http.server"), folder, port):
            yield f"http://localhost:{port}/", server, docs
        docs.block('"user"')
        assert not docs.unused()


@contextlib.contextmanager
def static_server(command: str, folder: Path, port: int) -> Iterator[None]:
    process = subprocess.Popen(
        ["sh", "-c", f"exec {command}"],
        cwd=folder,
        env=environment(),
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                socket.create_connection(("localhost", port), timeout=1).close()
                break
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def app(page: Any, followed: tuple[str, LiveServer, DocsPage]) -> SinglePage:
    return SinglePage(page, *followed)


def test_signing_in_refreshing_and_signing_out(app: SinglePage):
    app.sign_in()
    app.waits_for('"user"')
    said = json.loads(app.tab.inner_text("#output"))
    assert said == json.loads(app.docs.block('"user"', "json"))
    assert app.tab.url == app.url
    assert app.tab.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]

    (first,) = app.token_answers
    ask(app.server.revoke, token=first.json()["access_token"])
    # Twice at once: both calls find the token expired, and one refresh serves both.
    app.tab.evaluate("() => { const me = document.getElementById('me'); me.click(); me.click(); }")
    while app.api_answers.count(200) < 3:
        app.tab.wait_for_timeout(50)
    assert sorted(app.api_answers) == [200, 200, 200, 401, 401]
    _, refreshed = app.token_answers

    app.click("sign-out")
    app.waits_for("Signed out.")
    token = refreshed.json()["refresh_token"]
    refused = ask(app.server.token, grant_type="refresh_token", refresh_token=token)
    assert refused.json()["error"] == "invalid_grant"
    assert refused.json()["error_description"] in app.docs.text
    app.click("me")
    app.waits_for("Sign in first.")


def ask(address: str, **form: str) -> requests.Response:
    """Call the server as the page's client."""
    return requests.post(address, {"client_id": "my-page", **form}, timeout=10)


def test_a_user_who_denies(app: SinglePage):
    app.sign_in("deny")
    app.waits_for("The user did not allow it.")


def test_an_answer_to_another_page(app: SinglePage):
    app.tab.goto(f"{app.url}?code=x&state=y&iss={app.server.issuer}")
    app.waits_for("This answer is not for this page: sign in again.")
    assert "This answer is not for this page: sign in again." in app.docs.text


def test_an_address_that_is_not_registered(app: SinglePage):
    app.tab.goto(f"{app.url}index.html")
    app.click("sign-in")
    app.tab.wait_for_url(f"{app.server.issuer}/**")
    said = "The redirect_uri is not one that the client registered."
    assert said in app.tab.inner_text("main")
    assert said in app.docs.text


def test_an_origin_that_is_not_allowed(app: SinglePage, complaints: list[str]):
    origin = app.url.rstrip("/")
    edit = ["poauth2", app.server.ini.name, "client", "edit", "my-page", "--allowed-origin"]
    for allowed in ("http://localhost:1", origin):
        subprocess.run(
            [*edit, allowed],
            cwd=app.server.ini.parent,
            env=environment(),
            check=True,
            capture_output=True,
        )
        app.sign_in()
        app.waits_for('"user"' if allowed == origin else "Failed to fetch")
    assert "has been blocked by CORS policy" in complaints.pop()
