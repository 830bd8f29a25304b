"""New rows: the statements that insert them, and their values as numbered parameters of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Executable,
    LargeBinary,
    Table,
    bindparam,
    cast,
    insert,
)

from ...protocol.records import TokenRef
from .compiled import COLUMNS
from .schema import grant_table, token_table
from .statements import INSERT_GRANT, INSERT_TOKEN

TOKEN_NAMES = [column.name for column in token_table.columns]
GRANT_NAMES = [column.name for column in grant_table.columns]

# What is NULL until a record is spent or revoked. Without these columns, an INSERT takes 0.6
# microseconds less for each: sqlite3 looks for an adapter of None.
_LATER_OF_GRANT = ("revoked_at", "revoke_reason")
_LATER_OF_TOKEN = ("consumed_at", "attempt", "sealed_answer", "sealed_until", "revoked_at")
_later_of_grant, _later_of_token = itemgetter(*_LATER_OF_GRANT), itemgetter(*_LATER_OF_TOKEN)


def _without(table: Table, names: Sequence[str]) -> Executable:
    columns = tuple(column.name for column in table.columns if column.name not in names)
    return insert(table).execution_options(**{COLUMNS: columns})


INSERT_NEW_GRANT = _without(grant_table, _LATER_OF_GRANT)
INSERT_NEW_TOKEN = _without(token_table, _LATER_OF_TOKEN)


def grant_insertion(grant: Mapping[str, Any]) -> Executable:
    """The statement that inserts a grant of these columns."""
    is_new = _later_of_grant(grant) == (None,) * len(_LATER_OF_GRANT)
    return INSERT_NEW_GRANT if is_new else INSERT_GRANT


def token_insertion(tokens: Sequence[Mapping[str, Any]]) -> Executable:
    """The statement that inserts tokens of these columns."""
    new = (None,) * len(_LATER_OF_TOKEN)
    is_new = all(_later_of_token(token) == new for token in tokens)
    return INSERT_NEW_TOKEN if is_new else INSERT_TOKEN


def of_token(number: int) -> list[ColumnElement[Any]]:
    """The columns of a token to insert, of several."""
    return [
        _typed(column, bindparam(f"{column.name}_{number}", type_=column.type))
        for column in token_table.columns
    ]


def of_grant() -> list[ColumnElement[Any]]:
    """The columns of the grant to insert."""
    return [_typed(column, new(column)) for column in grant_table.columns]


def new(column: Column[Any]) -> BindParameter[Any]:
    """The parameter of a column of the grant to insert."""
    return bindparam(f"new_{column.name}", type_=column.type)


def rows_of(tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters of the tokens to insert, from the values of their columns."""
    parameters: dict[str, Any] = {}
    for number, token in enumerate(tokens):
        parameters.update(zip(_numbered(number, tuple(token)), token.values(), strict=True))
    return parameters


def row_of_grant(grant: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the grant to insert, from the values of its columns."""
    return {f"new_{name}": value for name, value in grant.items()}


def refs_of(tokens: Sequence[TokenRef]) -> dict[str, Any]:
    """The parameters of the tokens to revoke."""
    return {
        f"retired_{name}_{number}": value
        for number, token in enumerate(tokens)
        for name, value in (("digest", token.digest), ("kind", token.kind))
    }


@lru_cache(maxsize=16)
def _numbered(number: int, columns: tuple[str, ...]) -> tuple[str, ...]:
    # Made once: the names of two tokens take 4 microseconds.
    return tuple(f"{name}_{number}" for name in columns)


def _typed(column: Column[Any], value: ColumnElement[Any]) -> ColumnElement[Any]:
    # Otherwise PostgreSQL does not know the type of a NULL. Other types are named by its drivers.
    its = cast(value, LargeBinary) if isinstance(column.type, LargeBinary) else value
    return its.label(column.name)
