"""Purging: what must stay, what must go, and how much at a time."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyramid_oauth2.interfaces import IConsentStore, IEntryStore, IGrantStore
from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    Grant,
    Outcome,
    Token,
    kept_until,
)

from .factories import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    every,
    new_answer,
    new_attempt,
    new_digest,
    new_grant,
    new_token,
)
from .harness import Contract


def purge_all(store: IGrantStore | IConsentStore | IEntryStore, now: int, limit: int = 1000) -> int:
    """Purge until nothing is left to purge.

    :return: how many records were removed.
    """
    removed = 0
    for _ in range(10_000):
        purged = store.purge(now, limit=limit)
        assert 0 <= purged.removed <= limit
        removed += purged.removed
        if not purged.more:
            return removed
    raise AssertionError("purge says forever that there is more")


@st.composite
def families(draw: st.DrawFn) -> tuple[Grant, list[Token]]:
    """A grant with tokens of every kind, spent or not, none of which outlives it."""
    end = draw(st.integers(1, 100))
    grant = new_grant(
        expires_at=NOW + end, revoked_at=draw(st.sampled_from([None, NOW])), revoke_reason="test"
    )
    tokens = []
    for kind in (AUTHORIZATION_CODE, ACCESS_TOKEN, REFRESH_TOKEN):
        spent = draw(st.booleans())
        answered = spent and draw(st.booleans())
        token = new_token(
            kind,
            grant,
            expires_at=NOW + draw(st.integers(1, end)),
            consumed_at=NOW if spent else None,
            attempt=new_attempt() if spent else None,
            sealed_answer=new_answer(expires_at=NOW + draw(st.integers(1, 100)))
            if answered
            else None,
        )
        tokens.append(token)
    return grant, tokens


class Purging(Contract):
    """``purge`` removes what has no effect any more, and nothing else."""

    @settings(
        max_examples=25,
        deadline=None,
        database=None,
        # The examples share the store of the test, but each has its own families.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(
        family=families(),
        moments=st.lists(st.integers(0, 101), min_size=1, max_size=4).map(sorted),
        limit=st.sampled_from([1, 2, 1000]),
    )
    def test_purge_removes_exactly_what_is_over(
        self, family: tuple[Grant, list[Token]], moments: list[int], limit: int
    ) -> None:
        grant, tokens = family
        self.grants.import_([grant, *tokens])
        for now in (NOW + moment for moment in moments):
            purge_all(self.grants, now, limit)
            assert (grant in set(every(self.grants.grants, subject="alice"))) is (
                now < grant.expires_at
            )
            for token in tokens:
                found = self.grants.find(token.ref)
                assert (found is not None) is (now < kept_until(token, grant.expires_at))
                if found and token.sealed_answer:
                    over = token.sealed_answer.expires_at <= now
                    assert found[0].sealed_answer == (None if over else token.sealed_answer)

    def test_purge_of_an_empty_store(self) -> None:
        purged = self.grants.purge(NOW)
        assert (purged.removed, purged.more) == (0, False)

    def test_purge_stops_at_its_limit_and_says_so(self) -> None:
        tokens = [new_token(expires_at=NOW + 1) for _ in range(10)]
        staying = [new_token(expires_at=NOW + 2) for _ in range(10)]
        self.grants.import_([*tokens, *staying])
        first = self.grants.purge(NOW + 1, limit=3)
        assert first.removed <= 3
        assert first.more is True
        assert first.removed + purge_all(self.grants, NOW + 1, limit=3) == 10
        assert set(every(self.grants.export)) == set(staying)

    def test_purge_keeps_to_its_limit_over_all_kinds_of_records(self) -> None:
        for _ in range(3):
            grant = new_grant()
            assert self.grants.open(grant, [new_token(grant=grant)], NOW)
            assert self.grants.reserve("jti", new_digest(), grant.expires_at, NOW)
        assert purge_all(self.grants, NOW + HOUR, limit=2) == 9
        assert list(every(self.grants.export)) == []

    def test_purge_keeps_a_spent_code_until_the_current_end_of_its_grant(self) -> None:
        grant = new_grant(expires_at=NOW + MINUTE)
        code = new_token(AUTHORIZATION_CODE, grant)
        assert self.grants.open(grant, [code], NOW)
        token = code
        for end in (NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR):
            fruit = new_token(REFRESH_TOKEN, grant, expires_at=end)
            won = self.grants.redeem(
                token, token.expires_at - 1, new_attempt(), [fruit], grant_expires_at=end
            )
            assert won.outcome is Outcome.WON
            purge_all(self.grants, end - 1)
            assert self.grants.find(code.ref) is not None
            token = fruit
        purge_all(self.grants, NOW + 3 * HOUR)
        assert list(every(self.grants.export)) == []

    def test_purge_removes_an_unspent_code_at_its_own_end(self) -> None:
        grant = new_grant()
        code = new_token(AUTHORIZATION_CODE, grant, expires_at=NOW + MINUTE)
        assert self.grants.open(grant, [code], NOW)
        assert purge_all(self.grants, NOW + MINUTE) == 1
        assert list(every(self.grants.export)) == [grant]

    def test_purge_removes_a_spent_refresh_token_at_its_own_end(self) -> None:
        grant = new_grant()
        token = new_token(REFRESH_TOKEN, grant, expires_at=NOW + MINUTE)
        assert self.grants.open(grant, [token], NOW)
        won = self.grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=NOW + DAY)
        assert won.outcome is Outcome.WON
        purge_all(self.grants, NOW + MINUTE - 1)
        assert self.grants.find(token.ref) is not None
        purge_all(self.grants, NOW + MINUTE)
        assert self.grants.find(token.ref) is None

    def test_purge_follows_an_amended_end(self) -> None:
        later, sooner = new_token(), new_token()
        self.grants.import_([later, sooner])
        assert self.grants.amend(later.ref, 0, {"expires_at": NOW + DAY})
        assert self.grants.amend(sooner.ref, 0, {"expires_at": NOW + MINUTE})
        assert purge_all(self.grants, NOW + MINUTE) == 1
        assert self.grants.find(sooner.ref) is None
        assert purge_all(self.grants, NOW + DAY - 1) == 0
        assert self.grants.find(later.ref) is not None
        assert purge_all(self.grants, NOW + DAY) == 1

    def test_purge_follows_an_extended_grant(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        assert self.grants.open(grant, [token], NOW)
        self.grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=NOW + 2 * HOUR)
        purge_all(self.grants, NOW + 2 * HOUR - 1)
        assert [found.id for found in every(self.grants.grants, subject="alice")] == [grant.id]
        assert purge_all(self.grants, NOW + 2 * HOUR) == 1

    def test_purge_keeps_what_was_revoked_until_its_end(self) -> None:
        grant = new_grant()
        token, other = new_token(grant=grant), new_token(grant=grant)
        assert self.grants.open(grant, [token, other], NOW)
        assert self.grants.revoke_token(other.ref, NOW)
        assert self.grants.revoke_grant(grant.id, NOW, "withdrawn")
        assert purge_all(self.grants, NOW + HOUR - 1) == 0
        dead = self.grants.redeem(token, NOW + HOUR - 1, new_attempt(), [])
        assert dead.outcome is Outcome.DEAD
        assert self.grants.find(other.ref) is not None
        assert purge_all(self.grants, NOW + HOUR) == 3

    def test_purge_keeps_a_claim_that_was_made_anew(self) -> None:
        digest = new_digest()
        assert self.grants.reserve("jti", digest, NOW + 1, NOW)
        assert self.grants.reserve("jti", digest, NOW + HOUR, NOW + 1)
        assert purge_all(self.grants, NOW + HOUR - 1) == 0
        assert self.grants.reserve("jti", digest, NOW + HOUR, NOW + 1) is False

    def test_purge_frees_what_it_removed(self) -> None:
        token = new_token(expires_at=NOW + 1)
        assert self.grants.open(None, [token], NOW)
        purge_all(self.grants, NOW + 1)
        redemption = self.grants.redeem(token, NOW, new_attempt(), [])
        assert redemption.outcome is Outcome.MISSING
