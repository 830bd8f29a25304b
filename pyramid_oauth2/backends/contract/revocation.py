"""Revoking: a token, a grant with everything under it, all of a user's grants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.records import Grant, Outcome

from .factories import DAY, NOW, every, new_attempt, new_grant, new_token
from .harness import Contract

MANY = 300  # more than a store writes in one batch


class Revocation(Contract):
    """A revocation is a flag: set once, visible at once, and never compared with a time."""

    @pytest.mark.parametrize("now", [0, NOW, NOW + DAY], ids=["past", "present", "future"])
    def test_revoke_grant_is_seen_by_find_redeem_and_add(self, now: int) -> None:
        grant = new_grant()
        token, late = new_token(grant=grant), new_token(grant=grant)
        assert self.grants.open(grant, [token], NOW)
        assert self.grants.revoke_grant(grant.id, now, "withdrawn") is True
        revoked = replace(grant, revoked_at=now, revoke_reason="withdrawn")
        assert self.grants.find(token.ref) == (token, revoked)
        dead = self.grants.redeem(token, NOW, new_attempt(), [late])
        assert dead.outcome is Outcome.DEAD
        assert self.grants.add(grant.id, [late], NOW) is False
        assert set(every(self.grants.export)) == {revoked, token}

    def test_revoke_grant_once_and_for_the_first_reason(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        assert self.grants.open(grant, [token], NOW)
        assert self.grants.revoke_grant(grant.id, NOW + 1, "first") is True
        assert self.grants.revoke_grant(grant.id, NOW, "second") is False
        revoked = replace(grant, revoked_at=NOW + 1, revoke_reason="first")
        assert self.grants.find(token.ref) == (token, revoked)

    def test_revoke_grant_leaves_the_others(self) -> None:
        grants = [new_grant() for _ in range(3)]
        for grant in grants:
            assert self.grants.open(grant, [], NOW)
        assert self.grants.revoke_grant(grants[0].id, NOW, "test")
        assert {*grants[1:]} < set(every(self.grants.export))

    @pytest.mark.parametrize("now", [0, NOW, NOW + DAY], ids=["past", "present", "future"])
    def test_revoke_token_is_seen_by_find_and_redeem(self, now: int) -> None:
        grant = new_grant()
        token, other = new_token(grant=grant), new_token(grant=grant)
        assert self.grants.open(grant, [token, other], NOW)
        assert self.grants.revoke_token(token.ref, now) is True
        assert self.grants.find(token.ref) == (replace(token, revoked_at=now), grant)
        assert self.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.DEAD
        assert self.grants.find(other.ref) == (other, grant)

    def test_revoke_token_once(self) -> None:
        token = new_token()
        assert self.grants.revoke_token(token.ref, NOW) is False
        assert self.grants.open(None, [token], NOW)
        assert self.grants.revoke_token(token.ref, NOW + 1) is True
        assert self.grants.revoke_token(token.ref, NOW) is False
        assert self.grants.find(token.ref) == (replace(token, revoked_at=NOW + 1), None)

    def test_revoke_token_also_of_a_consumed_one(self) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        attempt = new_attempt()
        assert self.grants.redeem(token, NOW, attempt, []).outcome is Outcome.WON
        assert self.grants.revoke_token(token.ref, NOW) is True
        assert self.grants.redeem(token, NOW, attempt, []).outcome is Outcome.DEAD

    def test_revoke_subject_takes_all_of_one_user_and_no_one_else(self) -> None:
        others = ("Alice", "alice ", "alic", "alicé")
        for subject in ("alice", "alice", *others):
            assert self.grants.open(new_grant(subject=subject), [], NOW)
        assert self.grants.revoke_subject("alice", NOW + 1, "left") == 2
        assert self.grants.revoke_subject("alice", NOW + 2, "again") == 0
        assert self.grants.revoke_subject("nobody", NOW, "test") == 0
        for grant in every(self.grants.grants, subject="alice"):
            assert (grant.revoked_at, grant.revoke_reason) == (NOW + 1, "left")
        for subject in others:
            [grant] = every(self.grants.grants, subject=subject)
            assert grant.revoked_at is None

    def test_revoke_subject_for_one_client(self) -> None:
        ours, theirs = new_grant(client_id="ours"), new_grant(client_id="theirs")
        bobs = new_grant(client_id="ours", subject="bob")
        for grant in ours, theirs, bobs:
            assert self.grants.open(grant, [], NOW)
        assert self.grants.revoke_subject("alice", NOW, "withdrawn", client_id="ours") == 1
        revoked = replace(ours, revoked_at=NOW, revoke_reason="withdrawn")
        assert set(every(self.grants.export)) == {revoked, theirs, bobs}

    def test_revoke_subject_counts_only_what_it_revoked(self) -> None:
        first, second = new_grant(), new_grant()
        for grant in first, second:
            assert self.grants.open(grant, [], NOW)
        assert self.grants.revoke_grant(first.id, NOW, "before")
        assert self.grants.revoke_subject("alice", NOW + 1, "after") == 1
        reasons = {grant.revoke_reason for grant in every(self.grants.grants, subject="alice")}
        assert reasons == {"before", "after"}

    def test_revoke_subject_of_many_grants(self) -> None:
        grants = [new_grant() for _ in range(MANY)]
        self.grants.import_(grants)
        tokens = [new_token(grant=grant) for grant in grants]
        self.grants.import_(tokens)
        assert self.grants.revoke_subject("alice", NOW, "left") == MANY
        for token in tokens:
            dead = self.grants.redeem(token, NOW, new_attempt(), [])
            assert dead.outcome is Outcome.DEAD

    def test_revoke_subject_of_many_grants_for_one_client(self) -> None:
        """Each of them, although most grants of the user are for another client."""
        ours, theirs = (
            [new_grant(client_id=client_id) for _ in range(number)]
            for client_id, number in (("ours", MANY // 3), ("theirs", MANY))
        )
        self.grants.import_([*ours, *theirs])
        assert self.grants.revoke_subject("alice", NOW, "left", client_id="ours") == len(ours)
        revoked = {grant.id for grant in self._exported() if grant.revoked_at is not None}
        assert revoked == {grant.id for grant in ours}

    def _exported(self) -> Iterator[Grant]:
        return (each for each in every(self.grants.export, limit=MANY) if isinstance(each, Grant))
