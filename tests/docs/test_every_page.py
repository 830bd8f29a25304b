"""Every page of the repository: a test uses its examples, and its links are valid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from .page import ROOT, UNTRIED

PLACES = ("*.md", "docs/**/*.md", "examples/**/*.md")
PAGES = sorted({str(path.relative_to(ROOT)) for place in PLACES for path in ROOT.glob(place)})
FENCE = re.compile(r"^( *)```(\w*)\n.*?^\1```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|\b(?:src|href)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z]+:")


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


@cache
def sources() -> str:
    """The sources of all tests."""
    return "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))


@cache
def anchors(page: Path) -> frozenset[str]:
    """The anchors of the headings, as GitHub generates them."""
    found: list[str] = []
    for heading in HEADING.findall(FENCE.sub("", page.read_text())):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        repeated = found.count(anchor)
        found.append(anchor)
        if repeated:
            found.append(f"{anchor}-{repeated}")
    return frozenset(found)


def broken(page: str) -> Iterator[str]:
    """The links whose targets do not exist."""
    for pair in LINK.findall(FENCE.sub("", text_of(page))):
        link = "".join(pair)
        path, _, anchor = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        if ELSEWHERE.match(link):
            continue
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", PAGES)
def test_its_examples_are_tried(page: str):
    examples = {language for _, language in FENCE.findall(text_of(page))} - UNTRIED - {""}
    tried = not examples or page in sources()
    assert tried, f"no test names {page}: follow it, as tests/docs do"


@pytest.mark.parametrize("page", PAGES)
def test_its_examples_are_where_a_test_finds_them(page: str):
    for indent, language in FENCE.findall(text_of(page)):
        assert not indent, f"{page}: a block of {language or 'text'} that Page cannot see"


@pytest.mark.parametrize("page", PAGES)
def test_its_links_lead_somewhere(page: str):
    assert list(broken(page)) == []
