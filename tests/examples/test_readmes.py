"""examples/README.md lists every example."""

from __future__ import annotations

import re
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"
INDEX = (EXAMPLES / "README.md").read_text()


def test_the_index_has_each_example_with_its_command() -> None:
    rows = re.findall(r"\]\((\w+)/README\.md\) .* `(make [\w-]+)` \|$", INDEX, re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(
        page.parent.name for page in EXAMPLES.glob("*/README.md")
    )
    for name, command in rows:
        assert f"```sh\n{command}\n```" in (EXAMPLES / name / "README.md").read_text()
