"""Listings of any length, read a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from .records import Page

Item = TypeVar("Item")


def every(listing: Callable[[str | None], Page[Item]]) -> Iterator[Item]:
    """Every item of a listing; each page is read when it is needed.

    :param listing: returns the page of a cursor, the first one for None.
    """
    cursor = None
    while True:
        page = listing(cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return
