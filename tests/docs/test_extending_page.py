"""docs/extending.md, in the application of docs/getting-started.md."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pyramid.exceptions import ConfigurationError
from webtest import TestApp

import pyramid_oauth2.directives
from pyramid_oauth2 import extension
from tests.browser.application import authorize_query, configurator, register

from .page import Page

PAGE = "docs/extending.md"
MODULES = ("accounts", "app", "tea", "tenants", "test_tenants")


@pytest.fixture
def module(
    tmp_path: Path, follow: Callable[..., Page], monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModuleType]:
    Page("docs/getting-started.md", tmp_path, {}).write_files()
    page = follow(PAGE)
    page.write_files()
    monkeypatch.syspath_prepend(page.folder)
    yield importlib.import_module("test_tenants")
    for name in MODULES:
        sys.modules.pop(name, None)


def test_the_page(module: ModuleType) -> None:
    module.test_a_user_of_the_tenant()
    module.test_a_user_of_another_one()


def test_a_block_of_the_consent_page(module: ModuleType) -> None:
    config = configurator()
    config.include("accounts")
    browser = TestApp(config.make_wsgi_app())
    register(config.registry, "bank", "https://bank.example/")
    browser.post("/login", {"user": "alice"})
    page = browser.get(f"/oauth2/authorize?{authorize_query('bank', account='<savings>')}")
    block = page.html.main.form.section
    assert block.h2.get_text() == "Accounts"
    assert [line.get_text() for line in block.find_all("li")] == ["Only the account <savings>"]


def test_a_typo_in_the_setting(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(module.SETTINGS, "oauth2.tenants.defalt", "x")
    with pytest.raises(ConfigurationError, match=r"Did you mean oauth2\.tenants\.default\?"):
        module.ask("alice")


def test_its_table_names_every_seam() -> None:
    """What has an interface in the public module, and what has a directive, is on the page."""
    text = Path(PAGE).read_text()
    named = set(re.findall(r"`(add_oauth2_\w+)`", text))
    directives = {name for name in dir(pyramid_oauth2.directives) if name.startswith("add_")}
    assert directives - {"add_oauth2_scope", "add_oauth2_resource"} == named
    interfaces = {name for name in extension.__all__ if re.fullmatch(r"I[A-Z][a-z]\w+", name)}
    own = {"IEntryStore", "IServer", "IResourceServer"}
    assert interfaces - own <= set(re.findall(r"`(I\w+)`", text))


def test_the_public_module_re_exports_only() -> None:
    assert all(hasattr(extension, name) for name in extension.__all__)
    assert not [
        name
        for name, value in vars(extension).items()
        if getattr(value, "__module__", None) == extension.__name__
    ]
