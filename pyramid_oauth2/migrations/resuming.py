"""Operations of a revision that can be repeated: each looks first whether it was done.

MySQL and MariaDB commit every statement that changes a table, so an upgrade that was
interrupted has done some of them. Run again, it does the rest. Statements that are only
printed have no database to look at, and are all printed.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy import VARBINARY, Column, Connection, String, inspect
from sqlalchemy.sql.schema import SchemaItem
from sqlalchemy.types import TypeEngine

from ..protocol.records import StoreUnavailable

IN_THE_WAY = (
    "table {name} already exists. It is another program's, or made by another history than ours. "
    "Give pyramid_oauth2 a database of its own (oauth2.sqlalchemy.url), or go on with that history."
)


def refuse_foreign_tables(connection: Connection, names: Container[str], version: str) -> None:
    """Refuse a database that has tables of *names* which no upgrade of ours has made.

    It is refused before anything is made in it: an upgrade makes the version table first,
    so afterwards every table counts as made by an upgrade that was interrupted.

    :param names: of our tables.
    :param version: of the version table.
    :raises StoreUnavailable: there is such a table.
    """
    there = inspect(connection).get_table_names()
    if version not in there:
        for name in filter(names.__contains__, there):
            raise StoreUnavailable(IN_THE_WAY.format(name=name))


def create_table(name: str, *elements: SchemaItem, **options: Any) -> None:
    """Create a table, unless it is there with the same columns.

    :raises StoreUnavailable: there is another table of that name.
    """
    if _printing() or not inspect(op.get_bind()).has_table(name):
        op.create_table(name, *elements, **options)
        return
    if _columns(name).keys() != {
        element.name for element in elements if isinstance(element, Column)
    }:
        raise StoreUnavailable(IN_THE_WAY.format(name=name))


def create_index(name: str, table: str, columns: Sequence[str]) -> None:
    """Create an index, unless it is there."""
    if _printing() or name not in _indexes(table):
        op.create_index(name, table, columns)


def create_index_in(batch: BatchOperations, name: str, columns: Sequence[str]) -> None:
    """Create an index together with the other changes of a table, unless it is there."""
    if _printing() or name not in _indexes(_table(batch)):
        batch.create_index(name, columns)


def drop_index_in(batch: BatchOperations, name: str) -> None:
    """Drop an index together with the other changes of a table, if it is still there."""
    if _printing() or name in _indexes(_table(batch)):
        batch.drop_index(name)


def add_column_in(batch: BatchOperations, column: Column[Any]) -> None:
    """Add a column together with the other changes of a table, unless it is there."""
    if _printing() or column.name not in _columns(_table(batch)):
        batch.add_column(column)


def lengthen_in(
    batch: BatchOperations, name: str, old: TypeEngine[Any], new: String | VARBINARY
) -> None:
    """Make a column longer together with the other changes of a table, unless it is."""
    there: Any = None if _printing() else _columns(_table(batch))[name]
    if there is None or there.length != new.length:
        batch.alter_column(name, existing_type=old, type_=new, existing_nullable=False)


def _printing() -> bool:
    return op.get_context().as_sql


def _table(batch: BatchOperations) -> str:
    name: str = batch.impl.table_name
    return name


def _columns(table: str) -> dict[str, TypeEngine[Any]]:
    return {each["name"]: each["type"] for each in inspect(op.get_bind()).get_columns(table)}


def _indexes(table: str) -> set[str | None]:
    return {index["name"] for index in inspect(op.get_bind()).get_indexes(table)}
