"""From one page to the next."""

from __future__ import annotations

from playwright.sync_api import Locator, Page


def press(control: Locator) -> None:
    """Click a link or a button, and wait until the page that it leads to has loaded.

    ``click`` alone returns before: the document may still be the old one, or empty, or without
    its style sheet. It is enough if the next call waits for something on the new page.

    :raises playwright.sync_api.TimeoutError: the click leads to no other page.
    """
    with control.page.expect_navigation():
        control.click()


def log_in(page: Page, url: str, user: str = "alice") -> None:
    """Log in at the application, without its form: for a test of what comes afterwards."""
    page.request.post(f"{url}/login", form={"user": user}, max_redirects=0)
