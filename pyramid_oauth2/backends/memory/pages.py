"""Pages of a listing: the records after a cursor, in the order of their keys."""

from __future__ import annotations

import json
from collections.abc import Iterable
from heapq import nsmallest
from operator import itemgetter
from typing import Any, TypeVar

from pyramid_oauth2.protocol.listings import NotACursor, check_limit
from pyramid_oauth2.protocol.records import Page

Item = TypeVar("Item")


def page_of(
    entries: Iterable[tuple[tuple[Any, ...], Item]], cursor: str | None, limit: int
) -> Page[Item]:
    """Return the *limit* items with the smallest keys after *cursor*.

    The cursor is the last key of the page, not a count, so that a record that is
    added or removed between two pages does not shift the others.

    :param entries: keys and items in any order; a key is a tuple of strings and integers.
    :raises NotACursor: *cursor* is not a cursor of this listing.
    :raises ValueError: *limit* is less than 1.
    """
    check_limit(limit)
    after = () if cursor is None else _decode(cursor)
    try:
        ahead = [entry for entry in entries if entry[0] > after]
    except TypeError:
        raise NotACursor from None
    chosen = nsmallest(limit + 1, ahead, key=itemgetter(0))
    shown = chosen[:limit]
    return Page(
        tuple(item for _, item in shown),
        json.dumps(shown[-1][0]) if len(chosen) > limit else None,
    )


def _decode(cursor: str) -> tuple[Any, ...]:
    try:
        key = json.loads(cursor)
    except (ValueError, RecursionError):
        key = None
    # The text itself, and not another with the same meaning, such as one with blanks.
    if not isinstance(key, list) or json.dumps(key) != cursor:
        raise NotACursor
    return tuple(key)
