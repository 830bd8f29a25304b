"""The second at which something ends: every interval is half open."""

from __future__ import annotations

import pytest

from pyramid_oauth2.protocol.records import Outcome

from .factories import HOUR, NOW, every, new_answer, new_attempt, new_digest, new_grant, new_token
from .harness import Contract

END = NOW + HOUR

on_either_side = pytest.mark.parametrize(
    ("now", "over"),
    [(END - 1, False), (END, True), (END + 1, True)],
    ids=["before", "at", "after"],
)


class Boundaries(Contract):
    """A record has ended at its end, and not one second before."""

    @on_either_side
    def test_boundary_of_a_token_for_redeem(self, now: int, over: bool) -> None:
        token = new_token(expires_at=END)
        assert self.grants.open(None, [token], NOW)
        redemption = self.grants.redeem(token, now, new_attempt(), [])
        assert redemption.outcome is (Outcome.EXPIRED if over else Outcome.WON)

    @on_either_side
    def test_boundary_of_a_grant_for_add(self, now: int, over: bool) -> None:
        grant = new_grant(expires_at=END)
        assert self.grants.open(grant, [], NOW)
        token = new_token(grant=grant)
        assert self.grants.add(grant.id, [token], now) is not over
        assert (self.grants.find(token.ref) is None) is over

    @on_either_side
    def test_boundary_of_a_reservation_for_reserve(self, now: int, over: bool) -> None:
        digest = new_digest()
        assert self.grants.reserve("jti", digest, END, NOW)
        assert self.grants.reserve("jti", digest, END + HOUR, now) is over

    @on_either_side
    def test_boundary_of_a_token_for_purge(self, now: int, over: bool) -> None:
        token = new_token(expires_at=END)
        assert self.grants.open(None, [token], NOW)
        assert self.grants.purge(now).removed == over
        assert (self.grants.find(token.ref) is None) is over

    @on_either_side
    def test_boundary_of_a_grant_for_purge(self, now: int, over: bool) -> None:
        grant = new_grant(expires_at=END)
        assert self.grants.open(grant, [], NOW)
        assert self.grants.purge(now).removed == over
        assert list(every(self.grants.grants, subject="alice")) == ([] if over else [grant])

    @on_either_side
    def test_boundary_of_a_reservation_for_purge(self, now: int, over: bool) -> None:
        assert self.grants.reserve("jti", new_digest(), END, NOW)
        assert self.grants.purge(now).removed == over
        assert len(list(every(self.grants.export))) == (not over)

    @on_either_side
    def test_boundary_of_a_sealed_answer_for_purge(self, now: int, over: bool) -> None:
        token = new_token(expires_at=END + HOUR)
        assert self.grants.open(None, [token], NOW)
        answer = new_answer(expires_at=END)
        won = self.grants.redeem(token, NOW, new_attempt(), [], sealed_answer=answer)
        assert won.outcome is Outcome.WON
        self.grants.purge(now)
        found = self.grants.find(token.ref)
        assert found is not None
        assert found[0].sealed_answer == (None if over else answer)
