"""Registered clients in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, or_, select, update
from zope.interface import implementer

from ...interfaces import IClientStore
from ...protocol.records import Client, Page
from .connection import Connection
from .database import Database
from .pages import Listing
from .rows import client_of, client_values, name_key, tombstone_values
from .schema import client_table

FIXED = {"client_id", "version", "epoch", "created_at"}
EDITABLE = {field.name for field in fields(Client)} - FIXED
SORT_COLUMNS = {"client_name": client_table.c.name_key, "created_at": client_table.c.created_at}

_client = client_table.c
_there = and_(_client.client_id == bindparam("of_client"), _client.deleted_at.is_(None))

READ = select(client_table).where(_there)
_deleted = and_(_client.client_id == bindparam("of_client"), _client.deleted_at.is_not(None))
READ_TOMBSTONE = select(_client.client_id).where(_deleted)
FORGET = delete(client_table).where(_deleted)
INSERT = insert(client_table)
EDIT = (
    update(client_table)
    .where(_there, _client.version == bindparam("seen_version"))
    .values(
        {
            column: bindparam(f"new_{column.name}", type_=column.type)
            for column in client_table.columns
            if column.name not in FIXED | {"deleted_at"}
        }
        | {_client.version: _client.version + 1}
    )
)
RAISE_EPOCH = (
    update(client_table)
    .where(_there)
    .values(
        epoch=_client.epoch + 1,
        version=_client.version + 1,
        updated_at=bindparam("now"),
        disabled_at=func.coalesce(
            bindparam("new_disabled_at", type_=_client.disabled_at.type), _client.disabled_at
        ),
    )
)
READ_EPOCH = select(_client.epoch).where(_there)
# Everything but the client_id is removed: what was registered may be personal data.
DELETE = (
    update(client_table)
    .where(_there)
    .values(
        {
            name: bindparam(f"new_{name}", value, type_=_client[name].type)
            for name, value in tombstone_values("", 0).items()
            if name not in ("client_id", "created_at", "updated_at", "deleted_at")
        }
        | {"updated_at": bindparam("now"), "deleted_at": bindparam("now")}
    )
)


_CLIENT_ID, _DELETED_AT = map(list(_client.keys()).index, ("client_id", "deleted_at"))


def _exported(row: Sequence[Any]) -> Client | str:
    client_id: str = row[_CLIENT_ID]
    return client_of(row) if row[_DELETED_AT] is None else client_id


EXPORT: Listing[Client | str] = Listing(select(client_table), (_client.client_id,), _exported)


@cache
def _search(sort: str, by_owner: bool, by_prefix: bool) -> Listing[Client]:
    query = select(client_table).where(_client.deleted_at.is_(None))
    if by_owner:
        query = query.where(_client.owner == bindparam("of_owner"))
    if by_prefix:
        begins = and_(
            _client.name_key >= bindparam("prefix_from"),
            _client.name_key < bindparam("prefix_to"),
        )
        query = query.where(or_(_client.client_id == bindparam("of_client"), begins))
    return Listing(query, (SORT_COLUMNS[sort], _client.client_id), client_of)


@implementer(IClientStore)
class SQLAlchemyClientStore:
    """The client store. A deleted client is a row with only a client_id and ``deleted_at``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, client_id: str) -> Client | None:
        """Return the client."""
        row = self._database.row(READ, {"of_client": client_id})
        return None if row is None else client_of(row)

    def was_deleted(self, client_id: str) -> bool:
        """Whether there is a tombstone."""
        return self._database.row(READ_TOMBSTONE, {"of_client": client_id}) is not None

    def add(self, client: Client) -> None:
        """Insert a client."""
        self._database.change(INSERT, client_values(client))

    def edit(self, client_id: str, version: int, changes: Mapping[str, Any]) -> bool:
        """Change a client by compare and swap."""
        if refused := changes.keys() - EDITABLE:
            raise ValueError(f"a client cannot be changed in {', '.join(sorted(refused))}")
        client = self.get(client_id)
        if client is None or client.version != version:
            return False
        values = client_values(replace(client, **changes))
        new = {f"new_{name}": value for name, value in values.items() if name not in FIXED}
        new.pop("new_deleted_at")
        parameters = {"of_client": client_id, "seen_version": version, **new}
        return self._database.change(EDIT, parameters) == 1

    def raise_epoch(self, client_id: str, now: int, disabled_at: int | None = None) -> int | None:
        """Revoke everything the client was ever given."""
        parameters = {"of_client": client_id, "now": now, "new_disabled_at": disabled_at}

        def raise_and_read(connection: Connection) -> int | None:
            if not connection.execute(RAISE_EPOCH, parameters).rowcount:
                # One that is added at this moment would be read, and was not raised.
                return None
            row = connection.execute(READ_EPOCH, {"of_client": client_id}).first()
            return None if row is None else int(row[0])

        return self._database.atomically(raise_and_read)

    def delete(self, client_id: str, now: int) -> bool:
        """Replace the client by a tombstone."""
        return self._database.change(DELETE, {"of_client": client_id, "now": now}) == 1

    def forget(self, client_id: str) -> bool:
        """Remove a tombstone."""
        return self._database.change(FORGET, {"of_client": client_id}) == 1

    def search(
        self,
        owner: str | None = None,
        prefix: str | None = None,
        sort: str = "client_name",
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Client]:
        """List clients in order.

        :raises ValueError: *sort* is not an order.
        """
        if sort not in SORT_COLUMNS:
            raise ValueError(f"sort is one of {', '.join(SORT_COLUMNS)}")
        parameters: dict[str, Any] = {}
        if owner is not None:
            parameters["of_owner"] = owner
        if prefix is not None:
            key = name_key(prefix)
            # UTF-8 never contains the byte 255, so this sorts just after every such name.
            parameters |= {"of_client": prefix, "prefix_from": key, "prefix_to": key + b"\xff"}
        listing = _search(sort, owner is not None, prefix is not None)
        return listing.page(self._database, cursor, limit, parameters)

    def export(self, cursor: str | None = None, limit: int = 500) -> Page[Client | str]:
        """List everything, tombstones as bare client_ids."""
        return EXPORT.page(self._database, cursor, limit)

    def import_(self, records: Iterable[Client | str]) -> int:
        """Insert what is not there."""
        return self._database.insert_missing(
            INSERT,
            (
                tombstone_values(record, 0) if isinstance(record, str) else client_values(record)
                for record in records
            ),
        )
