"""What the pages of examples/ lead to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = sorted(EXAMPLES.rglob("*.md"))
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_index_has_each_example_with_its_command() -> None:
    rows = re.findall(r"\]\((\w+)/README\.md\) .* `(make [\w-]+)` \|$", INDEX, re.MULTILINE)
    assert sorted(name for name, _ in rows) == [page.parent.name for page in PAGES[1:]]
    for name, command in rows:
        assert f"```sh\n{command}\n```" in (EXAMPLES / name / "README.md").read_text()


INDEX = (EXAMPLES / "README.md").read_text()
