"""docs/performance.md: its commands exist, its application trusts nginx, its hook is measured."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from pyramid.request import Request

from benchmarks import __main__ as in_process
from benchmarks.features import without_transaction
from benchmarks.peers import __main__ as beside_peers
from benchmarks.servers import __main__ as on_servers
from benchmarks.sizes import __main__ as in_a_full_store
from benchmarks.workloads import opaque

from .page import ROOT, Page

NAME = "docs/performance.md"
COMMAND = re.compile(r"^make bench(.*)$", re.MULTILINE)
BEHIND_NGINX, GETTING_STARTED = "docs/how-to/behind-nginx.md", "docs/getting-started.md"


@pytest.fixture
def page(follow: Callable[..., Page]) -> Page:
    page = follow(NAME)
    page.write_files()
    return page


@pytest.fixture
def granian(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands for the wrapper of Granian, which the tests do not install; its trusted hosts."""
    trusted: list[str] = []

    def wrap(application: Any, trusted_hosts: str) -> Any:
        trusted.append(trusted_hosts)
        return application

    proxies = ModuleType("granian.utils.proxies")
    proxies.wrap_wsgi_with_proxy_headers = wrap  # type: ignore[attr-defined]
    for name in ("granian", "granian.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "granian.utils.proxies", proxies)
    return trusted


def test_the_page(
    page: Page, load: Callable[[str], Any], granian: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = load("transactions").needs_transaction
    for path in ("/oauth2/token", "/oauth2/revoke", "/oauth2/introspect", "/oauth2/authorize", "/"):
        request = Request.blank(path)
        assert hook(request) == without_transaction.needs_transaction(request)
    assert page.settings("tm.") == {"tm.activate_hook": "transactions.needs_transaction"}

    Page(BEHIND_NGINX, page.folder).write_files()
    application = Page(GETTING_STARTED, page.folder).block("def main")
    (page.folder / "app.py").write_text(application)
    monkeypatch.chdir(page.folder)
    assert load("served").application.registry.settings["oauth2.issuer"].startswith("https://")
    assert granian == ["127.0.0.1"]


def test_its_commands() -> None:
    found = COMMAND.findall((ROOT / NAME).read_text())
    words = [dict(word.split("=", 1) for word in shlex.split(each)) for each in found]
    kinds = {next(iter(each.keys() - {"BENCH"}), "") for each in words}
    assert kinds == {"", "AGAINST", "SIZE", "PEERS", "SERVERS"}
    for each in words:
        options = shlex.split(each.get("BENCH", ""))
        if "SIZE" in each:
            in_a_full_store._parser().parse_args([each["SIZE"], *options])
        elif "PEERS" in each:
            beside_peers._parser().parse_args(options)
        elif "SERVERS" in each:
            on_servers._parser().parse_args(options)
        else:
            against = ["--against", each["AGAINST"]] if "AGAINST" in each else []
            in_process._parser().parse_args([*against, *options])


def test_every_workload_is_described() -> None:
    rows = re.findall(r"^\| (W\d) \| ", (ROOT / NAME).read_text(), re.MULTILINE)
    assert rows == opaque()
