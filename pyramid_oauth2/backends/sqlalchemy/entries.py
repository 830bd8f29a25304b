"""Entries in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Column, bindparam, delete, insert, select, update
from zope.interface import implementer

from ...interfaces import IEntryStore
from ...protocol.records import Entry, Page, Purged
from .database import Database
from .pages import Listing
from .purging import ENTRY_STORE_PURGES, purge
from .rows import ENTRY_COLUMNS, entry_of, entry_values
from .schema import entry_table

_entry = entry_table.c
_in_namespace = _entry.namespace == bindparam("in_namespace")
_of_key = _entry.key == bindparam("of_key")
_of_owner = _entry.owner == bindparam("of_owner")
_of_version = _entry.version == bindparam("seen_version")
_all = select(*ENTRY_COLUMNS)

READ = _all.where(_in_namespace, _of_key)
INSERT = insert(entry_table)
REPLACE = (
    update(entry_table)
    .where(_in_namespace, _of_key, _of_version)
    .values(
        {
            column: bindparam(f"new_{column.name}", type_=column.type)
            for column in entry_table.columns
            if not column.primary_key
        }
    )
)
DELETE = delete(entry_table).where(_in_namespace, _of_key)
DELETE_VERSION = DELETE.where(_of_version)


def _listing(key: tuple[Column[Any], ...], *conditions: Any) -> Listing[Entry]:
    return Listing(_all.where(*conditions), key, entry_of)


OF_NAMESPACE = _listing((_entry.key,), _in_namespace)
OF_OWNER = _listing((_entry.namespace, _entry.key), _of_owner)
OF_OWNER_IN_NAMESPACE = _listing((_entry.key,), _of_owner, _in_namespace)
EVERYTHING = _listing((_entry.namespace, _entry.key))


@implementer(IEntryStore)
class SQLAlchemyEntryStore:
    """The entry store: one row for each entry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, namespace: str, key: str) -> Entry | None:
        """Return the entry."""
        row = self._database.row(READ, {"in_namespace": namespace, "of_key": key})
        return None if row is None else entry_of(row)

    def put(self, entry: Entry, version: int | None) -> bool:
        """Insert or replace an entry by compare and swap."""
        if version is None:
            return self._database.insert(INSERT, entry_values(replace(entry, version=0)))
        values = entry_values(replace(entry, version=version + 1))
        parameters = {
            "in_namespace": values.pop("namespace"),
            "of_key": values.pop("key"),
            "seen_version": version,
            **{f"new_{name}": value for name, value in values.items()},
        }
        return self._database.change(REPLACE, parameters) == 1

    def delete(self, namespace: str, key: str, version: int | None = None) -> bool:
        """Remove the entry."""
        parameters: dict[str, Any] = {"in_namespace": namespace, "of_key": key}
        if version is None:
            return self._database.change(DELETE, parameters) == 1
        return self._database.change(DELETE_VERSION, parameters | {"seen_version": version}) == 1

    def list(
        self,
        namespace: str | None = None,
        owner: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Entry]:
        """List the entries of a namespace, of an owner, or of both together."""
        if owner is None and namespace is None:
            raise ValueError("give a namespace, an owner or both")
        if owner is None:
            listing, parameters = OF_NAMESPACE, {"in_namespace": namespace}
        elif namespace is None:
            listing, parameters = OF_OWNER, {"of_owner": owner}
        else:
            listing = OF_OWNER_IN_NAMESPACE
            parameters = {"of_owner": owner, "in_namespace": namespace}
        return listing.page(self._database, cursor, limit, parameters)

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Remove expired entries."""
        return purge(self._database, ENTRY_STORE_PURGES, now, limit)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Entry]:
        """List everything."""
        return EVERYTHING.page(self._database, cursor, limit)

    def import_(self, records: Iterable[Entry]) -> int:
        """Insert what is not there."""
        return self._database.insert_missing(INSERT, map(entry_values, records))
