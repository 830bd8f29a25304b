"""Redeeming: the outcomes, and their order of precedence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    DuplicateRecord,
    Outcome,
    Redemption,
)

from .factories import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    every,
    new_answer,
    new_attempt,
    new_family,
    new_grant,
    new_token,
)
from .harness import Contract

OURS, THEIRS = new_attempt(), new_attempt()
GRANTS = ("none", "live", "revoked", "gone")


def expected(*, revoked: bool, grant: str, attempt: str | None, expired: bool) -> Outcome:
    """The outcome for a token in that state: the precedence of the contract."""
    if revoked or grant in ("revoked", "gone"):
        return Outcome.DEAD
    if attempt is not None:
        return Outcome.WON if attempt == OURS else Outcome.CONSUMED
    return Outcome.EXPIRED if expired else Outcome.WON


def states() -> Iterator[Any]:
    """Every combination of the states that decide the outcome, with the outcome."""
    for revoked, grant, attempt, expired in product(
        (False, True), GRANTS, (None, OURS, THEIRS), (False, True)
    ):
        outcome = expected(revoked=revoked, grant=grant, attempt=attempt, expired=expired)
        spent = {None: "fresh", OURS: "ours", THEIRS: "theirs"}[attempt]
        facts = [
            "revoked" if revoked else "",
            f"grant-{grant}",
            spent,
            "expired" if expired else "",
        ]
        yield pytest.param(
            revoked, grant, attempt, expired, outcome, id="-".join(filter(None, facts))
        )


class RedemptionOutcomes(Contract):
    """Each outcome, and which one takes precedence."""

    @pytest.mark.parametrize(("revoked", "grant", "attempt", "expired", "outcome"), [*states()])
    def test_redeem_decides(
        self, revoked: bool, grant: str, attempt: str | None, expired: bool, outcome: Outcome
    ) -> None:
        behind = new_grant(
            revoked_at=NOW if grant == "revoked" else None,
            revoke_reason="test" if grant == "revoked" else None,
        )
        token = new_token(
            grant=None if grant == "none" else behind,
            expires_at=NOW if expired else NOW + MINUTE,
            revoked_at=NOW if revoked else None,
            consumed_at=None if attempt is None else NOW - 1,
            attempt=attempt,
        )
        self.grants.import_([token] if grant in ("none", "gone") else [behind, token])
        before = set(every(self.grants.export))
        fruit = new_token(family=token.family, grant_id=token.grant_id)
        redemption = self.grants.redeem(
            token, NOW, OURS, [fruit], grant_expires_at=NOW + DAY, sealed_answer=new_answer()
        )
        assert redemption.outcome is outcome
        if outcome is Outcome.CONSUMED:
            assert redemption.token == token
        writes = outcome is Outcome.WON and attempt is None
        assert (set(every(self.grants.export)) != before) is writes
        assert (self.grants.find(fruit.ref) is not None) is writes

    def test_redeem_misses_what_is_not_there(self) -> None:
        token = new_token()
        assert self.grants.redeem(token, NOW, OURS, []) == Redemption(Outcome.MISSING)

    @pytest.mark.parametrize(
        "wrong", [{"kind": ACCESS_TOKEN}, {"family": new_family()}], ids="-".join
    )
    def test_redeem_misses_what_is_not_named_exactly(self, wrong: dict[str, Any]) -> None:
        token = new_token(REFRESH_TOKEN)
        assert self.grants.open(None, [token], NOW)
        redemption = self.grants.redeem(replace(token, **wrong), NOW, OURS, [])
        assert redemption.outcome is Outcome.MISSING
        assert list(every(self.grants.export)) == [token]

    def test_redeem_reads_the_state_again(self) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        assert self.grants.amend(token.ref, 0, {"data": b"changed", "expires_at": NOW + DAY})
        assert self.grants.redeem(token, NOW + 2 * HOUR, OURS, []).outcome is Outcome.WON
        found = self.grants.find(token.ref)
        assert found is not None
        assert (found[0].data, found[0].version) == (b"changed", 1)

    def test_redeem_sees_what_happened_since_the_token_was_read(self) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        assert self.grants.redeem(token, NOW, THEIRS, []).outcome is Outcome.WON
        consumed = self.grants.redeem(token, NOW, OURS, [])
        assert consumed.outcome is Outcome.CONSUMED
        assert consumed.token == replace(token, consumed_at=NOW, attempt=THEIRS)
        assert self.grants.revoke_token(token.ref, NOW)
        assert self.grants.redeem(token, NOW, OURS, []).outcome is Outcome.DEAD

    def test_redeem_refuses_another_family(self) -> None:
        grant = new_grant()
        token = new_token(AUTHORIZATION_CODE, grant)
        assert self.grants.open(grant, [token], NOW)
        stranger = new_token()
        with pytest.raises(ValueError, match="family"):
            self.grants.redeem(token, NOW, OURS, [stranger])
        with pytest.raises(ValueError, match="family"):
            self.grants.redeem(token, NOW, OURS, [], grant=new_grant())
        with pytest.raises(ValueError, match="family"):
            self.grants.redeem(token, NOW, OURS, [], retire=[stranger.ref])
        assert set(every(self.grants.export)) == {grant, token}

    @pytest.mark.parametrize("duplicate", ["digest", "grant"])
    def test_redeem_refuses_a_duplicate_and_stays_possible(self, duplicate: str) -> None:
        grant = new_grant()
        token, parent = new_token(grant=grant), new_token(grant=grant, sealed_answer=new_answer())
        token = replace(token, parent=parent.digest)
        self.grants.import_([grant, token, parent])
        fresh = new_token(grant=grant)
        with pytest.raises(DuplicateRecord):
            self.grants.redeem(
                token,
                NOW,
                THEIRS,
                [fresh, parent] if duplicate == "digest" else [fresh],
                grant=grant if duplicate == "grant" else None,
                grant_expires_at=NOW + DAY,
                sealed_answer=new_answer(),
                retire=[parent.ref],
            )
        assert set(every(self.grants.export)) == {grant, token, parent}
        assert self.grants.redeem(token, NOW, OURS, [fresh]).outcome is Outcome.WON
