"""docs/security.md: each promise is covered by the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
PROMISES = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.partition("## Your responsibilities")[0].splitlines()
    if line.startswith("| ") and not line.startswith(("| guarantee", "| ---"))
]
NAMED = re.compile(r"`([\w/]+\.py)(?:::(\w+))?`")


def test_there_are_promises():
    assert len(PROMISES) > 30


@pytest.mark.parametrize("promise", PROMISES, ids=lambda promise: promise[0][:40])
def test_a_promise_is_tried_where_it_says(promise: list[str]):
    _, source, tried = promise
    assert re.fullmatch(r"(RFC \d{4}( [\d.]+)?(, )?|[\d.]+)*", source), source
    named = NAMED.findall(tried)
    assert named
    assert NAMED.sub("", tried).strip(", ") == ""
    for file, test in named:
        code = (ROOT / "tests" / file).read_text()
        assert f"def {test or 'test_'}" in code, f"{file} has no {test}"
        if test:
            assert re.search(rf"def {test}\(", code), f"{file} has no {test}"


def test_no_row_of_a_list_is_cited():
    assert not re.search(r"\b[A-QX]\d\d\b", PAGE)
