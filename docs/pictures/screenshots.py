"""Take the README's pictures of a running demo again.

``python docs/pictures/screenshots.py http://localhost:6543``, beside ``make demo``.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

HERE = Path(__file__).parent
PHONE, DESK = {"width": 390, "height": 600}, {"width": 860, "height": 660}


def main(demo: str) -> None:
    """Photograph the consent page, as alice sees it, and the page of a client, as bob does.

    :param demo: the address of the demo.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = open_page(browser, PHONE)
        page.goto(f"{demo}/spa/")
        press(page.get_by_role("button", name="Sign in"))
        sign_in(page, "alice", "wonderland")
        page.screenshot(path=HERE / "consent.png")

        page = open_page(browser, DESK)
        page.goto(f"{demo}/oauth2/admin/clients")
        sign_in(page, "bob", "builder")
        press(page.get_by_role("link", name="The single-page notes"))
        page.screenshot(path=HERE / "admin.png")
        browser.close()


def open_page(browser: Browser, size: dict[str, int]) -> Page:
    """A page of a browser that has been nowhere, sharp on any screen."""
    context = browser.new_context(viewport=size, device_scale_factor=2, color_scheme="light")
    return context.new_page()


def sign_in(page: Page, username: str, password: str) -> None:
    """Fill in the demo's login."""
    page.get_by_label("name").fill(username)
    page.get_by_label("password").fill(password)
    press(page.get_by_role("button", name="Sign in"))


def press(control: Locator) -> None:
    """Click a link or a button, and wait until the page that it leads to has loaded."""
    with control.page.expect_navigation():
        control.click()


if __name__ == "__main__":
    main(sys.argv[1])
