"""docs/how-to/custom-backend.md: its backend passes the suite, and a server starts with it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from operator import methodcaller
from pathlib import Path

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2 import StoreUnavailable, get_service
from pyramid_oauth2.backends.contract.specimens import new_consent
from pyramid_oauth2.testing import memory_backend

from .page import ROOT, Page

NAME = "docs/how-to/custom-backend.md"
TEXT = (ROOT / NAME).read_text()


def test_the_page(follow: Callable[..., Page], tmp_path: Path) -> None:
    page = follow(NAME)
    page.write_files()
    app = Page("docs/getting-started.md", tmp_path).block("def main")
    (tmp_path / "app.py").write_text(app)
    said = page.run("pytest", PYTEST_ADDOPTS="-p no:valkey -p no:cacheprovider")
    assert " passed" in said
    assert "skipped" not in said
    assert page.run("db check").endswith(page.block("can be used", "text"))


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Configurator]]:
    """An application on the page's backend, with other settings."""
    Page(NAME, tmp_path).write_files()
    monkeypatch.syspath_prepend(tmp_path)

    def start(**settings: str) -> Configurator:
        usual = {"issuer": "http://localhost", "backend.consents": "acme.oauth2"}
        changed = {f"oauth2.{key}": value for key, value in {**usual, **settings}.items()}
        config = Configurator(settings=memory_backend() | changed)
        config.include("pyramid_oauth2")
        config.make_wsgi_app()
        return config

    yield start
    for name in ("acme", "acme.oauth2"):
        sys.modules.pop(name, None)


def test_a_file_that_cannot_be_used(start: Callable[..., Configurator], tmp_path: Path) -> None:
    config = start(**{"acme.file": str(tmp_path / "nowhere" / "consents.jsonl")})
    with pytest.raises(StoreUnavailable, match="The file of the consents cannot be used"):
        get_service(config.registry).server.consents.get("alice", "client")


def test_of_many_who_put_one_wins(start: Callable[..., Configurator], tmp_path: Path) -> None:
    # Each with a lock of its own on the file, as another process would have it.
    backend = import_module("acme.oauth2").FileBackend
    stores = [backend(tmp_path / "consents.jsonl").consents for _ in range(8)]
    with ThreadPoolExecutor() as pool:
        for number in range(20):
            put = methodcaller("put", new_consent(subject=f"user-{number}"), None)
            assert list(pool.map(put, stores)).count(True) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"acme.file": "x", "backend.grants": "acme.oauth2"}, "does not keep grants"),
        ({"acme.file": "x", "acme.fiel": "x"}, "oauth2.acme.fiel is not a setting."),
        ({}, "oauth2.acme.file is missing: write the path of a file."),
    ],
)
def test_the_messages(
    start: Callable[..., Configurator], settings: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        start(**settings)
    assert said in str(caught.value)
    assert said in TEXT


def test_a_module_that_registers_another_name(
    start: Callable[..., Configurator], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_module("acme.oauth2"), "includeme", lambda config: None)
    with pytest.raises(ConfigurationError) as caught:
        start()
    assert "no backend named 'acme.oauth2'" in str(caught.value)
