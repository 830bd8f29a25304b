"""A request that two users decide: the grant is that of the user whose decision won."""

from __future__ import annotations

from collections.abc import Callable
from operator import methodcaller

import pytest

from pyramid_oauth2.protocol.records import INTERACTION, Grant, Outcome, Token

from .factories import DAY, MINUTE, NOW, every, new_attempt, new_grant, new_token
from .harness import Contract
from .racing import RACERS, Race, Racecourse, rounds

LATER = NOW + 10 * MINUTE


def decided_by(subject: str, request: Token, now: int = NOW, client_id: str = "client") -> Grant:
    """The grant that a user allows with a request, and that outlives it."""
    return new_grant(
        id=request.family,
        subject=subject,
        created_at=now,
        client_id=client_id,
        expires_at=NOW + DAY,
    )


class ChangedUsers(Contract):
    """A decision that did not win leaves nothing to its user, and the other one may follow."""

    def _decide(self, request: Token, grant: Grant, now: int = NOW) -> Outcome:
        return self.grants.redeem(request, now, new_attempt(), [], grant=grant).outcome

    def _second(self, lost: Grant, won: Grant) -> None:
        request = new_token(INTERACTION, family=won.id)
        assert self.grants.open(None, [request], NOW)
        assert self._decide(request, won) is Outcome.WON
        assert self._decide(request, lost) is Outcome.CONSUMED

    def _too_late(self, lost: Grant, won: Grant) -> None:
        request = new_token(INTERACTION, family=won.id)
        assert self.grants.open(None, [request], NOW)
        assert self._decide(request, lost, request.expires_at) is Outcome.EXPIRED
        assert self._decide(request, won) is Outcome.WON

    ways = pytest.mark.parametrize("decide", [_second, _too_late], ids=["second", "too_late"])

    @ways
    def test_changed_user_whose_decision_lost_has_no_grant(
        self, decide: Callable[[ChangedUsers, Grant, Grant], None]
    ) -> None:
        request = new_token(INTERACTION)
        alices, bobs = (decided_by(subject, request) for subject in ("alice", "bob"))
        decide(self, alices, bobs)
        assert list(every(self.grants.grants, subject="alice")) == []
        assert list(every(self.grants.grants, subject="alice", client_id="client")) == []
        assert list(every(self.grants.grants, subject="bob")) == [bobs]
        assert list(every(self.grants.grants, client_id="client")) == [bobs]

    @ways
    @pytest.mark.parametrize("client_id", [None, "client"], ids=["all", "one_client"])
    def test_changed_user_whose_decision_lost_ends_nothing(
        self, decide: Callable[[ChangedUsers, Grant, Grant], None], client_id: str | None
    ) -> None:
        request = new_token(INTERACTION)
        alices, bobs = (decided_by(subject, request) for subject in ("alice", "bob"))
        decide(self, alices, bobs)
        assert self.grants.revoke_subject("alice", LATER, "left", client_id) == 0
        assert list(every(self.grants.grants, subject="bob")) == [bobs]
        assert self.grants.revoke_subject("bob", LATER, "left", client_id) == 1

    @ways
    def test_changed_client_of_a_decision_that_lost(
        self, decide: Callable[[ChangedUsers, Grant, Grant], None]
    ) -> None:
        request = new_token(INTERACTION)
        lost, won = (
            decided_by("alice", request, client_id=client_id) for client_id in ("lost", "won")
        )
        decide(self, lost, won)
        assert list(every(self.grants.grants, client_id="lost")) == []
        assert self.grants.revoke_subject("alice", LATER, "withdrawn", "lost") == 0
        assert list(every(self.grants.grants, subject="alice")) == [won]

    @pytest.mark.parametrize("subject", ["alice", "bob"], ids=["same_user", "other_user"])
    def test_changed_user_may_decide_after_a_revocation(self, subject: str) -> None:
        """What alice's access ended with does not end what is allowed after it."""
        request = new_token(INTERACTION)
        assert self.grants.open(None, [request], NOW)
        lost = self._decide(request, decided_by("alice", request), request.expires_at)
        assert lost is Outcome.EXPIRED
        for client_id in (None, "client"):
            assert self.grants.revoke_subject("alice", NOW, "left", client_id) == 0
        allowed = decided_by(subject, request, LATER)
        fruit = new_token(grant=allowed)
        won = self.grants.redeem(request, LATER, new_attempt(), [fruit], grant=allowed)
        assert won.outcome is Outcome.WON
        assert list(every(self.grants.grants, subject=subject)) == [allowed]
        assert self.grants.find(fruit.ref) == (fruit, allowed)

    def test_changed_user_decides_at_the_moment_of_a_revocation(self) -> None:
        request = new_token(INTERACTION)
        assert self.grants.open(None, [request], NOW)
        late = decided_by("alice", request)
        assert self._decide(request, late, request.expires_at) is Outcome.EXPIRED
        assert self.grants.revoke_subject("alice", NOW, "left") == 0
        bobs = decided_by("bob", request)
        assert self._decide(request, bobs) is Outcome.WON
        assert list(every(self.grants.grants, subject="bob")) == [bobs]


class ChangedUserRaces(Racecourse):
    """Decisions of several users about one request, at the same moment."""

    def test_race_of_two_users_to_decide(self, race: Race) -> None:
        users = [f"user-{number}" for number in range(RACERS)]
        requests = [new_token(INTERACTION) for _ in range(rounds())]
        assert all(self.grants.open(None, [request], NOW) for request in requests)
        results = race(
            [
                [
                    methodcaller(
                        "redeem", request, NOW, new_attempt(), [], grant=decided_by(user, request)
                    )
                    for user in users
                ]
                for request in requests
            ]
        )
        winners = [
            [redemption.outcome for redemption in redemptions].index(Outcome.WON)
            for redemptions in results
        ]
        for number, user in enumerate(users):
            won = {
                request.family
                for request, winner in zip(requests, winners, strict=True)
                if winner == number
            }
            assert {grant.id for grant in every(self.grants.grants, subject=user)} == won
            assert self.grants.revoke_subject(user, NOW, "left") == len(won)
