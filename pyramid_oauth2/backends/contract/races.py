"""Races of redemptions: one winner, one set of products, and no token outlives a revocation."""

from __future__ import annotations

from operator import methodcaller

from pyramid_oauth2.protocol.records import (
    AUTHORIZATION_CODE,
    Outcome,
    Redemption,
)

from .factories import DAY, HOUR, NOW, every, new_answer, new_attempt, new_grant, new_token
from .racing import RACERS, Race, Racecourse, rounds


class RedemptionRaces(Racecourse):
    """Redeeming against redeeming, revoking, adding and purging."""

    def test_race_to_redeem_has_one_winner(self, race: Race) -> None:
        crowd = self.crowd(race)
        games = [self.opened(AUTHORIZATION_CODE) for _ in range(rounds())]
        tries = [
            [(new_attempt(), new_answer(), new_token(grant=grant)) for _ in range(crowd)]
            for grant, _ in games
        ]
        results = race(
            [
                [
                    methodcaller("redeem", token, NOW, attempt, [fruit], sealed_answer=answer)
                    for attempt, answer, fruit in tried
                ]
                for (_, token), tried in zip(games, tries, strict=True)
            ]
        )
        for (grant, token), tried, redemptions in zip(games, tries, results, strict=True):
            outcomes = [redemption.outcome for redemption in redemptions]
            assert outcomes.count(Outcome.WON) == 1
            assert outcomes.count(Outcome.CONSUMED) == crowd - 1
            attempt, answer, fruit = tried[outcomes.index(Outcome.WON)]
            found = self.grants.find(token.ref)
            assert found is not None
            spent = found[0]
            assert (spent.attempt, spent.sealed_answer) == (attempt, answer)
            assert set(every(self.grants.tokens, grant_id=grant.id)) == {spent, fruit}
            for redemption in redemptions:
                assert redemption.outcome is Outcome.WON or redemption.token == spent

    def test_race_to_redeem_into_one_grant_has_one_winner(self, race: Race) -> None:
        tokens = [new_token() for _ in range(rounds())]
        assert all(self.grants.open(None, [token], NOW) for token in tokens)
        results = race(
            [
                [
                    methodcaller(
                        "redeem", token, NOW, new_attempt(), [], grant=new_grant(id=token.family)
                    )
                    for _ in range(RACERS)
                ]
                for token in tokens
            ]
        )
        for redemptions in results:
            outcomes = [redemption.outcome for redemption in redemptions]
            assert outcomes.count(Outcome.WON) == 1
            assert outcomes.count(Outcome.CONSUMED) == RACERS - 1

    def test_race_of_one_attempt_with_itself_wins_every_time(self, race: Race) -> None:
        games = [self.opened() for _ in range(rounds())]
        fruits = [new_token(grant=grant) for grant, _ in games]
        calls = [
            methodcaller("redeem", token, NOW, new_attempt(), [fruit], sealed_answer=new_answer())
            for (_, token), fruit in zip(games, fruits, strict=True)
        ]
        for redemptions in race([[call] * RACERS for call in calls]):
            assert {redemption.outcome for redemption in redemptions} == {Outcome.WON}
        for (grant, token), fruit in zip(games, fruits, strict=True):
            digests = [found.digest for found in every(self.grants.tokens, grant_id=grant.id)]
            assert sorted(digests) == sorted([token.digest, fruit.digest])

    def test_race_of_redeem_and_revoke_grant_leaves_nothing_alive(self, race: Race) -> None:
        games = [self.opened() for _ in range(rounds())]
        fruits = [[new_token(grant=grant) for _ in range(RACERS)] for grant, _ in games]
        results = race(
            [
                [
                    *(
                        methodcaller(
                            "redeem", token, NOW, new_attempt(), [fruit], grant_expires_at=NOW + DAY
                        )
                        for fruit in fruits_of_one
                    ),
                    methodcaller("revoke_grant", grant.id, NOW, "race"),
                    methodcaller("revoke_grant", grant.id, NOW, "race"),
                ]
                for (grant, token), fruits_of_one in zip(games, fruits, strict=True)
            ]
        )
        for (_, token), fruits_of_one, round_of in zip(games, fruits, results, strict=True):
            redemptions: list[Redemption] = round_of[:RACERS]
            assert sorted(round_of[RACERS:]) == [False, True]
            assert [r.outcome for r in redemptions].count(Outcome.WON) <= 1
            for redemption, fruit in zip(redemptions, fruits_of_one, strict=True):
                found = self.grants.find(fruit.ref)
                assert (found is not None) is (redemption.outcome is Outcome.WON)
                if found is not None:
                    assert found[1] is not None
                    assert found[1].revoked_at == NOW
                    dead = self.grants.redeem(fruit, NOW, new_attempt(), [])
                    assert dead.outcome is Outcome.DEAD
            dead = self.grants.redeem(token, NOW, new_attempt(), [])
            assert dead.outcome is Outcome.DEAD

    def test_race_of_redeem_add_and_purge_loses_nothing(self, race: Race) -> None:
        games = [self.opened(AUTHORIZATION_CODE) for _ in range(rounds())]
        fruits = [
            [new_token(grant=grant, expires_at=NOW + DAY) for _ in range(2)] for grant, _ in games
        ]
        for grant, _ in games:
            assert self.grants.add(grant.id, [new_token(grant=grant, expires_at=NOW + 1)], NOW)
        results = race(
            [
                [
                    methodcaller(
                        "redeem",
                        token,
                        NOW + HOUR - 1,
                        new_attempt(),
                        [one],
                        grant_expires_at=NOW + DAY,
                    ),
                    methodcaller("add", grant.id, [two], NOW + HOUR - 1),
                    methodcaller("purge", NOW + HOUR - 1),
                    methodcaller("purge", NOW + HOUR - 1),
                ]
                for (grant, token), (one, two) in zip(games, fruits, strict=True)
            ]
        )
        for (_, token), fruits_of_one, result in zip(games, fruits, results, strict=True):
            assert result[0].outcome is Outcome.WON
            assert result[1] is True
            for kept in (token, *fruits_of_one):
                found = self.grants.find(kept.ref)
                assert found is not None
                assert found[1] is not None
                assert found[1].expires_at == NOW + DAY

    def test_race_of_redeem_and_purge_at_the_end_of_the_grant(self, race: Race) -> None:
        games = [self.opened() for _ in range(rounds())]
        fruits = [new_token(grant=grant, expires_at=NOW + DAY) for grant, _ in games]
        results = race(
            [
                [
                    methodcaller(
                        "redeem",
                        token,
                        NOW + HOUR - 1,
                        new_attempt(),
                        [fruit],
                        grant_expires_at=NOW + DAY,
                    ),
                    methodcaller("purge", NOW + HOUR),
                ]
                for (_, token), fruit in zip(games, fruits, strict=True)
            ]
        )
        for fruit, (redemption, _) in zip(fruits, results, strict=True):
            found = self.grants.find(fruit.ref)
            assert (found is not None) is (redemption.outcome is Outcome.WON)
            if found is not None:
                assert found[1] is not None, "the grant was purged although it had been extended"

    def test_race_to_extend_keeps_the_latest_end(self, race: Race) -> None:
        grants = [new_grant() for _ in range(rounds())]
        games = []
        for grant in grants:
            tokens = [new_token(grant=grant) for _ in range(RACERS)]
            assert self.grants.open(grant, tokens, NOW)
            games.append(tokens)
        race(
            [
                [
                    methodcaller(
                        "redeem",
                        token,
                        NOW,
                        new_attempt(),
                        [],
                        grant_expires_at=NOW + HOUR + number,
                    )
                    for number, token in enumerate(tokens)
                ]
                for tokens in games
            ]
        )
        ends = [grant.expires_at for grant in every(self.grants.grants, subject="alice")]
        assert ends == [NOW + HOUR + RACERS - 1] * rounds()
