"""docs/pictures/screenshots: it has a way to each page."""

from __future__ import annotations

import re
from pathlib import Path

import pyramid_oauth2
from docs.pictures.screenshots.__main__ import CHOSEN
from docs.pictures.screenshots.pages import PAGES

TEMPLATES = Path(pyramid_oauth2.__file__).parent / "templates"
PARTS = {"layout", "destination", "reference", "resources"}


def test_each_page_for_users_has_its_picture() -> None:
    pages = {template.stem for template in TEMPLATES.glob("*.oauth2")} - PARTS
    assert pages <= PAGES.keys()


def test_the_chosen_pictures_are_of_pages_and_used() -> None:
    assert {page for page, _, _ in CHOSEN.values()} <= PAGES.keys()
    root = Path(__file__).parents[2]
    used = re.findall(r"pictures/([\w-]+)\.png", (root / "README.md").read_text())
    used += re.findall(r"pictures/([\w-]+)\.png", (root / "docs" / "pages.md").read_text())
    assert CHOSEN.keys() == set(used)
