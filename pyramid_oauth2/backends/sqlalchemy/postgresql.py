"""What takes a transaction elsewhere, as one statement of PostgreSQL: one round trip, not six.

A statement that writes may be part of another one (``WITH``). Each part here is joined to the
one before it, so that nothing is written unless the grant is active and the token was spent.
A row that another transaction has locked is waited for, and then looked at again as it is now
(https://www.postgresql.org/docs/current/transaction-iso.html, Read Committed).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Executable,
    Exists,
    Insert,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)

from . import new_rows
from .schema import grant_table, token_table
from .statements import BY_REF, CLEARED, LIVE

_grant, _token = grant_table.c, token_table.c


class Shape(NamedTuple):
    """What a redemption consists of, beside the token that is spent.

    :param produced: how many tokens are issued for it.
    :param in_grant: whether it belongs to a grant, which must be active.
    :param remembered: whether it is kept as long as that grant.
    :param extends: whether the end of that grant is moved.
    :param clears: whether the sealed answer of the token's parent is cleared.
    :param opens: whether a grant of its family is inserted.
    :param retired: how many other tokens of the family are revoked.
    """

    produced: int
    in_grant: bool
    remembered: bool
    extends: bool
    clears: bool
    opens: bool
    retired: int


@lru_cache(maxsize=256)
def redemption(shape: Shape) -> Executable:
    """The statement that spends a token; it matches no row if it does not.

    No two parts may write the same row: PostgreSQL would carry out one of them. So what is
    retired is neither the token itself nor its parent.
    """
    held = _active_grant() if shape.in_grant else None
    spent = _spent(shape, held)
    parts: list[CTE] = []
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
    if shape.retired:
        parts.append(_retired(shape.retired, spent))
    if shape.opens:
        parts.append(_opened(spent))
    whole = _inserted(shape.produced, spent) if shape.produced else select(spent.c.family)
    return whole.add_cte(*parts)


@lru_cache(maxsize=16)
def opening(count: int) -> Executable:
    """The statement that inserts a grant and so many tokens of it."""
    row = {column.name: new_rows.new(column) for column in grant_table.columns}
    return _inserted(count, insert(grant_table).values(row).returning(_grant.id).cte("opened"))


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


def _opened(spent: CTE) -> CTE:
    row = select(*new_rows.of_grant()).select_from(spent)
    return insert(grant_table).from_select(new_rows.GRANT_NAMES, row).cte("opened")


def _revoked_before() -> Exists:
    # One that is revoked meanwhile exists, so that inserting it again fails.
    return (
        exists()
        .where(_grant.id == bindparam("ref_family"), _grant.revoked_at.is_not(None))
        .correlate(None)
    )


def _retired(count: int, spent: CTE) -> CTE:
    # The caller has read them, so they are in the snapshot of this statement.
    refs = (
        and_(
            _token.digest == bindparam(f"retired_digest_{number}"),
            _token.kind == bindparam(f"retired_kind_{number}"),
        )
        for number in range(count)
    )
    return (
        update(token_table)
        .where(or_(*refs), _token.family == spent.c.family, _token.revoked_at.is_(None))
        .values(revoked_at=bindparam("now"))
        .cte("retired")
    )


def _end(held: CTE) -> ColumnElement[int]:
    wanted = func.least(bindparam("grant_end", type_=_grant.expires_at.type), held.c.absolute_end)
    return func.greatest(held.c.expires_at, wanted)


def _spent(shape: Shape, held: CTE | None) -> CTE:
    held_until: ColumnElement[Any] = bindparam("held_until", type_=_token.kept_until.type)
    statement = update(token_table).where(BY_REF, LIVE, _token.expires_at > bindparam("now"))
    if held is not None:
        statement = statement.where(_token.family == held.c.id)
        if shape.remembered:
            held_until = func.greatest(held_until, _end(held))
    if shape.opens:
        statement = statement.where(~_revoked_before())
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
    rows = [select(*new_rows.of_token(number)).select_from(after) for number in range(count)]
    source = rows[0] if count == 1 else union_all(*rows)
    return insert(token_table).from_select(new_rows.TOKEN_NAMES, source)
