"""Spending a token: the one transaction used by every flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...protocol.records import (
    Grant,
    Outcome,
    Redemption,
    SealedAnswer,
    Token,
    TokenRef,
    kept_until,
)
from ...protocol.token_kinds import is_remembered
from ..families import check_family
from .connection import Connection
from .postgresql import Shape, redemption, rows_of
from .rows import GRANT_COLUMNS, TOKEN_COLUMNS, grant_values, reference, token_of, token_values
from .statements import (
    CLEAR_ANSWER,
    EXTEND_GRANT,
    FIND,
    INSERT_GRANT,
    INSERT_TOKEN,
    LOCK_GRANT,
    READ_TOKEN,
    REVOKE_TOKEN,
    SPEND,
)

_IN_GRANT = [column.name for column in GRANT_COLUMNS].index
_GRANT_ID = len(TOKEN_COLUMNS) + _IN_GRANT("id")
_GRANT_REVOKED_AT = len(TOKEN_COLUMNS) + _IN_GRANT("revoked_at")


@dataclass(frozen=True, slots=True)
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
        """Whether PostgreSQL can do it by :meth:`at_once`."""
        return self.grant is None and not self.retire

    def at_once(self, connection: Connection) -> Redemption:
        """Decide and write, by one statement of PostgreSQL."""
        shape = Shape(
            produced=len(self.produce),
            in_grant=self.token.grant_id is not None,
            extends=self.grant_expires_at is not None,
            clears=self.token.parent is not None,
        )
        parameters = {
            **self._spending(None),
            **rows_of([token_values(token) for token in self.produce]),
            "is_remembered": int(is_remembered(self.token.kind)),
            "grant_end": self.grant_expires_at or 0,
            "parent_digest": self.token.parent,
        }
        if connection.execute(redemption(shape), parameters).rowcount:
            return Redemption(Outcome.WON)
        # A loser has waited for the winner, so this sees what became of the token.
        row = connection.execute(FIND, reference(self.token.ref)).first()
        if row is None:
            return Redemption(Outcome.MISSING)
        grant_id, revoked_at = row[_GRANT_ID], row[_GRANT_REVOKED_AT]
        alive = self.token.grant_id is None or (grant_id is not None and revoked_at is None)
        return self._judged(token_of(row[: len(TOKEN_COLUMNS)]), alive)

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
            self._carry_out(connection, end)
            return Redemption(Outcome.WON)
        row = connection.execute(READ_TOKEN, reference(self.token.ref)).first()
        return self._judged(None if row is None else token_of(row), alive)

    def _spent(self, connection: Connection, grant_end: int | None) -> bool:
        return bool(connection.execute(SPEND, self._spending(grant_end)).rowcount == 1)

    def _spending(self, grant_end: int | None) -> Mapping[str, Any]:
        answer = self.sealed_answer
        # The token's own end is in its row: it may have been amended since the caller read it.
        spent = replace(self.token, consumed_at=self.now, sealed_answer=answer, expires_at=self.now)
        return {
            **reference(self.token.ref),
            "now": self.now,
            "by_attempt": self.attempt,
            "answer": answer.data if answer else None,
            "answer_until": answer.expires_at if answer else None,
            "held_until": kept_until(spent, grant_end),
        }

    def _carry_out(self, connection: Connection, grant_end: int | None) -> None:
        family = self.token.family
        if self.token.parent is not None:
            parent = {"parent_digest": self.token.parent, "ref_family": family}
            connection.execute(CLEAR_ANSWER, parent)
        if self.retire:
            retired = [reference(ref) | {"now": self.now} for ref in self.retire]
            connection.execute(REVOKE_TOKEN, retired)
        if self.grant_expires_at is not None and grant_end is not None:
            connection.execute(EXTEND_GRANT, {"grant_id": family, "end": grant_end})
        if self.grant is not None:
            connection.execute(INSERT_GRANT, grant_values(self.grant))
        if self.produce:
            connection.execute(INSERT_TOKEN, [token_values(token) for token in self.produce])

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
