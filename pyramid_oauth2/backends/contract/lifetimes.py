"""How long a store keeps what it removes by itself: on the real clock, in which seconds pass.

The other groups use a time far ahead, so that no time-to-live of a server ends meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    Grant,
    Outcome,
    Token,
)

from .factories import (
    MINUTE,
    new_answer,
    new_attempt,
    new_consent,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from .harness import Contract


@contextmanager
def one_second() -> Iterator[tuple[int, int]]:
    """A second that is about to begin, and its end; on exit, the end is past."""
    now = int(time.time()) + 1
    yield now, now + 1
    time.sleep(max(0.0, now + 1.2 - time.time()))


class GrantLifetimes(Contract):
    """Records whose first end is past, and which still count."""

    def test_lifetimes_of_what_is_kept_longer(self) -> None:
        with one_second() as (now, end):
            later = end + MINUTE
            code, spent_code = self._spent(AUTHORIZATION_CODE, now, end, later)
            refresh, _ = self._spent(REFRESH_TOKEN, now, end, later, answer=True)
            alone, _ = self._spent(INTERACTION, now, end, None, answer=True)
            extended, beside = self._extended(now, end, later)
            amended = new_token(issued_at=now, expires_at=end)
            assert self.grants.open(None, [amended], now)
            assert self.grants.amend(amended.ref, 0, {"expires_at": later})
            revoked = self._grant(now, later)
            access = new_token(ACCESS_TOKEN, revoked, issued_at=now)
            assert self.grants.open(revoked, [access], now)
            assert self.grants.revoke_grant(revoked.id, now, "test")
            taken, free = new_digest(), new_digest()
            assert self.grants.reserve("test", taken, later, now)
            assert self.grants.reserve("test", free, end, now)
        for token in (code, refresh, alone):
            late = self.grants.redeem(token, end, new_attempt(), [])
            assert late.outcome is Outcome.CONSUMED, f"the replay of a {token.kind} is not seen"
        assert spent_code in self.grants.tokens(code.family).items
        assert self.grants.redeem(extended, end, new_attempt(), []).outcome is Outcome.WON
        found = self.grants.find(beside.ref)
        assert found is not None
        assert found[1] is not None, "the end of the grant was moved"
        assert self.grants.amend(amended.ref, 1, {"data": b"x"}), "its end was amended"
        assert self.grants.redeem(access, end, new_attempt(), []).outcome is Outcome.DEAD
        assert not self.grants.reserve("test", taken, later, end)
        assert self.grants.reserve("test", free, later, end)

    def _grant(self, now: int, end: int) -> Grant:
        return new_grant(created_at=now, expires_at=end, absolute_end=end + MINUTE)

    def _spent(
        self, kind: str, now: int, end: int, grant_end: int | None, answer: bool = False
    ) -> tuple[Token, Token]:
        """A token that was spent before its end, and itself afterwards."""
        grant = self._grant(now, grant_end) if grant_end is not None else None
        token = new_token(kind, grant, issued_at=now, expires_at=end)
        assert self.grants.open(grant, [token], now)
        attempt = new_attempt()
        sealed = new_answer(expires_at=end + MINUTE) if answer else None
        won = self.grants.redeem(token, now, attempt, [], sealed_answer=sealed)
        assert won.outcome is Outcome.WON
        return token, replace(token, consumed_at=now, attempt=attempt, sealed_answer=sealed)

    def _extended(self, now: int, end: int, later: int) -> tuple[Token, Token]:
        """Two tokens of a grant whose end a redemption has moved: a new one, and one beside it."""
        grant = self._grant(now, end)
        first = new_token(REFRESH_TOKEN, grant, issued_at=now)
        assert self.grants.open(grant, [first], now)
        second, beside = (
            new_token(kind, grant, issued_at=now, expires_at=later)
            for kind in (REFRESH_TOKEN, ACCESS_TOKEN)
        )
        won = self.grants.redeem(
            first, now, new_attempt(), [second, beside], grant_expires_at=later
        )
        assert won.outcome is Outcome.WON
        return second, beside


class ConsentLifetimes(Contract):
    """A consent whose end was moved."""

    def test_lifetimes_of_a_consent_that_is_replaced(self) -> None:
        with one_second() as (now, end):
            consent = new_consent(created_at=now, expires_at=end)
            assert self.consents.put(consent, None)
            assert self.consents.put(replace(consent, expires_at=end + MINUTE), 0)
        found = self.consents.get(consent.subject, consent.client_id)
        assert found == replace(consent, expires_at=end + MINUTE, version=1)
        assert self.consents.list(subject=consent.subject).items == (found,)


class EntryLifetimes(Contract):
    """Entries whose end was moved, or that have none."""

    def test_lifetimes_of_an_entry_that_is_replaced(self) -> None:
        with one_second() as (_, end):
            entry, endless = new_entry(owner="a", expires_at=end), new_entry(owner="b")
            endless = replace(endless, expires_at=end)
            for each, new_end in ((entry, end + MINUTE), (endless, None)):
                assert self.entries.put(each, None)
                assert self.entries.put(replace(each, expires_at=new_end), 0)
        for each, new_end in ((entry, end + MINUTE), (endless, None)):
            found = self.entries.get(each.namespace, each.key)
            assert found == replace(each, expires_at=new_end, version=1)
            assert self.entries.list(owner=each.owner).items == (found,)
