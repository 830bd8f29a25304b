"""Fixtures that open pages of the docs and follow their examples."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.servers import postgresql_server, redis_url  # noqa: F401

from .page import Page

PASSED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the fixtures of a test know whether it passed."""
    report = yield
    item.stash[PASSED] = report.when == "call" and report.passed
    return report


@pytest.fixture
def follow(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a page of the docs; the test fails if it leaves out one of the examples.

    A test that is skipped because a program is missing may leave out any.

    ``follow("docs/how-to/native-app.md", {"localhost:6543": "localhost:7001"})``
    """
    pages: list[Page] = []

    def follow(name: str, replacing: dict[str, str] | None = None) -> Page:
        pages.append(Page(name, tmp_path, replacing or {}))
        return pages[-1]

    yield follow
    if not request.node.stash[PASSED]:
        return
    left_out = [place for page in pages for place in page.unused()]
    assert not left_out, f"examples that no test ran: {left_out}"


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Import a module that a page wrote into its folder."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
