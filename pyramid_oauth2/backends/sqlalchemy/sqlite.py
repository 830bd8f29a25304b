"""What SQLite does with fewer statements, since only one connection at a time can write.

What a statement reads beside the rows that it writes is as it is when they are written.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    ScalarSelect,
    bindparam,
    exists,
    func,
    insert,
    select,
    union_all,
    update,
)

from . import new_rows
from .schema import grant_table, token_table
from .statements import BY_REF, LIVE

_grant, _token = grant_table.c, token_table.c

_of_family = _grant.id == bindparam("ref_family")
_active = (_of_family, _grant.revoked_at.is_(None))
_wanted: ColumnElement[int] = func.min(
    bindparam("grant_end", type_=_grant.expires_at.type), _grant.absolute_end
)
_end: ColumnElement[int] = func.max(_grant.expires_at, _wanted)

# A grant whose end stays is not written, nor its index: at its last end, or within one second.
EXTEND = (
    update(grant_table).where(_of_family, _grant.expires_at < _wanted).values(expires_at=_wanted)
)


@lru_cache(maxsize=8)
def spending(in_grant: bool, remembered: bool, opens: bool) -> Executable:
    """The statement that spends a token; it matches no row if it does not.

    :param in_grant: whether it belongs to a grant, which must be active.
    :param remembered: whether it is kept as long as that grant.
    :param opens: whether a grant of its family will be inserted, so that none is revoked.
    """
    statement = update(token_table).where(BY_REF, LIVE, _token.expires_at > bindparam("now"))
    ends: list[Any] = [_token.expires_at, bindparam("held_until", type_=_token.kept_until.type)]
    if in_grant:
        statement = statement.where(exists().where(*_active).correlate(None))
        if remembered:
            ends.append(_end_of_grant())
    if opens:
        revoked = exists().where(_of_family, _grant.revoked_at.is_not(None))
        statement = statement.where(~revoked.correlate(None))
    return statement.values(
        consumed_at=bindparam("now"),
        attempt=bindparam("by_attempt"),
        sealed_answer=bindparam("answer"),
        sealed_until=bindparam("answer_until"),
        kept_until=func.max(*ends),
    )


@lru_cache(maxsize=16)
def addition(count: int) -> Executable:
    """The statement that inserts so many tokens of an active grant."""
    # Not with a common table expression: Python's sqlite3 counts no rows of a statement that
    # begins with WITH.
    rows = [
        select(*new_rows.of_token(number))
        .select_from(grant_table)
        .where(*_active, _grant.expires_at > bindparam("now"))
        for number in range(count)
    ]
    source = rows[0] if count == 1 else union_all(*rows)
    return insert(token_table).from_select(new_rows.TOKEN_NAMES, source)


def _end_of_grant() -> ScalarSelect[Any]:
    return select(_end).where(_of_family).correlate(None).scalar_subquery()
