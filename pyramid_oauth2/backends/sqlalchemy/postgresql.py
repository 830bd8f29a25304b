"""What takes a transaction elsewhere, as one statement of PostgreSQL: one round trip, not six.

A statement that writes may be part of another one (``WITH``). Each part here is joined to the
one before it, so that nothing is written unless the grant is active and the token was spent.
A row that another transaction has locked is waited for, and then looked at again as it is now
(https://www.postgresql.org/docs/current/transaction-iso.html, Read Committed).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Executable,
    Insert,
    LargeBinary,
    bindparam,
    case,
    cast,
    func,
    insert,
    select,
    union_all,
    update,
)

from .schema import grant_table, token_table
from .statements import BY_REF, CLEARED, LIVE

_grant, _token = grant_table.c, token_table.c
_COLUMNS = tuple(token_table.columns)


class Shape(NamedTuple):
    """What a redemption consists of, beside the token that is spent.

    :param produced: how many tokens are issued for it.
    :param in_grant: whether it belongs to a grant, which must be active.
    :param extends: whether the end of that grant is moved.
    :param clears: whether the sealed answer of the token's parent is cleared.
    """

    produced: int
    in_grant: bool
    extends: bool
    clears: bool


def rows_of(tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters of the tokens to insert, from the values of their columns."""
    return {
        f"{name}_{number}": value
        for number, token in enumerate(tokens)
        for name, value in token.items()
    }


def row_of_grant(grant: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the grant to insert, from the values of its columns."""
    return {f"new_{name}": value for name, value in grant.items()}


@lru_cache(maxsize=64)
def redemption(shape: Shape) -> Executable:
    """The statement that spends a token; it matches no row if it does not."""
    held = _active_grant() if shape.in_grant else None
    spent = _spent(held)
    parts = []
    if held is not None and shape.extends:
        parts.append(
            update(grant_table)
            .where(_grant.id == held.c.id, spent.c.family == held.c.id)
            .values(expires_at=_end(held))
            .cte("extended")
        )
    if shape.clears:
        parts.append(
            update(token_table)
            .where(_token.digest == bindparam("parent_digest"), _token.family == spent.c.family)
            .ordered_values(*CLEARED)
            .cte("cleared")
        )
    whole = _inserted(shape.produced, spent) if shape.produced else select(spent.c.family)
    return whole.add_cte(*parts)


@lru_cache(maxsize=16)
def opening(count: int) -> Executable:
    """The statement that inserts a grant and so many tokens of it."""
    values = {
        column.name: bindparam(f"new_{column.name}", type_=column.type)
        for column in grant_table.columns
    }
    return _inserted(count, insert(grant_table).values(values).returning(_grant.id).cte("opened"))


@lru_cache(maxsize=16)
def addition(count: int) -> Executable:
    """The statement that inserts so many tokens of an active grant."""
    return _inserted(count, _active_grant(_grant.expires_at > bindparam("now")))


def _active_grant(*conditions: ColumnElement[bool]) -> CTE:
    # The lock makes us wait for a revocation in progress, and a later one wait for us.
    return (
        select(_grant.id, _grant.expires_at, _grant.absolute_end)
        .where(_grant.id == bindparam("ref_family"), _grant.revoked_at.is_(None), *conditions)
        .with_for_update()
        .cte("active_grant")
    )


def _end(held: CTE) -> ColumnElement[int]:
    wanted = func.least(bindparam("grant_end", type_=_grant.expires_at.type), held.c.absolute_end)
    return func.greatest(held.c.expires_at, wanted)


def _spent(held: CTE | None) -> CTE:
    held_until: ColumnElement[Any] = bindparam("held_until", type_=_token.kept_until.type)
    statement = update(token_table).where(BY_REF, LIVE, _token.expires_at > bindparam("now"))
    if held is not None:
        statement = statement.where(_token.family == held.c.id)
        remembered = bindparam("is_remembered", type_=_token.version.type) == 1
        held_until = func.greatest(held_until, case((remembered, _end(held)), else_=0))
    return (
        statement.values(
            consumed_at=bindparam("now"),
            attempt=bindparam("by_attempt"),
            sealed_answer=bindparam("answer"),
            sealed_until=bindparam("answer_until"),
            kept_until=func.greatest(_token.expires_at, held_until),
        )
        .returning(_token.family)
        .cte("spent")
    )


def _inserted(count: int, after: CTE) -> Insert:
    rows = [select(*_values(number)).select_from(after) for number in range(count)]
    source = rows[0] if count == 1 else union_all(*rows)
    return insert(token_table).from_select([column.name for column in _COLUMNS], source)


def _values(number: int) -> list[ColumnElement[Any]]:
    values = {
        column: bindparam(f"{column.name}_{number}", type_=column.type) for column in _COLUMNS
    }
    return [
        # Otherwise the type of a NULL is not known. Other types are named by the driver.
        (cast(value, LargeBinary) if isinstance(column.type, LargeBinary) else value).label(
            column.name
        )
        for column, value in values.items()
    ]
