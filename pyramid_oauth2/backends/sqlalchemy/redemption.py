"""Spending a token: the one transaction used by every flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...protocol.records import (
    Grant,
    Outcome,
    Redemption,
    SealedAnswer,
    Token,
    TokenRef,
    kept_until,
)
from ..families import check_family
from .connection import Connection
from .rows import grant_values, reference, token_of, token_values
from .statements import (
    CLEAR_ANSWER,
    EXTEND_GRANT,
    INSERT_GRANT,
    INSERT_TOKEN,
    LOCK_GRANT,
    READ_TOKEN,
    REVOKE_TOKEN,
    SPEND,
)


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
        return self._judge(connection, alive)

    def _spent(self, connection: Connection, grant_end: int | None) -> bool:
        answer = self.sealed_answer
        # The token's own end is in its row: it may have been amended since the caller read it.
        spent = replace(self.token, consumed_at=self.now, sealed_answer=answer, expires_at=self.now)
        parameters = {
            **reference(self.token.ref),
            "now": self.now,
            "by_attempt": self.attempt,
            "answer": answer.data if answer else None,
            "answer_until": answer.expires_at if answer else None,
            "held_until": kept_until(spent, grant_end),
        }
        return bool(connection.execute(SPEND, parameters).rowcount == 1)

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

    def _judge(self, connection: Connection, grant_alive: bool) -> Redemption:
        row = connection.execute(READ_TOKEN, reference(self.token.ref)).first()
        token = None if row is None else token_of(row)
        if token is None:
            return Redemption(Outcome.MISSING)
        if not grant_alive or token.revoked_at is not None:
            return Redemption(Outcome.DEAD)
        if token.consumed_at is None:
            return Redemption(Outcome.EXPIRED)
        if token.attempt == self.attempt:
            return Redemption(Outcome.WON)
        return Redemption(Outcome.CONSUMED, token)
