"""examples/native_app, with a real browser: what its user sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.checkout import Checkout, Running, checkout_in


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    with checkout_in(tmp_path_factory.mktemp("native")) as checkout:
        yield checkout


def follow(page: Page, running: Running) -> None:
    """Open the address to which the program sends the browser, and sign in if necessary."""
    page.goto(running.line("/oauth2/authorize?").strip())
    if "/login" in page.url:
        page.fill("[name=username]", "alice")
        page.fill("[name=password]", "wonderland")
        page.click("main button")


def test_signing_in(page: Page, checkout: Checkout) -> None:
    with checkout.run("native_app") as running:
        follow(page, running)
        expect(page.locator(".client")).to_contain_text("The native notes")
        page.click("[value=allow]")
        expect(page.locator("body")).to_have_text("Go on in the terminal.")
        assert "'user': 'alice'" in running.line("Signed in")
        running.line("Revoked: the API answers 401")
        assert running.end() == 0


def test_who_has_allowed_it_once_is_asked_again(page: Page, checkout: Checkout) -> None:
    """RFC 8252 section 8.6: another program may claim to be this one."""
    for _ in range(2):
        with checkout.run("native_app") as running:
            follow(page, running)
            page.click("[value=allow]")
            assert "'user': 'alice'" in running.line("Signed in")


def test_denying(page: Page, checkout: Checkout) -> None:
    with checkout.run("native_app") as running:
        follow(page, running)
        page.click("[value=deny]")
        running.line("The server let nobody in: access_denied")
        assert running.end() != 0
