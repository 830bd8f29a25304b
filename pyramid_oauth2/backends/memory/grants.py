"""Grants, tokens and reservations in memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from threading import Lock

from zope.interface import implementer

from pyramid_oauth2.backends.families import check_family
from pyramid_oauth2.interfaces import IGrantStore
from pyramid_oauth2.per_process import PerProcess
from pyramid_oauth2.protocol.records import (
    Grant,
    Outcome,
    Page,
    Purged,
    Redemption,
    Reservation,
    SealedAnswer,
    Token,
    TokenChanges,
    TokenRef,
)

from .expiring_records import ExpiringRecords, key_of
from .pages import page_of

_AMENDABLE = frozenset(TokenChanges.__annotations__)


@implementer(IGrantStore)
class MemoryGrantStore:
    """All records behind one lock."""

    def __init__(self) -> None:
        self._lock = PerProcess(Lock)
        self._expiring = ExpiringRecords()

    def open(self, grant: Grant | None, tokens: Iterable[Token], now: int) -> bool:
        """Insert a new grant and its tokens, or tokens that stand alone."""
        with self._lock():
            self._expiring.insert(tokens if grant is None else (grant, *tokens))
            return True

    def find(self, ref: TokenRef) -> tuple[Token, Grant | None] | None:
        """Return the token and its grant."""
        with self._lock():
            token = self._expiring.token(ref)
            return None if token is None else (token, self._expiring.grant(token.grant_id))

    def add(self, grant_id: str, tokens: Iterable[Token], now: int) -> bool:
        """Insert tokens of an active grant."""
        with self._lock():
            grant = self._expiring.grant(grant_id)
            if grant is None or grant.revoked_at is not None or grant.expires_at <= now:
                return False
            self._expiring.insert(tokens)
            return True

    def redeem(
        self,
        token: Token,
        now: int,
        attempt: str,
        produce: Iterable[Token],
        grant: Grant | None = None,
        grant_expires_at: int | None = None,
        sealed_answer: SealedAnswer | None = None,
        retire: Iterable[TokenRef] = (),
    ) -> Redemption:
        """Spend a token once."""
        produce, retire = tuple(produce), tuple(retire)
        check_family(token.family, grant, produce, retire)
        with self._lock():
            current = self._expiring.token(token.ref)
            if current is None:
                return Redemption(Outcome.MISSING)
            if self._is_dead(current, grant):
                return Redemption(Outcome.DEAD)
            if current.attempt == attempt:
                return Redemption(Outcome.WON)
            if current.consumed_at is not None:
                return Redemption(Outcome.CONSUMED, current)
            if current.expires_at <= now:
                return Redemption(Outcome.EXPIRED)
            self._expiring.insert(produce if grant is None else (grant, *produce))
            self._expiring.keep(
                replace(current, consumed_at=now, attempt=attempt, sealed_answer=sealed_answer)
            )
            self._clear_answer_of_parent(current)
            self._extend(current.grant_id, grant_expires_at)
            for ref in retire:
                self._revoke_token(ref, now)
            return Redemption(Outcome.WON)

    def amend(self, ref: TokenRef, version: int, changes: TokenChanges) -> bool:
        """Change a token by compare and swap."""
        if unknown := changes.keys() - _AMENDABLE:
            raise ValueError(f"a token cannot be amended in {', '.join(sorted(unknown))}")
        with self._lock():
            token = self._expiring.token(ref)
            if token is None or token.version != version:
                return False
            if token.consumed_at is not None or token.revoked_at is not None:
                return False
            self._expiring.keep(replace(token, version=version + 1, **changes))
            return True

    def revoke_grant(self, grant_id: str, now: int, reason: str) -> bool:
        """Revoke the grant and everything issued for it."""
        with self._lock():
            return self._revoke_grant(self._expiring.grant(grant_id), now, reason)

    def revoke_token(self, ref: TokenRef, now: int) -> bool:
        """Revoke one token."""
        with self._lock():
            return self._revoke_token(ref, now)

    def revoke_subject(
        self, subject: str, now: int, reason: str, client_id: str | None = None
    ) -> int:
        """Revoke a user's grants."""
        with self._lock():
            chosen = tuple(self._expiring.grants(subject, client_id))
            return sum(self._revoke_grant(grant, now, reason) for grant in chosen)

    def reserve(self, namespace: str, digest: bytes, expires_at: int, now: int) -> bool:
        """Claim a value."""
        claim = Reservation(namespace, digest, expires_at)
        with self._lock():
            earlier = self._expiring.records.get(key_of(claim))
            if earlier is not None and earlier.expires_at > now:
                return False
            self._expiring.keep(claim)
            return True

    def grants(
        self,
        subject: str | None = None,
        client_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Grant]:
        """List the grants of a user, of a client, or of both together."""
        if subject is None and client_id is None:
            raise ValueError("give a subject, a client_id or both")
        with self._lock():
            chosen = self._expiring.grants(subject, client_id)
            return page_of(((key_of(grant), grant) for grant in chosen), cursor, limit)

    def tokens(self, grant_id: str, cursor: str | None = None, limit: int = 50) -> Page[Token]:
        """List the tokens of a grant."""
        with self._lock():
            chosen = (
                (key, record)
                for key, record in self._expiring.records.items()
                if isinstance(record, Token) and record.grant_id == grant_id
            )
            return page_of(chosen, cursor, limit)

    def purge(self, now: int, limit: int = 1000) -> Purged:
        """Process at most *limit* records that are due, and remove those that have ended."""
        with self._lock():
            return self._expiring.purge(now, limit)

    def export(
        self, cursor: str | None = None, limit: int = 500
    ) -> Page[Grant | Token | Reservation]:
        """List everything."""
        with self._lock():
            return page_of(self._expiring.records.items(), cursor, limit)

    def import_(self, records: Iterable[Grant | Token | Reservation]) -> int:
        """Insert what is not there."""
        with self._lock():
            before = len(self._expiring.records)
            for record in records:
                if key_of(record) not in self._expiring.records:
                    self._expiring.keep(record)
            return len(self._expiring.records) - before

    # The methods below are called with the lock held.

    def _is_dead(self, token: Token, new_grant: Grant | None) -> bool:
        if token.revoked_at is not None:
            return True
        if token.grant_id is not None and self._expiring.grant(token.grant_id) is None:
            return True
        grant = self._expiring.grant(new_grant.id if new_grant else token.grant_id)
        return grant is not None and grant.revoked_at is not None

    def _clear_answer_of_parent(self, token: Token) -> None:
        parent = self._expiring.token_of(token.family, token.parent) if token.parent else None
        if parent is not None:
            self._expiring.keep(replace(parent, sealed_answer=None))

    def _extend(self, grant_id: str | None, expires_at: int | None) -> None:
        grant = self._expiring.grant(grant_id)
        if grant is not None and expires_at is not None:
            end = max(grant.expires_at, min(expires_at, grant.absolute_end))
            self._expiring.keep(replace(grant, expires_at=end))

    def _revoke_grant(self, grant: Grant | None, now: int, reason: str) -> bool:
        if grant is None or grant.revoked_at is not None:
            return False
        self._expiring.keep(replace(grant, revoked_at=now, revoke_reason=reason))
        return True

    def _revoke_token(self, ref: TokenRef, now: int) -> bool:
        token = self._expiring.token(ref)
        if token is None or token.revoked_at is not None:
            return False
        self._expiring.keep(replace(token, revoked_at=now))
        return True
