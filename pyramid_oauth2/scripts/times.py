"""Times in a form for people."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(seconds: int) -> str:
    """UTC seconds as ISO 8601, such as ``2026-11-25T16:00:00Z``."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
