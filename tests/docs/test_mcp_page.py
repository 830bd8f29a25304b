"""docs/mcp.md: its settings, in an application; its commands; and what its tables say."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.config import Configurator
from webtest import TestApp

from pyramid_oauth2.known_clients import known_clients
from pyramid_oauth2.scripts.poauth2 import main as poauth2
from pyramid_oauth2.settings.profiles.mcp import mcp
from tests.functional.registering import CURSOR

from .page import ROOT, Page

NAME = "docs/mcp.md"
TEXT = (ROOT / NAME).read_text()
ISSUER = "https://app.example.com"
INI = """
[app:main]
use = call:tests.scripts.with_documents:main
pyramid.includes = pyramid_oauth2
oauth2.issuer = http://localhost:6543
oauth2.backend = sqlalchemy
oauth2.sqlalchemy.url = sqlite:///%(here)s/oauth2.sqlite
oauth2.profile = mcp
oauth2.scopes = read = Read
tests.scripts.folder = %(here)s
"""


def application(settings: dict[str, str], view: str) -> TestApp:
    """The application of the page, with the memory in place of its database."""
    ours = {key: text for key, text in settings.items() if key.startswith("oauth2.")}
    del ours["oauth2.sqlalchemy.url"]
    config = Configurator(settings={**ours, "oauth2.backend": "memory"})
    config.include("pyramid_oauth2")
    config.add_route("login", "/login")
    config.add_route("mcp", "/mcp")
    names: dict[str, Any] = {
        "view_config": lambda **options: lambda view: config.add_view(view, **options),
        "answer": lambda body, user: {"user": user},
    }
    exec(view, names)
    environ = {"HTTP_HOST": "app.example.com", "wsgi.url_scheme": "https"}
    return TestApp(config.make_wsgi_app(), extra_environ=environ)


def test_the_page(follow: Callable[..., Page], capsys: pytest.CaptureFixture[str]) -> None:
    page = follow(NAME)
    settings = page.settings("oauth2.profile")
    view = page.block("oauth2_scope", "python")
    browser = application(settings, view)
    challenge = browser.post_json("/mcp", {}, status=401).headers["WWW-Authenticate"]
    (url,) = re.findall('resource_metadata="(.*?)"', challenge)
    api = browser.get(url.removeprefix(ISSUER)).json
    assert (api["resource"], api["authorization_servers"]) == (f"{ISSUER}/mcp", [ISSUER])
    body = {"redirect_uris": CURSOR, "token_endpoint_auth_method": "none"}
    browser.post_json("/oauth2/registration", body, status=201)
    stricter = application(settings | page.settings("registration = token"), view)
    stricter.post_json("/oauth2/registration", body, status=401)
    run_the_commands(page)
    run_doctor(page, settings)
    printed = capsys.readouterr().out
    assert "client_id:" in printed
    assert printed.count(": pinned.\n") == 2
    assert "2 verified, 0 changed" in printed


def run_the_commands(page: Page) -> None:
    ini = page.folder / "development.ini"
    ini.write_text(INI)
    for name in ("claude", "vscode"):
        document = dict(known_clients()[name].document or {})
        file = page.folder / str(document["client_id"]).rpartition("/")[2]
        file.write_text(json.dumps(document))
        (page.folder / f"{name}.json").write_text(json.dumps(document))
    assert poauth2([str(ini), "db", "upgrade"]) == 0
    lines = [page.block("client add", "sh"), *page.block("client pin", "sh").splitlines()]
    for line in lines:
        program, _, *words = shlex.split(line)
        words = [str(page.folder / word) if word.endswith(".json") else word for word in words]
        assert (program, poauth2([str(ini), *words])) == ("poauth2", 0), line


def run_doctor(page: Page, settings: dict[str, str]) -> None:
    """Every known client gets through, with the settings of the page."""
    ours = {key: value for key, value in settings.items() if key.startswith("oauth2.")}
    lines = {**ours, "oauth2.sqlalchemy.url": f"sqlite:///{page.folder}/oauth2.sqlite"}
    text = [f"{key} = " + value.strip().replace("\n", "\n    ") for key, value in lines.items()]
    (page.folder / "app.ini").write_text(
        "\n".join(["[app:main]", *text, "use = call:tests.simulation.applications:main"])
    )
    program, ini, *words = shlex.split(page.block("doctor", "sh"))
    assert (program, poauth2([str(page.folder / ini), *words])) == ("poauth2", 0)


def rows(heading: str) -> dict[str, str]:
    """The rows of the table below a heading, by the setting that begins them."""
    section = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `([\w.]+)` \| (.*) \|$", section, re.MULTILINE))


def test_the_table_of_defaults() -> None:
    table = rows("What the profile sets")
    defaults = {each.key: each.value for each in mcp().defaults}
    assert table.keys() == defaults.keys()
    for key, value in defaults.items():
        assert isinstance(value, frozenset) or table[key].startswith(f"`{value}` |")


def test_the_table_of_rules() -> None:
    table = rows("What is refused")
    assert table.keys() == {rule.key for rule in mcp().rules}
    for rule in mcp().rules:
        for section in re.findall(r"(?:OAuth 2\.1|RFC \d+) section [\d.]+\d", rule.source):
            assert section in table[rule.key]


def test_the_names_of_clients() -> None:
    section = TEXT.partition("\n## Which client comes how\n")[2].partition("\n## ")[0]
    named = set(re.findall(r"\| `([a-z-]+)` \|$", section, re.MULTILINE))
    assert named == {name for name, each in known_clients().items() if each.client_id}
