"""Reading a stored record that another program may have damaged."""

from __future__ import annotations

from collections.abc import Iterable

from .clients.codecs import LAST_TIME

# What reading a damaged value raises.
DAMAGED = (ValueError, LookupError, TypeError, RecursionError)


def check_times(times: Iterable[int | None]) -> None:
    """Refuse a record with a time that no page and no command can show; None is no time.

    :raises ValueError: one is after the year 9999, or before 1970.
    :raises TypeError: one is no number.
    """
    for seconds in times:
        if seconds is not None and not 0 <= seconds <= LAST_TIME:
            raise ValueError(f"the time {seconds} is not within the years 1970 to 9999")


def nearest_time(value: object) -> int:
    """Return the time nearest to *value* that can be shown; 0 if it is no number."""
    return min(max(value, 0), LAST_TIME) if isinstance(value, int) else 0
