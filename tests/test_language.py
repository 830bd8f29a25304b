"""Docstrings and comments are in plain English: some words are not used in them.

They say who acts and what happens: "emits an event", "raises", "the client", "an attacker".
Quotations, such as those of RFCs, are exempt.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("pyramid_oauth2", "tests", "benchmarks", "examples")

NOT_USED = re.compile(
    r"\b(told|tells?|hears|heard|whoever|nobody|somebody|anybody|everybody|whatever)\b",
    re.IGNORECASE,
)
QUOTATION = re.compile(r'"[^"]*"')


def docstrings(source: str) -> Iterator[tuple[int, str]]:
    """The first line and the text of each docstring, also of one that describes a value."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        value = getattr(node, "value", None)
        if isinstance(node, ast.Expr) and isinstance(getattr(value, "value", None), str):
            text = "\n".join(lines[node.lineno - 1 : node.end_lineno])
            yield node.lineno, text.replace('"""', "")


def comments(source: str) -> Iterator[tuple[int, str]]:
    """The first line and the text of each comment; adjacent lines are one comment."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found = [(token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT]
    for _, numbered in groupby(enumerate(found), key=lambda each: each[1][0] - each[0]):
        block = [each for _, each in numbered]
        yield block[0][0], "\n".join(text for _, text in block)


def words_not_used(source: str) -> Iterator[tuple[int, str]]:
    """The line and the word of each use, outside quotations."""
    if not NOT_USED.search(source):
        return  # Nowhere, so that its parts need not be found.
    for first_line, text in (*docstrings(source), *comments(source)):
        # Blanked out, so that the lines after a quotation keep their numbers.
        plain = QUOTATION.sub(lambda found: "\n" * found[0].count("\n"), text)
        for found in NOT_USED.finditer(plain):
            yield first_line + plain.count("\n", 0, found.start()), found[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_words_that_are_not_used(folder: str):
    uses = [
        f"{file.relative_to(ROOT)}:{line}: {word}"
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "node_modules" not in file.parts
        for line, word in sorted(words_not_used(file.read_text()))
    ]
    assert not uses, "\n".join(uses)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('"""Whoever asks."""', [(1, "Whoever")]),
        ('def f():\n    """One.\n\n    It "tells\n    all", and nobody\n    """', [(5, "nobody")]),
        ('x = 1\n"""The value that is told."""', [(2, "told")]),
        ("x = 1  # somebody\n# anybody", [(1, "somebody"), (2, "anybody")]),
        ('# RFC 6749: "tells\n# whoever"\nx = 1', []),
        ('x = "nobody"\nheard = "told"', []),
        ('"""``start_heard`` and storytelling."""', []),
    ],
)
def test_what_is_found(source: str, found: list[tuple[int, str]]):
    assert list(words_not_used(source)) == found
