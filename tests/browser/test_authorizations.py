"""The page of what a user allows, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pyramid_oauth2 import get_service
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.errors import InvalidToken
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.token.presentation import bearer
from pyramid_oauth2.protocol.token.token_response import IssuedTokens

from .conftest import PHONE, Site
from .navigation import press
from .test_pages import CONTRAST, is_wide_as_the_window, sign_in


def allow(
    site: Site, client_id: str, *scopes: str, resources: tuple[str, ...] = ()
) -> IssuedTokens:
    """What a client holds that alice has allowed something."""
    server = get_service(site.registry).server
    client = server.clients.get(client_id)
    assert client is not None
    return issue(server, client, Issuance(Access(frozenset(scopes), resources), Open("alice")))


def come(page: Page, site: Site) -> None:
    """Follow a link to the page, and sign in."""
    page.goto(f"{site.url}/oauth2/authorizations")
    sign_in(page)
    expect(page).to_have_title("Applications that may use your account")


def test_withdraw_on_a_phone_by_keyboard_and_without_javascript(
    site: Site, open_browser: Any
) -> None:
    site.register("long", client_name="W" * 200)
    kept = allow(site, "long", "albums")
    withdrawn = allow(site, "prints", "albums", "orders")
    page = open_browser(viewport=PHONE, java_script_enabled=False).new_page()
    come(page, site)
    assert is_wide_as_the_window(page)
    button = page.get_by_role("link", name="Withdraw Foto Print")
    for _ in range(3):  # the first is the link to sign out
        page.keyboard.press("Tab")
        if page.locator(":focus").get_attribute("id") == button.get_attribute("id"):
            break
    expect(button).to_be_focused()
    assert button.evaluate("button => getComputedStyle(button).outlineStyle") == "solid"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert is_wide_as_the_window(page)
    press(page.get_by_role("button", name="Withdraw"))
    expect(page.get_by_role("status")).to_contain_text("has lost its access")
    expect(page.get_by_role("article")).to_have_count(1)
    assert is_wide_as_the_window(page)
    service = get_service(site.registry)
    assert service.resolve(bearer(kept.access_token)).subject == "alice"
    with pytest.raises(InvalidToken):
        service.resolve(bearer(withdrawn.access_token))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str, site: Site, open_browser: Any) -> None:
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1."""
    page = open_browser(color_scheme=scheme).new_page()
    for client_id in ("diary", "prints"):
        if client_id == "diary":
            site.register(client_id, client_uri="https://diary.example/")
        allow(site, client_id, "albums")
    come(page, site)
    press(page.get_by_role("link", name="Withdraw Foto Print"))
    press(page.get_by_role("button", name="Withdraw"))
    script = CONTRAST.replace('"h1, ', '"h1, h2, dt, dd, ')
    measured = page.evaluate(script)
    assert len(measured) > 10
    assert [found for found in measured if found[1] < 4.5] == []
