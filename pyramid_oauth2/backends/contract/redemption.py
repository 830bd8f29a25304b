"""Redeeming: what it writes, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    Outcome,
)

from .factories import DAY, HOUR, MINUTE, NOW, every, new_answer, new_attempt, new_grant, new_token
from .harness import Contract

OURS, THEIRS = new_attempt(), new_attempt()


class RedemptionEffects(Contract):
    """What ``WON`` writes, and that a repeated attempt writes nothing."""

    def test_won_keeps_attempt_and_sealed_answer(self) -> None:
        grant, token = self.opened()
        answer = new_answer()
        won = self.grants.redeem(token, NOW + 1, OURS, [], sealed_answer=answer)
        assert won.outcome is Outcome.WON
        spent = replace(token, consumed_at=NOW + 1, attempt=OURS, sealed_answer=answer)
        assert self.grants.find(token.ref) == (spent, grant)

    def test_won_inserts_what_it_produces(self) -> None:
        grant, token = self.opened(AUTHORIZATION_CODE)
        fruits = [
            new_token(ACCESS_TOKEN, grant, parent=token.digest),
            new_token(REFRESH_TOKEN, grant, parent=token.digest),
        ]
        won = self.grants.redeem(token, NOW, OURS, iter(fruits))
        assert won.outcome is Outcome.WON
        assert [self.grants.find(fruit.ref) for fruit in fruits] == [(f, grant) for f in fruits]

    def test_won_inserts_a_grant(self) -> None:
        interaction = new_token(INTERACTION)
        assert self.grants.open(None, [interaction], NOW)
        grant = new_grant(id=interaction.family)
        code = new_token(AUTHORIZATION_CODE, grant)
        won = self.grants.redeem(interaction, NOW, OURS, [code], grant=grant)
        assert won.outcome is Outcome.WON
        assert self.grants.find(code.ref) == (code, grant)
        assert list(every(self.grants.grants, subject=grant.subject)) == [grant]

    @pytest.mark.parametrize(
        ("asked", "end"),
        [
            (None, NOW + HOUR),
            (NOW + HOUR - 1, NOW + HOUR),
            (NOW + HOUR + 1, NOW + HOUR + 1),
            (NOW + DAY, NOW + DAY),
            (NOW + DAY + 1, NOW + DAY),
        ],
        ids=["not-asked", "earlier", "later", "absolute-end", "beyond-absolute-end"],
    )
    def test_won_extends_the_grant(self, asked: int | None, end: int) -> None:
        grant, token = self.opened()
        won = self.grants.redeem(token, NOW, OURS, [], grant_expires_at=asked)
        assert won.outcome is Outcome.WON
        found = self.grants.find(token.ref)
        assert found is not None
        assert found[1] == replace(grant, expires_at=end)

    def test_won_never_shortens_a_grant_that_is_beyond_its_absolute_end(self) -> None:
        _, token = self.opened(absolute_end=NOW + MINUTE)
        self.grants.redeem(token, NOW, OURS, [], grant_expires_at=NOW + DAY)
        found = self.grants.find(token.ref)
        assert found is not None
        assert found[1] is not None
        assert found[1].expires_at == NOW + HOUR

    def test_won_clears_the_sealed_answer_of_its_parent_only(self) -> None:
        grant = new_grant()
        first = new_token(AUTHORIZATION_CODE, grant)
        assert self.grants.open(grant, [first], NOW)
        second = new_token(grant=grant, parent=first.digest)
        third = new_token(grant=grant, parent=second.digest)
        answers = [new_answer(), new_answer(), None]
        for token, fruits, answer in zip(
            (first, second, third), ([second], [third], []), answers, strict=True
        ):
            won = self.grants.redeem(token, NOW, new_attempt(), fruits, sealed_answer=answer)
            assert won.outcome is Outcome.WON
            kept = [
                found and found[0].sealed_answer
                for found in map(self.grants.find, (first.ref, second.ref))
            ]
            if token is first:
                assert kept == [answers[0], None]
            if token is second:
                assert kept == [None, answers[1]]
            if token is third:
                assert kept == [None, None]

    def test_won_retires(self) -> None:
        grant, token = self.opened()
        old, dead, other = (new_token(ACCESS_TOKEN, grant) for _ in range(3))
        assert self.grants.add(grant.id, [old, dead, other], NOW)
        assert self.grants.revoke_token(dead.ref, NOW)
        gone = new_token(ACCESS_TOKEN, grant)
        retire = iter([old.ref, dead.ref, gone.ref])
        assert self.grants.redeem(token, NOW + 1, OURS, [], retire=retire).outcome is Outcome.WON
        revoked_at = {
            found.digest: found.revoked_at for found in every(self.grants.tokens, grant_id=grant.id)
        }
        assert revoked_at == {
            token.digest: None,
            old.digest: NOW + 1,
            dead.digest: NOW,
            other.digest: None,
        }

    def test_repeated_attempt_wins_again_and_writes_nothing(self) -> None:
        grant, token = self.opened()
        fruit = new_token(grant=grant)
        arguments: dict[str, Any] = {
            "grant_expires_at": NOW + 2 * HOUR,
            "sealed_answer": new_answer(),
            "retire": [],
        }
        assert self.grants.redeem(token, NOW, OURS, [fruit], **arguments).outcome is Outcome.WON
        assert self.grants.redeem(fruit, NOW, THEIRS, []).outcome is Outcome.WON
        after = set(every(self.grants.export))
        for now in NOW, NOW + MINUTE, NOW + DAY:
            again = self.grants.redeem(token, now, OURS, [fruit], **arguments)
            assert again.outcome is Outcome.WON
        assert set(every(self.grants.export)) == after

    def test_repeated_attempt_wins_again_with_a_grant_of_its_own(self) -> None:
        interaction = new_token(INTERACTION)
        assert self.grants.open(None, [interaction], NOW)
        grant = new_grant(id=interaction.family)
        code = new_token(AUTHORIZATION_CODE, grant)
        for _ in range(2):
            again = self.grants.redeem(interaction, NOW, OURS, [code], grant=grant)
            assert again.outcome is Outcome.WON
        assert self.grants.revoke_grant(grant.id, NOW, "withdrawn")
        dead = self.grants.redeem(interaction, NOW, OURS, [code], grant=grant)
        assert dead.outcome is Outcome.DEAD

    def test_repeated_attempt_is_dead_once_the_grant_is_revoked(self) -> None:
        grant, token = self.opened()
        assert self.grants.redeem(token, NOW, OURS, []).outcome is Outcome.WON
        assert self.grants.revoke_grant(grant.id, NOW, "withdrawn")
        assert self.grants.redeem(token, NOW, OURS, []).outcome is Outcome.DEAD

    def test_other_attempts_never_win(self) -> None:
        _, token = self.opened()
        assert self.grants.redeem(token, NOW, OURS, []).outcome is Outcome.WON
        after = set(every(self.grants.export))
        for _ in range(3):
            late = self.grants.redeem(token, NOW, new_attempt(), [])
            assert late.outcome is Outcome.CONSUMED
            assert late.token is not None
            assert late.token.attempt == OURS
        assert set(every(self.grants.export)) == after
