"""docs/how-to/custom-grant-type.md, in the application of docs/getting-started.md."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationError
from webtest import TestApp

from pyramid_oauth2 import get_service
from pyramid_oauth2.protocol.token.presentation import bearer
from tests.ports import free_port
from tests.serving import serving

from .page import Page

PAGE = "docs/how-to/custom-grant-type.md"
MODULES = ("api_keys", "app", "test_api_keys")


@pytest.fixture
def page(tmp_path: Path, follow: Callable[..., Page]) -> Page:
    """The page's files beside those of the application, whose ini gets the page's lines."""
    here = {"localhost:6543": f"localhost:{free_port()}"}
    started = Page("docs/getting-started.md", tmp_path, here)
    started.write_files()
    page = follow(PAGE, here)
    lines = page.write_files()["api_keys.ini"].partition("\n")[2]
    ini = (tmp_path / "app.ini").read_text()
    ini = ini.replace("pyramid.includes = pyramid_oauth2\n", lines)
    (tmp_path / "app.ini").write_text(ini)
    started.run("db upgrade")
    return page


@pytest.fixture
def tests_of_the_page(page: Page, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(page.folder)
    yield importlib.import_module("test_api_keys")
    for name in MODULES:
        sys.modules.pop(name, None)


def test_the_page(page: Page, tests_of_the_page: ModuleType):
    page.run("client add")
    (port,) = set(re.findall(r"localhost:(\d+)", page.text))
    with serving(page.folder / "app.ini", int(port), PYTHONPATH="."):
        said = json.loads(page.run("curl"))
    promised = json.loads(page.block("access_token", "json"))
    for name in ("access_token", "refresh_token"):
        assert said.pop(name).startswith(promised.pop(name).rstrip("."))
    assert said == promised
    check_its_tests(tests_of_the_page)
    check_what_it_says(page, tests_of_the_page)


def check_its_tests(module: ModuleType) -> None:
    tests = [value for name, value in vars(module).items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        test()


def check_what_it_says(page: Page, module: ModuleType) -> None:
    settings = {**module.SETTINGS, **module.memory_backend()}
    with pytest.raises(ConfigurationError) as stopped:
        module.main({}, **{**settings, "pyramid.includes": "pyramid_oauth2"})
    assert f"`{str(stopped.value).partition(' Registered are')[0]}`" in page.text

    browser = application(module, settings, (module.API_KEY,))
    value = ask(browser, module, api_key=module.ALICES_KEY)["access_token"]
    assert get_service(browser.app.registry).resolve(bearer(value)).subject == "alice"
    document = browser.get("/.well-known/oauth-authorization-server").json
    assert document["grant_types_supported"] == [module.API_KEY]
    refusals = [
        ask(browser, module),
        ask(application(module, settings, ("authorization_code",)), module),
        ask(application(module, {**settings, "oauth2.grant_types": "refresh_token"}), module),
    ]
    for refusal in refusals:
        assert f"`{refusal['error']}`: `{refusal['error_description']}`" in page.text


def application(
    module: ModuleType, settings: dict[str, str], grant_types: tuple[str, ...] = ()
) -> TestApp:
    """The application with a client for these grant types, if any."""
    app = module.main({}, **settings)
    if grant_types:
        get_service(app.registry).clients.add(
            client_id="importer",
            grant_types=grant_types,
            redirect_uris=("https://app.example/",),
            scope=frozenset({"read"}),
            token_endpoint_auth_method="none",
        )
    return TestApp(app)


def ask(browser: TestApp, module: ModuleType, **form: str) -> dict[str, Any]:
    form = {"client_id": "importer", "grant_type": module.API_KEY, **form}
    return dict(browser.post("/oauth2/token", form, status="*").json)
