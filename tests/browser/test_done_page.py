"""The page after a decision of which the client learns in another way, in a real browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.devices import GRANT_TYPE, device_request, plug

from .conftest import PHONE, Site
from .navigation import press
from .test_pages import ALLOW, CONTRAST, DENY, heading, is_wide_as_the_window, sign_in


def decide(page: Page, site: Site, button: str, client_name: str = "Television") -> None:
    plug(site.registry)
    site.register("tv", client_name=client_name, grant_types=(GRANT_TYPE,))
    page.goto(site.url + device_request(site.registry, "tv"))
    sign_in(page)
    press(page.locator(button))


@pytest.mark.parametrize(
    ("button", "title"), [(ALLOW, "Done"), (DENY, "Nothing was allowed")], ids=["allow", "deny"]
)
def test_it_says_what_was_decided(any_page: Page, site: Site, button: str, title: str) -> None:
    decide(any_page, site, button)
    assert heading(any_page) == title
    assert any_page.get_by_text("You can close this window.").is_visible()
    assert site.client.arrived == []


def test_a_long_name_fits_on_a_phone(site: Site, open_browser: Any) -> None:
    page = open_browser(viewport=PHONE).new_page()
    decide(page, site, ALLOW, "W" * 200)
    assert is_wide_as_the_window(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(scheme: str, site: Site, open_browser: Any) -> None:
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1."""
    page = open_browser(color_scheme=scheme).new_page()
    decide(page, site, ALLOW)
    measured = page.evaluate(CONTRAST)
    assert len(measured) >= 3
    assert [found for found in measured if found[1] < 4.5] == []
