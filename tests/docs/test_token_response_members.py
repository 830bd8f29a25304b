"""docs/how-to/token-response-members.md, in the application of docs/getting-started.md."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationError

from .page import Page

MODULES = ("accounts", "app", "test_accounts")


@pytest.fixture
def module(
    tmp_path: Path, follow: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    Page("docs/getting-started.md", tmp_path, {}).write_files()
    page = follow("docs/how-to/token-response-members.md")
    page.write_files()
    monkeypatch.syspath_prepend(page.folder)
    yield importlib.import_module("test_accounts")
    for name in MODULES:
        sys.modules.pop(name, None)


def test_the_page(module: ModuleType) -> None:
    module.test_a_user_with_an_account()
    module.test_a_user_without_one()


def test_what_it_says_of_mistakes(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyramid_oauth2.extension import Access, Issuing
    from pyramid_oauth2.protocol.records import Client

    accounts = importlib.import_module("accounts")
    text = Path("docs/how-to/token-response-members.md").read_text()
    issuing = Issuing(Client("app"), "password", Access(frozenset()), "", 0, 0, "alice")
    assert accounts.AccountMember(None, None).members(issuing) == {"account": "wonderland"}

    register_users = module.includeme

    def twice(config: Any) -> None:
        register_users(config)
        config.add_oauth2_token_response("others", accounts.AccountMember)

    monkeypatch.setattr(module, "includeme", twice)
    with pytest.raises(ConfigurationError) as stopped:
        module.ask("alice")
    assert f"`{stopped.value}`" in text

    monkeypatch.undo()
    monkeypatch.setattr(accounts.AccountMember, "members", lambda self, issuing: {"balance": 1})
    with pytest.raises(ValueError) as failed:
        module.ask("alice")
    assert f"`{failed.value}`" in text
