"""Printing text that others wrote, such as the name of a user, on a terminal."""

from __future__ import annotations


def shown(text: str) -> str:
    """*text*, quoted if it contains control characters that a terminal would execute."""
    return text if text.isprintable() else repr(text)
