"""docs/clients.md: its commands work in order, and its view registers a client that works."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2 import InvalidClientMetadata, get_service
from pyramid_oauth2.protocol.clients.registry import ClientRegistry
from pyramid_oauth2.scripts.poauth2 import main as poauth2
from pyramid_oauth2.testing import memory_backend

from .page import ROOT, Page

NAME = "docs/clients.md"


def test_the_page(
    follow: Callable[..., Page],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = follow(NAME)
    monkeypatch.chdir(page.folder)
    Path("development.ini").write_text((ROOT / "development.ini").read_text())
    assert poauth2(["development.ini", "db", "upgrade"]) == 0
    commands = page.block("client rotate-secret") + page.block("client export")
    for line in commands.splitlines():
        run(line, capsys)
    names: dict[str, Any] = {}
    exec(page.block("def register"), names)
    check(names["register"])
    exec(page.block("def digits_only"), names)
    check_field(names["includeme"])


def run(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Run a command as the shell would, but in this process, since there are many."""
    command, _, file = line.partition(" > ")
    capsys.readouterr()
    status = poauth2(shlex.split(command)[1:])
    printed = capsys.readouterr()
    assert (command.split()[0], status) == ("poauth2", 0), printed.err
    if file:
        Path(file).write_text(printed.out)


def check(view: Any) -> None:
    """The client that the view registers gets a token."""
    settings = {
        "oauth2.issuer": "http://localhost",
        "oauth2.scopes": "read = Read",
        **memory_backend(),
    }
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth2")
        config.add_route("register", "/register")
        config.add_view(view, route_name="register", renderer="json")
    browser = TestApp(config.make_wsgi_app(), extra_environ={"HTTP_HOST": "localhost"})
    made = browser.post("/register").json
    browser.authorization = ("Basic", (made["client_id"], made["client_secret"]))
    answer = browser.post("/oauth2/token", {"grant_type": "client_credentials"})
    assert answer.json["scope"] == "read"


def check_field(includeme: Any) -> None:
    """The field that the page adds is stored, and its rule is applied."""
    settings = {"oauth2.issuer": "http://localhost", **memory_backend()}
    with Configurator(settings=settings) as config:
        config.include("pyramid_oauth2")
        includeme(config)
    clients = get_service(config.registry).clients
    robot = clients.add(grant_types=("client_credentials",), customer_number="42").client
    assert robot.extra.get("customer_number") == "42"
    with pytest.raises(InvalidClientMetadata, match="digits only"):
        clients.edit(robot.client_id, customer_number="x")


def test_the_reference_has_what_the_field_is_declared_with() -> None:
    reference = ROOT / "docs/reference"
    directives = (reference / "directives.md").read_text()
    assert "## `config.add_oauth2_client_field`" in directives
    plug_ins = (reference / "plug-ins.md").read_text()
    for name in ("ClientField", "Codec", "Control", "Option"):
        assert f"### `{name}`" in plug_ins


def test_the_methods() -> None:
    text = (ROOT / NAME).read_text()
    table = text.partition("| method |")[2].partition("\n\n")[0]
    named = set(re.findall(r"`(\w+)(?:\([^`]*\))?`", table))
    public = {name for name in vars(ClientRegistry) if not name.startswith("_")} - {"restore"}
    assert public <= named
