"""Times as the pages show them."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_minute(seconds: int) -> str:
    """UTC seconds such as ``2026-11-25 16:00 UTC``, which reads the same in every language."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
