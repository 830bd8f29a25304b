"""Listings of any length, read a page at a time, and what no page begins at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from .records import Page

Item = TypeVar("Item")


class NotACursor(ValueError):
    """The text is not a cursor of the listing. It may be from a URL, which anyone can write."""

    def __init__(self) -> None:
        super().__init__("not a cursor of this listing")


def check_limit(limit: int) -> None:
    """Refuse a page without a place for an item: the next one would begin where it began.

    :raises ValueError: *limit* is less than 1.
    """
    if limit < 1:
        raise ValueError(f"the limit of a page is at least 1, not {limit}")


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


def has_as_many(listing: Callable[[str | None], Page[Item]], count: int) -> bool:
    """Whether a listing has *count* items.

    A single page cannot say it: while others write, it may be short and not the last one.
    """
    return sum(1 for _ in islice(every(listing), count)) == count
