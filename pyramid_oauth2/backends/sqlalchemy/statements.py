"""The statements of the grant store, prepared once.

None of them takes the time from the database, queries JSON or relies on
RETURNING: the number of matched rows decides.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, case, func, insert, null, select, update

from .rows import GRANT_COLUMNS, TOKEN_COLUMNS
from .schema import grant_table, reservation_table, token_table

_grant, _token, _reservation = grant_table.c, token_table.c, reservation_table.c

BY_REF = and_(
    _token.digest == bindparam("ref_digest"),
    _token.kind == bindparam("ref_kind"),
    _token.family == bindparam("ref_family"),
)
LIVE = and_(_token.consumed_at.is_(None), _token.revoked_at.is_(None))

INSERT_GRANT = insert(grant_table)
INSERT_TOKEN = insert(token_table)
INSERT_RESERVATION = insert(reservation_table)

FIND = (
    select(*TOKEN_COLUMNS, *GRANT_COLUMNS)
    .select_from(token_table.outerjoin(grant_table, _grant.id == _token.grant_id))
    .where(BY_REF)
)
READ_TOKEN = select(*TOKEN_COLUMNS).where(BY_REF)
# Why it was not spent: the grant is that of its family, also if the token stands alone.
JUDGE = (
    select(*TOKEN_COLUMNS, _grant.id.label("judged_grant"), _grant.revoked_at.label("ended_at"))
    .select_from(token_table.outerjoin(grant_table, _grant.id == _token.family))
    .where(BY_REF)
)

# SQLite has no FOR UPDATE, so it is omitted there: BEGIN IMMEDIATE has locked everything.
LOCK_GRANT = (
    select(_grant.revoked_at, _grant.expires_at, _grant.absolute_end)
    .where(_grant.id == bindparam("grant_id"))
    .with_for_update()
)
EXTEND_GRANT = (
    update(grant_table)
    .where(_grant.id == bindparam("grant_id"))
    .values(expires_at=bindparam("end"))
)
REVOKE_GRANT = (
    update(grant_table)
    .where(_grant.id == bindparam("grant_id"), _grant.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), revoke_reason=bindparam("reason"))
)
REVOKE_SUBJECT = (
    update(grant_table)
    .where(_grant.subject == bindparam("of_subject"), _grant.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), revoke_reason=bindparam("reason"))
)
REVOKE_SUBJECT_AT_CLIENT = REVOKE_SUBJECT.where(_grant.client_id == bindparam("of_client"))

SPEND = (
    update(token_table)
    .where(BY_REF, LIVE, _token.expires_at > bindparam("now"))
    .values(
        consumed_at=bindparam("now"),
        attempt=bindparam("by_attempt"),
        sealed_answer=bindparam("answer"),
        sealed_until=bindparam("answer_until"),
        kept_until=case(
            (_token.expires_at < bindparam("held_until"), bindparam("held_until")),
            else_=_token.expires_at,
        ),
    )
)
CLEARED: tuple[tuple[Any, Any], ...] = (
    # First: MySQL reads a column that was assigned before as what it is now. A token that was
    # kept for its answer is due at its own end again; a purge decides what it is kept for else.
    (
        _token.kept_until,
        case(
            (_token.kept_until == _token.sealed_until, _token.expires_at),
            else_=_token.kept_until,
        ),
    ),
    (_token.sealed_answer, null()),
    (_token.sealed_until, null()),
)
CLEAR_ANSWER = (
    update(token_table)
    .where(
        _token.digest == bindparam("parent_digest"),
        _token.family == bindparam("ref_family"),
    )
    .ordered_values(*CLEARED)
)
AMEND = (
    update(token_table)
    .where(BY_REF, LIVE, _token.version == bindparam("seen_version"))
    .values(
        version=_token.version + 1,
        data=func.coalesce(bindparam("new_data", type_=_token.data.type), _token.data),
        expires_at=func.coalesce(
            bindparam("new_end", type_=_token.expires_at.type), _token.expires_at
        ),
        kept_until=func.coalesce(
            bindparam("new_end", type_=_token.expires_at.type), _token.kept_until
        ),
    )
)
REVOKE_TOKEN = (
    update(token_table)
    .where(BY_REF, _token.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)

CLAIM_EXPIRED = (
    update(reservation_table)
    .where(
        _reservation.namespace == bindparam("in_namespace"),
        _reservation.digest == bindparam("of_digest"),
        _reservation.expires_at <= bindparam("now"),
    )
    .values(expires_at=bindparam("end"))
)
