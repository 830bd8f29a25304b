"""docs/how-to/machine-to-machine.md, on the server of docs/getting-started.md."""

from __future__ import annotations

import json
import runpy
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from tests.ports import free_port
from tests.serving import serving

from .page import Page

WAIT = 30  # seconds, which include the 2 of oauth2.client_cache


@pytest.fixture
def page(tmp_path: Path, follow: Callable[..., Page]) -> Iterator[Page]:
    """The page followed as far as the registration, with the server running."""
    port = free_port()
    here = {"localhost:6543": f"localhost:{port}"}
    server = Page("docs/getting-started.md", tmp_path, here)
    server.write_files()
    server.run("db upgrade")
    page = follow("docs/how-to/machine-to-machine.md", here)
    page.write_files()
    page.run("client add")
    with serving(tmp_path / "app.ini", port, PYTHONPATH="."):
        yield page


@pytest.fixture
def machine(page: Page, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The names that the page's program defines."""
    monkeypatch.chdir(page.folder)
    return SimpleNamespace(**runpy.run_path(str(page.folder / "machine.py")))


def ask_the_api(machine: SimpleNamespace, token: str) -> tuple[int, str | None]:
    """Status and error code of the API's response to a token."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{machine.SERVER}/hello", headers=headers, timeout=WAIT)
    return answer.status_code, answer.json().get("error")


def until(answer: Callable[[], Any], expected: Any) -> None:
    """Wait until the running server has noticed a change made by the command line."""
    deadline = time.monotonic() + WAIT
    while answer() != expected:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_page(page: Page, machine: SimpleNamespace):
    said = page.run("python3 machine.py")
    assert json.loads(said) == json.loads(page.block('"hello"', "json"))
    assert machine.CREDENTIALS.stat().st_mode & 0o777 == 0o600
    nightly = machine.Machine()
    nightly.get("/hello")
    kept = nightly.token

    old_secret = machine.CREDENTIALS.read_text()
    page.run("rotate-secret")
    assert machine.CREDENTIALS.read_text() != old_secret
    for secret in (old_secret, machine.CREDENTIALS.read_text()):
        machine.CREDENTIALS.write_text(secret)
        assert machine.Machine().get("/hello") == {"hello": None, "client": "Nightly"}
    nightly.get("/hello")
    assert nightly.token == kept

    page.run("grant revoke")
    until(lambda: ask_the_api(machine, kept), (401, "invalid_token"))
    assert nightly.get("/hello") == {"hello": None, "client": "Nightly"}
    assert nightly.token != kept

    check_refusals(page, machine)


def check_refusals(page: Page, machine: SimpleNamespace) -> None:
    client = json.loads(machine.CREDENTIALS.read_text())
    for form in (
        {"grant_type": "client_credentials", "scope": "write"},
        {"grant_type": "authorization_code"},
    ):
        answer = requests.post(
            f"{machine.SERVER}/oauth2/token",
            data=form,
            auth=(client["client_id"], client["client_secret"]),
            timeout=WAIT,
        )
        error, description = answer.json().values()
        assert f"{answer.status_code} `{error}` | `{description}`" in page.text
    machine.CREDENTIALS.write_text('{"client_id": "nightly", "client_secret": "wrong"}')
    with pytest.raises(RuntimeError) as refused:
        machine.Machine().get("/hello")
    promised = json.loads(page.block("invalid_client", "json"))
    assert json.loads(str(refused.value).removeprefix("No token: ")) == promised
