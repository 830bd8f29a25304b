"""The format of times on the pages."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_minute(seconds: int) -> str:
    """Format UTC seconds as ``2026-11-25 16:00 UTC``, which is the same in every language."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
