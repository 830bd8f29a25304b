"""docs/how-to/custom-consent-page.md: its template is shown, its policy is called."""

from __future__ import annotations

import importlib
import re
import runpy
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from webtest import TestApp

from tests.browser.application import CookiePolicy, configurator, register

from .page import Page


@dataclass
class User:
    """A user as the page assumes it."""

    name: str
    accepted_terms: bool = True

    @property
    def email(self) -> str:
        return f"{self.name}@<shop>.example"


class UserPolicy(CookiePolicy):
    users = {"alice": User("alice"), "bob": User("bob", accepted_terms=False)}

    def identity(self, request: Any) -> Any:
        return self.users.get(super().identity(request) or "")

    def authenticated_userid(self, request: Any) -> str | None:
        user = self.identity(request)
        return user and user.name


@pytest.fixture
def page(follow: Callable[..., Page], monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """The page's files, in a package."""
    page = follow("docs/how-to/custom-consent-page.md")
    page.write_files()
    (page.folder / "shop" / "__init__.py").touch()
    monkeypatch.syspath_prepend(page.folder)
    yield page
    for name in ("shop", "shop.policy"):
        sys.modules.pop(name, None)


def application(settings: dict[str, str], policy: Any, replacing: str | None = None) -> TestApp:
    """The application with two clients.

    :param replacing: a template that replaces ours.
    """
    config = configurator(settings, policy)
    if replacing:
        config.override_asset("pyramid_oauth2:templates/consent.oauth2", replacing)
    browser = TestApp(config.make_wsgi_app())
    for name in ("orders", "profile"):
        register(config.registry, name, "https://gifts.example/", scope=frozenset({name}))
    return browser


def test_the_page(page: Page):
    settings = dict(re.findall(r"^(\S+) = (\S+)$", page.block("shop.ini"), re.MULTILINE))
    see_consent = runpy.run_path(str(page.folder / "test_consent.py"))["see_consent"]
    browser = application(settings, UserPolicy())
    browser.post("/login", {"user": "alice"})
    shown = see_consent(browser, "orders")
    assert shown.html.header.get_text(strip=True) == "The Shop"
    assert "This is the account of alice@&lt;shop&gt;.example." in shown
    assert "Orders are paid from your credit." in shown
    assert "Orders are paid" not in see_consent(browser, "profile")
    answer = shown.form.submit("decision", index=0)
    assert answer.location.startswith("https://gifts.example/?code=")

    check_terms(settings, see_consent)
    check_what_goes_wrong(settings, see_consent)


def check_terms(settings: dict[str, str], see_consent: Callable[..., Any]) -> None:
    class Policy(importlib.import_module("shop.policy").TermsFirst, UserPolicy):  # type: ignore[misc]
        pass

    browser = application(settings, Policy())
    browser.post("/login", {"user": "bob"})
    to_login = see_consent(browser, "orders")
    assert urlsplit(to_login.location).path == "/login"
    UserPolicy.users["bob"].accepted_terms = True
    shown = browser.post(to_login.location, {"user": "bob"}).follow()
    assert "This is the account of bob@" in shown


def check_what_goes_wrong(settings: dict[str, str], see_consent: Callable[..., Any]) -> None:
    class Nameless(CookiePolicy):
        authenticated_userid = CookiePolicy.identity

        def identity(self, request: Any) -> None:
            return None

    browser = application(settings, Nameless())
    browser.post("/login", {"user": "alice"})
    assert "This is the account of ." in see_consent(browser, "orders")

    (template,) = settings.values()
    browser = application({}, UserPolicy(), replacing=template)
    browser.post("/login", {"user": "alice"})
    with pytest.raises(RecursionError):
        see_consent(browser, "orders")
