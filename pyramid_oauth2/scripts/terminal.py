"""What others wrote, such as the name of a user, on a terminal."""

from __future__ import annotations


def shown(text: str) -> str:
    """*text*, quoted where it holds what a terminal would obey instead of showing it."""
    return text if text.isprintable() else repr(text)
