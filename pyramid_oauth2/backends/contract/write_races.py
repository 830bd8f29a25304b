"""Races of the other writes: each has one winner, and no write is lost."""

from __future__ import annotations

from functools import partial
from operator import methodcaller

from pyramid_oauth2.interfaces import IGrantStore
from pyramid_oauth2.protocol.records import (
    DuplicateRecord,
    TokenRef,
)

from .factories import HOUR, NOW, every, new_digest, new_grant, new_token
from .racing import RACERS, Race, Racecourse, rounds


def count_up(store: IGrantStore, ref: TokenRef, times: int) -> None:
    """Increment the number in a token's data, retrying until it was written *times* times.

    A refused write was overtaken by one of another racer, so there cannot be more
    tries than writes of all racers together.
    """
    written = 0
    for _ in range(times * RACERS):
        found = store.find(ref)
        assert found is not None
        count = int(found[0].data) + 1
        written += store.amend(ref, found[0].version, {"data": str(count).encode()})
        if written == times:
            return
    raise AssertionError("refused although no other process had written")


class WriteRaces(Racecourse):
    """Opening, adding, amending, reserving and revoking, each against itself and the others."""

    def test_race_of_add_and_revoke_grant_leaves_nothing_alive(self, race: Race) -> None:
        games = [self.opened() for _ in range(rounds())]
        added = [[new_token(grant=grant) for _ in range(RACERS)] for grant, _ in games]
        results = race(
            [
                [
                    *(methodcaller("add", grant.id, [token], NOW) for token in tokens),
                    methodcaller("revoke_grant", grant.id, NOW, "race"),
                ]
                for (grant, _), tokens in zip(games, added, strict=True)
            ]
        )
        for tokens, (*successes, revoked) in zip(added, results, strict=True):
            assert revoked is True
            for token, success in zip(tokens, successes, strict=True):
                found = self.grants.find(token.ref)
                assert (found is not None) is success
                if found is not None:
                    assert found[1] is not None
                    assert found[1].revoked_at == NOW

    def test_race_to_reserve_has_one_winner(self, race: Race) -> None:
        fresh = [new_digest() for _ in range(rounds())]
        ended = [new_digest() for _ in range(rounds())]
        for digest in ended:
            assert self.grants.reserve("jti", digest, NOW, NOW - 1)
        call = partial(methodcaller, "reserve", "jti")
        results = race([[call(d, NOW + HOUR, NOW)] * RACERS for d in (*fresh, *ended)])
        assert [claims.count(True) for claims in results] == [1] * len(results)

    def test_race_to_open_has_one_winner(self, race: Race) -> None:
        tokens = [new_token() for _ in range(rounds())]
        grants = [new_grant() for _ in range(rounds())]
        results = race(
            [[methodcaller("open", None, [token], NOW)] * RACERS for token in tokens]
            + [[methodcaller("open", grant, [], NOW)] * RACERS for grant in grants]
        )
        for opened in results:
            assert opened.count(True) == 1
            assert sum(isinstance(result, DuplicateRecord) for result in opened) == RACERS - 1
        assert set(every(self.grants.export)) == {*tokens, *grants}

    def test_race_to_amend_counts_everyone(self, race: Race) -> None:
        token = new_token(data=b"0")
        assert self.grants.open(None, [token], NOW)
        times = rounds()
        race([[partial(count_up, ref=token.ref, times=times)] * RACERS])
        found = self.grants.find(token.ref)
        assert found is not None
        assert (int(found[0].data), found[0].version) == (times * RACERS, times * RACERS)

    def test_race_to_revoke_has_one_winner(self, race: Race) -> None:
        games = [self.opened() for _ in range(rounds())]
        results = race(
            [[methodcaller("revoke_grant", grant.id, NOW, "race")] * RACERS for grant, _ in games]
            + [[methodcaller("revoke_token", token.ref, NOW)] * RACERS for _, token in games]
        )
        assert [revoked.count(True) for revoked in results] == [1] * len(results)

    def test_race_to_revoke_a_subject_counts_each_grant_once(self, race: Race) -> None:
        for number in range(rounds()):
            self.grants.import_([new_grant(subject=f"user-{number}") for _ in range(20)])
        call = partial(methodcaller, "revoke_subject")
        results = race([[call(f"user-{n}", NOW, "race")] * RACERS for n in range(rounds())])
        assert [sum(counts) for counts in results] == [20] * rounds()
