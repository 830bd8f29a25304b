"""docs/clients.md: its commands run in their order, and its view registers a client that works."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2.protocol.client_registry import ClientRegistry
from pyramid_oauth2.scripts.poauth2 import main as poauth2
from pyramid_oauth2.testing import memory_backend

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "clients.md").read_text()


def fences(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """With the demo's ini and its tables."""
    (tmp_path / "development.ini").write_text((ROOT / "development.ini").read_text())
    monkeypatch.chdir(tmp_path)
    assert poauth2(["development.ini", "db", "upgrade"]) == 0
    return tmp_path


def test_the_commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = "".join(fences("sh")).splitlines()
    assert len(lines) == 10
    for line in lines:
        capsys.readouterr()
        words = shlex.split(line)
        target = words.pop() if ">" in words else None
        assert words.pop(0) == "poauth2"
        status = poauth2([word for word in words if word != ">"])
        printed = capsys.readouterr()
        assert status == 0, printed.err
        if target:
            (folder / target).write_text(printed.out)


def test_the_view(folder: Path) -> None:
    names: dict[str, Any] = {}
    (code,) = fences("python")
    exec(code, names)
    settings = {
        "oauth2.issuer": "http://localhost",
        "oauth2.scopes": "read = Read",
        **memory_backend(),
    }
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth2")
        config.add_route("register", "/register")
        config.add_view(names["register"], route_name="register", renderer="json")
    browser = TestApp(config.make_wsgi_app(), extra_environ={"HTTP_HOST": "localhost"})
    made = browser.post("/register").json
    browser.authorization = ("Basic", (made["client_id"], made["client_secret"]))
    answer = browser.post("/oauth2/token", {"grant_type": "client_credentials"})
    assert answer.json["scope"] == "read"


def test_the_methods() -> None:
    named = set(re.findall(r"`(\w+)(?:\([^`]*\))?`", PAGE.split("| method |")[1].split("\n\n")[0]))
    public = {name for name in vars(ClientRegistry) if not name.startswith("_")} - {"restore"}
    assert public <= named
