"""The values of new rows within a statement that also reads, by numbered parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, LargeBinary, bindparam, cast

from ...protocol.records import TokenRef
from .schema import grant_table, token_table

TOKEN_NAMES = [column.name for column in token_table.columns]
GRANT_NAMES = [column.name for column in grant_table.columns]


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
