"""Each page in each of its states: axe finds nothing, and nothing sticks out of the window.

The kinds of browsers are a sample in which each width meets each language, each color scheme, and
scripts and none; so does each language, and so on. A state gets one of them in which axe can run,
and the pages that people see most get all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from .conftest import Site, opened
from .page_states import STATES, whole_site
from .test_pages import heading, is_wide_as_the_window

axe = Axe()


@dataclass(frozen=True)
class Kind:
    """A kind of browser."""

    width: int
    language: str
    scheme: str
    scripts: bool

    def __str__(self) -> str:
        scripts = "scripts" if self.scripts else "no scripts"
        return f"{self.width} {self.language} {self.scheme} {scripts}"

    @property
    def options(self) -> dict[str, Any]:
        return {
            "viewport": {"width": self.width, "height": 800},
            "locale": self.language,
            "color_scheme": self.scheme,
            "java_script_enabled": self.scripts,
        }


KINDS = [
    Kind(320, "en", "light", True),
    Kind(320, "de", "dark", False),
    Kind(320, "fr", "light", False),
    Kind(768, "en", "dark", False),
    Kind(768, "de", "light", True),
    Kind(768, "fr", "dark", True),
    Kind(1600, "en", "light", False),
    Kind(1600, "de", "light", False),
    Kind(1600, "fr", "dark", True),
    Kind(1600, "de", "dark", True),
]
# axe is a script.
WITH_AXE = [kind for kind in KINDS if kind.scripts]
SEEN_MOST = ("consent", "authorizations", "client", "edit, with problems", "error page_expired")
EACH_STATE = [(name, WITH_AXE[number % len(WITH_AXE)]) for number, name in enumerate(STATES)]
ALL = list(dict.fromkeys([*EACH_STATE, *((name, kind) for name in SEEN_MOST for kind in KINDS)]))


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with whole_site() as site:
        yield site


@pytest.fixture(scope="module")
def tab_of(browser: Browser) -> Iterator[Callable[[Kind], Page]]:
    """The tab of each kind of browser: most of the time of a state would go into a new one."""
    with opened(browser, []) as open_browser:
        yield cache(lambda kind: open_browser(**kind.options).new_page())


def violations(page: Page) -> list[str]:
    """What axe finds: the rule, and where it is broken."""
    found = axe.run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize(("name", "kind"), ALL, ids=lambda value: str(value))
def test_each_state(name: str, kind: Kind, site: Site, tab_of: Callable[[Kind], Page]) -> None:
    page = tab_of(kind)
    page.context.clear_cookies()
    STATES[name](page, site)
    assert not kind.scripts or violations(page) == []
    assert is_wide_as_the_window(page)
    assert heading(page)
    assert page.locator("html").get_attribute("lang") == kind.language


def test_the_sample_is_pairwise() -> None:
    names = ("width", "language", "scheme", "scripts")
    for first, second in ((a, b) for a in names for b in names if a < b):
        pairs = {(getattr(kind, first), getattr(kind, second)) for kind in KINDS}
        of_each = [len({getattr(kind, name) for kind in KINDS}) for name in (first, second)]
        assert len(pairs) == of_each[0] * of_each[1], (first, second)


def test_axe_finds_a_violation(site: Site, open_browser: Callable[..., BrowserContext]) -> None:
    page = open_browser().new_page()
    STATES["consent"](page, site)
    page.evaluate("document.querySelector('main').innerHTML += '<input>'")
    assert any(found.startswith("label: ") for found in violations(page))


# Backgrounds and shadows are not drawn in forced colors: borders and outlines are what is left.
UNSEEN = """() => [...document.querySelectorAll('.button, button, input, select, textarea')]
    .filter(control => control.offsetParent && control.type !== 'hidden')
    .filter(control => {
        const style = getComputedStyle(control);
        control.focus();
        const focused = getComputedStyle(control);
        const bordered = style.borderTopStyle !== 'none' && parseFloat(style.borderTopWidth) > 0;
        const drawn = bordered || ['checkbox', 'radio'].includes(control.type);
        const outlined = focused.outlineStyle !== 'none' && parseFloat(focused.outlineWidth) > 0;
        return !drawn || !outlined;
    })
    .map(control => control.outerHTML)"""


@pytest.mark.parametrize("name", SEEN_MOST)
def test_controls_are_seen_in_forced_colors(
    name: str, site: Site, open_browser: Callable[..., BrowserContext]
) -> None:
    page = open_browser(forced_colors="active").new_page()
    STATES[name](page, site)
    page.keyboard.press("Tab")  # From now on the focus is shown.
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    assert page.evaluate(UNSEEN) == []


def test_a_control_without_a_border_is_found(
    site: Site, open_browser: Callable[..., BrowserContext]
) -> None:
    page = open_browser(forced_colors="active").new_page()
    STATES["consent"](page, site)
    page.evaluate("document.querySelector('button[value=allow]').style.border = '0'")
    assert len(page.evaluate(UNSEEN)) == 1
