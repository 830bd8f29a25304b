"""Listings by key: a page continues after the last key of the previous one.

So no record is skipped or shown twice because others are added or removed
meanwhile, and a late page costs no more than the first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import BigInteger, Column, ColumnElement, LargeBinary, Select, and_, bindparam, or_

from ...protocol.listings import NotACursor, check_limit
from ...protocol.records import Page
from .database import Database

Item = TypeVar("Item")


class Listing(Generic[Item]):
    """A query in the order of a unique key, for which there is an index.

    :param query: selects at least the key.
    :param key: one or two columns, never NULL; the first sorts first.
    :param make: turns a row into an item; None if it cannot be read, and is left out.
    """

    def __init__(
        self,
        query: Select[Any],
        key: tuple[Column[Any], ...],
        make: Callable[[Any], Item | None],
    ) -> None:
        self._query = query.where(_after(key)).order_by(*key).limit(bindparam("page_limit"))
        self._key = key
        selected = list(query.selected_columns)
        self._places = [next(n for n, c in enumerate(selected) if c is column) for column in key]
        self._make = make

    def page(
        self,
        database: Database,
        cursor: str | None,
        limit: int,
        parameters: Mapping[str, Any] | None = None,
    ) -> Page[Item]:
        """Return the page that begins after *cursor*.

        :raises NotACursor: *cursor* is not a cursor of this listing.
        :raises ValueError: *limit* is less than 1.
        """
        check_limit(limit)
        last = self._decode(cursor) if cursor is not None else map(_least, self._key)
        after = {f"after_{place}": value for place, value in enumerate(last)}
        # One more row than requested shows whether there is a next page.
        rows = database.rows(self._query, {**(parameters or {}), **after, "page_limit": limit + 1})
        made = map(self._make, rows[:limit])
        items = tuple(item for item in made if item is not None)
        return Page(items, self._encode(rows[limit - 1]) if len(rows) > limit else None)

    def _encode(self, row: Sequence[Any]) -> str:
        return _text_of([row[place] for place in self._places])

    def _decode(self, cursor: str) -> list[Any]:
        least = [_least(column) for column in self._key]
        try:
            values = [
                bytes.fromhex(value) if isinstance(first, bytes) else value
                for value, first in zip(json.loads(cursor), least, strict=True)
            ]
        except (TypeError, ValueError, RecursionError):
            raise NotACursor from None
        same_types = [type(value) for value in values] == [type(first) for first in least]
        # The text itself, and not another with the same meaning, such as one with blanks.
        if not same_types or not all(map(_storable, values)) or _text_of(values) != cursor:
            raise NotACursor
        return values


class Chain(Generic[Item]):
    """Several listings, shown one after the other as one listing."""

    def __init__(self, *listings: Listing[Item]) -> None:
        self._listings = listings

    def page(self, database: Database, cursor: str | None, limit: int) -> Page[Item]:
        """Return the page that begins after *cursor*.

        :raises NotACursor: *cursor* is not a cursor of this chain.
        :raises ValueError: *limit* is less than 1.
        """
        place, within = self._decode(cursor) if cursor is not None else (0, None)
        items: list[Item] = []
        while place < len(self._listings):
            page = self._listings[place].page(database, within, limit - len(items))
            items += page.items
            if page.cursor is not None:
                return Page(tuple(items), f"{place} {page.cursor}")
            place, within = place + 1, None
            if len(items) == limit and place < len(self._listings):
                return Page(tuple(items), str(place))
        return Page(tuple(items))

    def _decode(self, cursor: str) -> tuple[int, str | None]:
        place, blank, within = cursor.partition(" ")
        places = [str(number) for number in range(len(self._listings))]
        if place not in places or (blank and not within):
            raise NotACursor
        return places.index(place), within or None


def _text_of(values: Iterable[Any]) -> str:
    return json.dumps([v.hex() if isinstance(v, bytes) else v for v in values])


def _after(key: tuple[Column[Any], ...]) -> ColumnElement[bool]:
    # (a, b) > (:a, :b), in the only form for which every engine uses its index.
    (first, least), *others = [
        (column, bindparam(f"after_{place}", type_=column.type)) for place, column in enumerate(key)
    ]
    if not others:
        return first > least
    [(second, second_least)] = others
    return and_(first >= least, or_(first > least, second > second_least))


def _storable(value: str | bytes | int) -> bool:
    # For a value that no row can have, some drivers raise an error of their own.
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    if isinstance(value, bytes):
        return True
    return "\0" not in value and value == value.encode("utf-8", "ignore").decode()


def _least(column: Column[Any]) -> str | bytes | int:
    if isinstance(column.type, LargeBinary):
        return b""
    return -1 if isinstance(column.type, BigInteger) else ""
