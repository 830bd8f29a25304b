"""The documentation is in plain technical English: some words are not used in its prose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyramid_oauth2.settings import setting_fields

from .page import ROOT

PAGES = sorted((*ROOT.glob("docs/**/*.md"), ROOT / "README.md", ROOT / "CHANGES.md"))
WORDS = re.compile(
    r"\b(told|tells?|hears|heard|whoever|nobody|somebody|anybody|everybody|whatever)\b",
    re.IGNORECASE,
)
# Code blocks and code spans, block quotes and quotations: their words are not the page's own.
EXEMPT = re.compile(r"^```.*?^```$|^>.*?$|`[^`]*`|\"[^\"\n]*\"", re.MULTILINE | re.DOTALL)


def prose(text: str) -> str:
    """The prose of a page, on the lines where it was."""
    return EXEMPT.sub(lambda exempt: "\n" * exempt[0].count("\n"), text)


def found(text: str) -> Iterator[tuple[int, str]]:
    """Each word that is not used, with its line."""
    for number, line in enumerate(prose(text).splitlines(), 1):
        for word in WORDS.findall(line):
            yield number, word


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_words_of_a_page(page: Path):
    name = page.relative_to(ROOT)
    assert [f"{name}:{line}: {word}" for line, word in found(page.read_text())] == []


@pytest.mark.parametrize("key", setting_fields())
def test_the_words_of_a_help_text(key: str):
    meaning = setting_fields()[key].metadata["meaning"]
    assert [f"oauth2.{key}: {word}" for _, word in found(meaning)] == []


def test_only_prose_is_searched():
    text = 'Nobody\n```text\nnobody\n```\n> nobody\n`nobody` is "nobody"\nHe tells it.'
    assert list(found(text)) == [(1, "Nobody"), (7, "tells")]
