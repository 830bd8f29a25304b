"""docs/reference/settings.md is what the code says."""

from __future__ import annotations

from pathlib import Path

from pyramid_oauth2.scripts.settings import reference


def test_the_reference_is_up_to_date():
    """Make it again with ``python -m pyramid_oauth2.scripts.settings``."""
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    assert page.read_text() == reference()
