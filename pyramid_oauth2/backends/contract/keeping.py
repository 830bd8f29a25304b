"""How long a spent token is stored: beyond its own end for its sealed answer, or for its grant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.records import (
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    Outcome,
    Token,
)

from .factories import DAY, HOUR, MINUTE, NOW, every, new_answer, new_attempt, new_grant, new_token
from .harness import Contract
from .purging import purge_all

END = NOW + MINUTE
ANSWER_END = END + MINUTE
OURS, THEIRS = new_attempt(), new_attempt()

alone_or_not = pytest.mark.parametrize("alone", [True, False], ids=["alone", "of-a-grant"])


class KeepingSpentTokens(Contract):
    """A spent token is removed at ``kept_until``, and not before."""

    def spent(self, alone: bool = False, kind: str = REFRESH_TOKEN) -> Token:
        """A token that was spent in its last second, with an answer that ends a minute later."""
        grant = None if alone else new_grant()
        token = new_token(INTERACTION if alone else kind, grant, expires_at=END)
        assert self.grants.open(grant, [token], NOW)
        answer = new_answer(expires_at=ANSWER_END)
        won = self.grants.redeem(token, END - 1, OURS, [], sealed_answer=answer)
        assert won.outcome is Outcome.WON
        return replace(token, consumed_at=END - 1, attempt=OURS, sealed_answer=answer)

    @alone_or_not
    def test_keeping_a_token_for_its_sealed_answer(self, alone: bool) -> None:
        spent = self.spent(alone)
        purge_all(self.grants, ANSWER_END - 1)
        found = self.grants.find(spent.ref)
        assert found is not None
        assert found[0] == spent
        assert spent in set(every(self.grants.export))
        purge_all(self.grants, ANSWER_END)
        assert self.grants.find(spent.ref) is None

    def test_keeping_a_token_keeps_it_in_the_listing_of_its_grant(self) -> None:
        spent = self.spent()
        other = new_token(family=spent.family, grant_id=spent.grant_id)
        # A write may tidy the listing up.
        assert self.grants.add(spent.family, [other], ANSWER_END - 1)
        assert set(every(self.grants.tokens, grant_id=spent.family)) == {spent, other}

    @alone_or_not
    def test_keeping_a_token_keeps_the_outcome_of_redeem(self, alone: bool) -> None:
        spent = self.spent(alone)
        for now in (END, ANSWER_END - 1):
            purge_all(self.grants, now)
            late = self.grants.redeem(spent, now, THEIRS, [])
            assert (late.outcome, late.token) == (Outcome.CONSUMED, spent)
            assert self.grants.redeem(spent, now, OURS, []).outcome is Outcome.WON
        assert self.grants.revoke_token(spent.ref, ANSWER_END - 1)
        assert self.grants.redeem(spent, END, THEIRS, []).outcome is Outcome.DEAD

    def test_keeping_ends_with_an_answer_that_was_cleared(self) -> None:
        spent = self.spent()
        fruit = new_token(family=spent.family, grant_id=spent.grant_id, parent=spent.digest)
        assert self.grants.add(spent.family, [fruit], NOW)
        assert self.grants.redeem(fruit, END - 1, THEIRS, []).outcome is Outcome.WON
        purge_all(self.grants, END - 1)
        found = self.grants.find(spent.ref)
        assert found is not None
        assert found[0] == replace(spent, sealed_answer=None)
        purge_all(self.grants, END)
        assert self.grants.find(spent.ref) is None

    def test_keeping_ends_as_soon_as_an_answer_is_cleared(self) -> None:
        spent = self.spent()
        fruit = new_token(family=spent.family, grant_id=spent.grant_id, parent=spent.digest)
        assert self.grants.add(spent.family, [fruit], NOW)
        # The purge has seen it with its answer.
        purge_all(self.grants, END)
        assert self.grants.redeem(fruit, END, THEIRS, []).outcome is Outcome.WON
        purge_all(self.grants, END + 1)
        assert self.grants.find(spent.ref) is None

    def test_keeping_a_code_for_its_grant_beyond_its_answer(self) -> None:
        code = self.spent(kind=AUTHORIZATION_CODE)
        fruit = new_token(family=code.family, grant_id=code.grant_id, parent=code.digest)
        assert self.grants.add(code.family, [fruit], NOW)
        purge_all(self.grants, ANSWER_END)
        assert self.grants.redeem(fruit, ANSWER_END, THEIRS, []).outcome is Outcome.WON
        purge_all(self.grants, NOW + HOUR - 1)
        assert self.grants.find(code.ref) is not None
        purge_all(self.grants, NOW + HOUR)
        assert self.grants.find(code.ref) is None

    def test_keeping_a_code_for_its_answer_beyond_its_grant(self) -> None:
        grant = new_grant(expires_at=END)
        code = new_token(AUTHORIZATION_CODE, grant)
        assert self.grants.open(grant, [code], NOW)
        answer = new_answer(expires_at=ANSWER_END)
        self.grants.redeem(code, NOW, OURS, [], sealed_answer=answer)
        purge_all(self.grants, ANSWER_END - 1)
        spent = replace(code, consumed_at=NOW, attempt=OURS, sealed_answer=answer)
        assert self.grants.find(code.ref) == (spent, None)
        purge_all(self.grants, ANSWER_END)
        assert list(every(self.grants.export)) == []

    def test_keeping_every_spent_code_of_an_extended_grant(self) -> None:
        grant = new_grant(expires_at=END)
        codes = [new_token(AUTHORIZATION_CODE, grant) for _ in range(3)]
        last = new_token(REFRESH_TOKEN, grant)
        assert self.grants.open(grant, [*codes, last], NOW)
        for token, end in zip([*codes, last], (END, END, NOW + HOUR, NOW + DAY), strict=True):
            won = self.grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=end)
            assert won.outcome is Outcome.WON
        fruit = new_token(REFRESH_TOKEN, grant)
        assert self.grants.add(grant.id, [fruit], NOW + DAY - 1)
        purge_all(self.grants, NOW + DAY - 1)
        assert {code.digest for code in codes} <= {
            token.digest for token in every(self.grants.tokens, grant_id=grant.id)
        }
        for code in codes:
            late = self.grants.redeem(code, NOW + DAY - 1, THEIRS, [])
            assert late.outcome is Outcome.CONSUMED
        purge_all(self.grants, NOW + DAY)
        assert list(every(self.grants.export)) == []

    def test_keeping_a_code_as_long_as_its_grant_can_be_extended(self) -> None:
        # A store may purge in any order, so several grants are tried.
        for _ in range(20):
            grant = new_grant(expires_at=END)
            code = new_token(AUTHORIZATION_CODE, grant, expires_at=NOW + 1)
            refresh = new_token(REFRESH_TOKEN, grant, expires_at=END)
            assert self.grants.open(grant, [code, refresh], NOW)
            assert self.grants.redeem(code, NOW, OURS, []).outcome is Outcome.WON
            more = True
            while more and self.grants.find(code.ref) is not None:
                more = self.grants.purge(END, limit=1).more
            # A request that began before the purge.
            late = self.grants.redeem(refresh, END - 1, THEIRS, [], grant_expires_at=NOW + DAY)
            assert late.outcome is not Outcome.WON or self.grants.find(code.ref) is not None

    def test_keeping_follows_an_end_that_was_amended_meanwhile(self) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        assert self.grants.amend(token.ref, 0, {"expires_at": END})
        answer = new_answer(expires_at=ANSWER_END)
        # By the record as it was before.
        won = self.grants.redeem(token, NOW, OURS, [], sealed_answer=answer)
        assert won.outcome is Outcome.WON
        assert self.grants.amend(token.ref, 1, {"expires_at": NOW + DAY}) is False
        assert purge_all(self.grants, ANSWER_END - 1) == 0
        purge_all(self.grants, ANSWER_END)
        assert self.grants.find(token.ref) is None

    @alone_or_not
    @pytest.mark.parametrize("grant_first", [True, False])
    def test_keeping_a_token_in_a_copy(self, grant_first: bool, alone: bool) -> None:
        spent = self.spent(alone)
        exported = list(every(self.grants.export))
        self.start_afresh()
        exported.sort(key=lambda record: isinstance(record, Token) is grant_first)
        for record in exported:
            assert self.grants.import_([record]) == 1
        purge_all(self.grants, ANSWER_END - 1)
        found = self.grants.find(spent.ref)
        assert found is not None
        assert found[0] == spent
        purge_all(self.grants, ANSWER_END)
        assert self.grants.find(spent.ref) is None
