"""Removing records that have no effect any more: a bounded number of rows, found by an index.

A row is not removed just because it was due when it was selected; the statement
that removes it checks again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import Column, Table, bindparam, delete, select, tuple_, update

from ...protocol.records import Purged, kept_until
from .connection import Connection, Row
from .database import Database
from .rows import TOKEN_COLUMNS, token_of
from .schema import consent_table, entry_table, grant_table, reservation_table, token_table

# A batch is one short transaction, and its keys are fewer than an engine's limit of parameters.
BATCH = 400

_token = token_table.c
_DIGEST = [column.name for column in TOKEN_COLUMNS].index("digest")


class TablePurge(Protocol):
    """Removes what is due in one table."""

    def __call__(self, database: Database, now: int, limit: int) -> tuple[int, int]:
        """Return how many rows it read, at most *limit*, and how many it removed."""


def purge(database: Database, purges: Iterable[TablePurge], now: int, limit: int) -> Purged:
    """Purge table by table until *limit* rows were read."""
    looked_at = removed = 0
    for purge_table in purges:
        while (batch := min(BATCH, limit - looked_at)) > 0:
            seen, gone = purge_table(database, now, batch)
            looked_at += seen
            removed += gone
            if seen < batch:
                break
    return Purged(removed, more=looked_at >= limit)


class ExpiryPurge:
    """Removes the rows of a table that are past their end."""

    def __init__(self, table: Table, end: Column[Any]) -> None:
        key = tuple(table.primary_key.columns)
        due = end <= bindparam("now")
        self._due = select(*key).where(due).order_by(end).limit(bindparam("batch"))
        self._delete = delete(table).where(tuple_(*key).in_(bindparam("keys", expanding=True)), due)

    def __call__(self, database: Database, now: int, limit: int) -> tuple[int, int]:
        """Remove at most *limit* rows."""
        keys = [tuple(row) for row in database.rows(self._due, {"now": now, "batch": limit})]
        removed = database.change(self._delete, {"now": now, "keys": keys}) if keys else 0
        return len(keys), removed


_DUE_TOKENS = (
    select(*TOKEN_COLUMNS, grant_table.c.expires_at)
    .select_from(token_table.outerjoin(grant_table, grant_table.c.id == _token.grant_id))
    .where(_token.kept_until <= bindparam("now"))
    .order_by(_token.kept_until)
    .limit(bindparam("batch"))
)
_HOLD_TOKEN = (
    update(token_table)
    .where(
        _token.digest == bindparam("of_digest"),
        _token.kept_until < bindparam("held_until"),
    )
    .values(kept_until=bindparam("held_until"))
)
_DELETE_TOKENS = delete(token_table).where(
    _token.digest.in_(bindparam("digests", expanding=True)),
    _token.kept_until <= bindparam("now"),
)
_DUE_ANSWERS = (
    select(_token.digest)
    .where(_token.sealed_until <= bindparam("now"))
    .order_by(_token.sealed_until)
    .limit(bindparam("batch"))
)
_CLEAR_ANSWERS = (
    update(token_table)
    .where(
        _token.digest.in_(bindparam("digests", expanding=True)),
        _token.sealed_until <= bindparam("now"),
    )
    .values(sealed_answer=None, sealed_until=None)
)


def purge_tokens(database: Database, now: int, limit: int) -> tuple[int, int]:
    """Remove the tokens that are due.

    One that must be kept for longer, such as a spent code whose grant was extended
    meanwhile, is postponed instead, so that no purge before that reads it again.
    """
    rows = database.rows(_DUE_TOKENS, {"now": now, "batch": limit})
    return len(rows), database.atomically(_TokenPurge(rows, now)) if rows else 0


class _TokenPurge:
    def __init__(self, rows: Sequence[Row], now: int) -> None:
        self.now = now
        self.held: list[dict[str, Any]] = []
        self.digests: list[bytes] = []
        for row in rows:
            token, digest, grant_end = token_of(row[:-1]), row[_DIGEST], row[-1]
            # One that cannot be read is no token: if it stayed, each purge would read it again.
            if token is not None and (end := kept_until(token, grant_end)) > now:
                self.held.append({"of_digest": digest, "held_until": end})
            else:
                self.digests.append(digest)

    def __call__(self, connection: Connection) -> int:
        if self.held:
            connection.execute(_HOLD_TOKEN, self.held)
        if not self.digests:
            return 0
        parameters = {"digests": self.digests, "now": self.now}
        return int(connection.execute(_DELETE_TOKENS, parameters).rowcount)


def clear_answers(database: Database, now: int, limit: int) -> tuple[int, int]:
    """Clear the sealed answers that are past their end; their tokens stay."""
    digests = [digest for (digest,) in database.rows(_DUE_ANSWERS, {"now": now, "batch": limit})]
    if digests:
        database.change(_CLEAR_ANSWERS, {"digests": digests, "now": now})
    return len(digests), 0


# Grants come before the tokens: a grant that still seems to have ended when its spent code is read
# may be extended before the code is removed. One that is gone, or that has not ended, is safe.
GRANT_STORE_PURGES: tuple[TablePurge, ...] = (
    ExpiryPurge(grant_table, grant_table.c.expires_at),
    purge_tokens,
    clear_answers,
    ExpiryPurge(reservation_table, reservation_table.c.expires_at),
)
CONSENT_STORE_PURGES: tuple[TablePurge, ...] = (
    ExpiryPurge(consent_table, consent_table.c.expires_at),
)
ENTRY_STORE_PURGES: tuple[TablePurge, ...] = (ExpiryPurge(entry_table, entry_table.c.expires_at),)
