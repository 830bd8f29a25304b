"""Spending a token, as every flow does: one statement of PostgreSQL, or a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...protocol.records import (
    Grant,
    Outcome,
    Redemption,
    SealedAnswer,
    Token,
    TokenRef,
)
from ...protocol.token_kinds import is_remembered
from ..families import check_family
from . import sqlite
from .connection import Connection
from .new_rows import grant_insertion, refs_of, row_of_grant, rows_of, token_insertion
from .postgresql import Shape, redemption
from .rows import grant_values, reference, token_of, token_values
from .statements import (
    CLEAR_ANSWER,
    EXTEND_GRANT,
    JUDGE,
    LOCK_GRANT,
    READ_TOKEN,
    REVOKE_TOKEN,
    SPEND,
)

# With more, psycopg would not keep the statement parsed: it has at most 50 parameters.
MOST_RETIRED = 3


# Never compared or shown: the class takes 0.2 ms of a start less.
@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Redeeming:
    """One call of :meth:`~pyramid_oauth2.interfaces.IGrantStore.redeem`.

    :raises ValueError: something belongs to another family than *token*.
    """

    token: Token
    now: int
    attempt: str
    produce: Sequence[Token]
    grant: Grant | None
    grant_expires_at: int | None
    sealed_answer: SealedAnswer | None
    retire: Sequence[TokenRef]

    def __post_init__(self) -> None:
        check_family(self.token.family, self.grant, self.produce, self.retire)

    @property
    def is_one_statement(self) -> bool:
        """Whether PostgreSQL can do it by :meth:`at_once`, which writes each row only once."""
        others = {ref.digest for ref in self.retire} - {self.token.digest, self.token.parent}
        return len(others) == len(self.retire) <= MOST_RETIRED

    def at_once(self, connection: Connection) -> Redemption:
        """Decide and write, by one statement of PostgreSQL."""
        shape = Shape(
            produced=len(self.produce),
            in_grant=self.token.grant_id is not None,
            remembered=is_remembered(self.token.kind),
            extends=self.grant_expires_at is not None,
            clears=self.token.parent is not None,
            opens=self.grant is not None,
            retired=len(self.retire),
        )
        parameters = {
            **self._spending(None),
            **rows_of([token_values(token) for token in self.produce]),
            **({} if self.grant is None else row_of_grant(grant_values(self.grant))),
            **refs_of(self.retire),
            "grant_end": self.grant_expires_at or 0,
            "parent_digest": self.token.parent,
        }
        if connection.execute(redemption(shape), parameters).rowcount:
            return Redemption(Outcome.WON)
        # A loser has waited for the winner, so this sees what became of the token.
        return self._why_not(connection)

    def on_sqlite(self, connection: Connection) -> Redemption:
        """Decide and write, within the transaction of *connection* to SQLite."""
        in_grant, opens = self.token.grant_id is not None, self.grant is not None
        statement = sqlite.spending(in_grant, is_remembered(self.token.kind), opens)
        end = {"grant_end": self.grant_expires_at or 0, "ref_family": self.token.family}
        if not connection.execute(statement, self._spending(None) | end).rowcount:
            return self._why_not(connection)
        if in_grant and self.grant_expires_at is not None:
            connection.execute(sqlite.EXTEND, end)
        self._carry_out(connection)
        return Redemption(Outcome.WON)

    def _why_not(self, connection: Connection) -> Redemption:
        row = connection.execute(JUDGE, reference(self.token.ref)).first()
        if row is None:
            return Redemption(Outcome.MISSING)
        *values, grant_id, revoked_at = row
        if grant_id is None:
            alive = self.token.grant_id is None
        else:
            alive = revoked_at is None or (self.token.grant_id is None and self.grant is None)
        return self._judged(token_of(values), alive)

    def __call__(self, connection: Connection) -> Redemption:
        """Decide and write, within the transaction of *connection*."""
        alive, end = True, None
        if self.token.grant_id is not None or self.grant is not None:
            # The lock makes us wait for a revocation in progress, and a later one wait for us.
            row = connection.execute(LOCK_GRANT, {"grant_id": self.token.family}).first()
            if row is not None:
                revoked_at, expires_at, absolute_end = row
                alive = revoked_at is None
                end = max(expires_at, min(self.grant_expires_at or 0, absolute_end))
            elif self.token.grant_id is not None:
                alive = False
        if alive and self._spent(connection, end):
            if self.grant_expires_at is not None and end is not None:
                connection.execute(EXTEND_GRANT, {"grant_id": self.token.family, "end": end})
            self._carry_out(connection)
            return Redemption(Outcome.WON)
        row = connection.execute(READ_TOKEN, reference(self.token.ref)).first()
        return self._judged(None if row is None else token_of(row), alive)

    def _spent(self, connection: Connection, grant_end: int | None) -> bool:
        return bool(connection.execute(SPEND, self._spending(grant_end)).rowcount == 1)

    def _spending(self, grant_end: int | None) -> dict[str, Any]:
        answer = self.sealed_answer
        return {
            **reference(self.token.ref),
            "now": self.now,
            "by_attempt": self.attempt,
            "answer": answer.data if answer else None,
            "answer_until": answer.expires_at if answer else None,
            "held_until": self._held_until(grant_end),
        }

    def _held_until(self, grant_end: int | None) -> int:
        # As kept_until() of a copy, which would take 3 microseconds. The token's own end is in its
        # row: it may have been amended since the caller read it.
        end = 0 if self.sealed_answer is None else self.sealed_answer.expires_at
        if grant_end is not None and is_remembered(self.token.kind):
            end = max(end, grant_end)
        return end

    def _carry_out(self, connection: Connection) -> None:
        family = self.token.family
        if self.token.parent is not None:
            parent = {"parent_digest": self.token.parent, "ref_family": family}
            connection.execute(CLEAR_ANSWER, parent)
        if self.retire:
            retired = [reference(ref) | {"now": self.now} for ref in self.retire]
            connection.execute(REVOKE_TOKEN, retired)
        if self.grant is not None:
            grant = grant_values(self.grant)
            connection.execute(grant_insertion(grant), grant)
        if self.produce:
            tokens = [token_values(token) for token in self.produce]
            connection.execute(token_insertion(tokens), tokens)

    def _judged(self, token: Token | None, grant_alive: bool) -> Redemption:
        if token is None:
            return Redemption(Outcome.MISSING)
        if not grant_alive or token.revoked_at is not None:
            return Redemption(Outcome.DEAD)
        if token.consumed_at is None:
            return Redemption(Outcome.EXPIRED)
        if token.attempt == self.attempt:
            return Redemption(Outcome.WON)
        return Redemption(Outcome.CONSUMED, token)
