"""``python -m docs.pictures.screenshots``: every page into ``build/screenshots``, a few here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from pyramid_oauth2 import get_service
from pyramid_oauth2.extension import Access, Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from tests import programs
from tests.browser.application import join

from .pages import PAGES
from .site import Site, site

HERE = Path(__file__).parents[1]
BUILD = Path("build/screenshots")
WIDTHS, SCHEMES, LANGUAGES = (320, 768, 1280), ("light", "dark"), ("en", "de")
# Those of the README and the documentation: the page, the width, the scheme.
CHOSEN = {
    "consent": ("consent", 400, "light"),
    "consent-dark": ("consent", 400, "dark"),
    "authorizations": ("authorizations", 640, "light"),
    "admin": ("clients-client", 860, "light"),
}


def main() -> None:
    """Photograph every page at three widths, in both schemes, and in two languages."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with site() as running, sync_playwright() as playwright:
        _allow(running)
        browser = playwright.chromium.launch(
            executable_path=programs.find("chromium-headless-shell")
        )
        for name, (page_name, width, scheme) in CHOSEN.items():
            with _signed_in(browser, running, width, scheme, "en") as page:
                PAGES[page_name](page, running)
                page.screenshot(path=HERE / f"{name}.png", full_page=True)
        for width, scheme, language in itertools.product(WIDTHS, SCHEMES, LANGUAGES):
            with _signed_in(browser, running, width, scheme, language) as page:
                for name, way in PAGES.items():
                    way(page, running)
                    path = BUILD / f"{name}-{width}-{scheme}-{language}.png"
                    page.screenshot(path=path, full_page=True)
        browser.close()
    print(f"{len(list(BUILD.glob('*.png')))} pictures are in {BUILD}")


def _allow(site: Site) -> None:
    """What alice has allowed."""
    server = get_service(site.registry).server
    for client_id, scope in (("prints", {"albums", "orders"}), ("calendar", {"albums"})):
        client = server.clients.get(client_id)
        assert client is not None
        issue(server, client, Issuance(Access(frozenset(scope)), Open("alice")))
    join(site.registry, "prints")


@contextmanager
def _signed_in(
    browser: Browser, site: Site, width: int, scheme: str, language: str
) -> Iterator[Page]:
    """A page of a browser of alice's, without script: the page of form_post would leave at once."""
    context = browser.new_context(
        viewport={"width": width, "height": 640},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=language,
        java_script_enabled=False,
    )
    page = context.new_page()
    page.goto(f"{site.url}/login")
    page.fill("input[name=user]", "alice")
    page.click("button")
    yield page
    context.close()


if __name__ == "__main__":
    main()
