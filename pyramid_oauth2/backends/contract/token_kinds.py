"""Kinds of tokens that an application has added, and those that no application has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.records import Grant, Outcome, Token
from pyramid_oauth2.protocol.token_kinds import TokenKind, register

from .factories import DAY, HOUR, MINUTE, NOW, every, new_attempt, new_grant, new_token
from .harness import Contract
from .purging import purge_all

# Added when a test needs them, since the table is the process's.
REMEMBERED = TokenKind("contract_remembered", "ocontractr", remembered=True)
FORGOTTEN = TokenKind("contract_forgotten", "ocontractf")
UNKNOWN = "contract_unknown"

every_kind = pytest.mark.parametrize("kind", [REMEMBERED.name, FORGOTTEN.name, UNKNOWN])


class KindsOfApplications(Contract):
    """A token of any kind is stored like ours; how long a spent one stays depends on its kind."""

    def started(self, kind: str) -> tuple[Grant, Token]:
        """Open a grant of one hour and a token of one minute."""
        for known in (REMEMBERED, FORGOTTEN):
            register(known)
        grant = new_grant()
        token = new_token(kind, grant, expires_at=NOW + MINUTE)
        assert self.grants.open(grant, [token], NOW)
        return grant, token

    @every_kind
    def test_kind_is_stored_and_listed(self, kind: str) -> None:
        grant, token = self.started(kind)
        other = new_token(kind, grant)
        assert self.grants.add(grant.id, [other], NOW)
        assert self.grants.find(token.ref) == (token, grant)
        assert set(every(self.grants.tokens, grant_id=grant.id)) == {token, other}
        assert set(every(self.grants.export)) == {grant, token, other}

    @every_kind
    def test_kind_is_amended_and_revoked(self, kind: str) -> None:
        _, token = self.started(kind)
        assert self.grants.amend(token.ref, 0, {"data": b"changed"})
        assert self.grants.revoke_token(token.ref, NOW)
        found = self.grants.find(token.ref)
        assert found is not None
        assert found[0] == replace(token, data=b"changed", version=1, revoked_at=NOW)

    @every_kind
    def test_kind_is_redeemed_once(self, kind: str) -> None:
        grant, token = self.started(kind)
        ours = new_attempt()
        fruit = new_token(kind, grant, parent=token.digest)
        assert self.grants.redeem(token, NOW, ours, [fruit]).outcome is Outcome.WON
        again = self.grants.redeem(token, NOW + 1, new_attempt(), [])
        assert again.outcome is Outcome.CONSUMED
        assert again.token == replace(token, consumed_at=NOW, attempt=ours)
        assert self.grants.find(fruit.ref) == (fruit, grant)

    @every_kind
    def test_kind_that_is_unspent_is_removed_at_its_own_end(self, kind: str) -> None:
        grant, token = self.started(kind)
        assert purge_all(self.grants, NOW + MINUTE - 1) == 0
        assert purge_all(self.grants, NOW + MINUTE) == 1
        assert self.grants.find(token.ref) is None
        assert list(every(self.grants.export)) == [grant]

    @pytest.mark.parametrize("kind", [FORGOTTEN.name, UNKNOWN])
    def test_kind_that_is_not_remembered_is_removed_at_its_own_end(self, kind: str) -> None:
        _, token = self.started(kind)
        won = self.grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=NOW + DAY)
        assert won.outcome is Outcome.WON
        assert purge_all(self.grants, NOW + MINUTE - 1) == 0
        assert purge_all(self.grants, NOW + MINUTE) == 1
        assert self.grants.find(token.ref) is None

    def test_kind_that_is_remembered_is_kept_until_the_current_end_of_its_grant(self) -> None:
        grant, token = self.started(REMEMBERED.name)
        fruit = new_token(grant=grant)
        assert self.grants.redeem(token, NOW, new_attempt(), [fruit]).outcome is Outcome.WON
        purge_all(self.grants, NOW + HOUR - 1)
        later = self.grants.redeem(
            fruit, NOW + HOUR - 1, new_attempt(), [], grant_expires_at=NOW + DAY
        )
        assert later.outcome is Outcome.WON
        purge_all(self.grants, NOW + DAY - 1)
        replayed = self.grants.redeem(token, NOW + DAY - 1, new_attempt(), [])
        assert replayed.outcome is Outcome.CONSUMED
        purge_all(self.grants, NOW + DAY)
        assert list(every(self.grants.export)) == []

    @every_kind
    @pytest.mark.parametrize("grant_first", [True, False])
    def test_kind_is_copied(self, kind: str, grant_first: bool) -> None:
        _, token = self.started(kind)
        self.grants.redeem(token, NOW, new_attempt(), [])
        exported = list(every(self.grants.export))
        self.start_afresh()
        exported.sort(key=lambda record: isinstance(record, Grant) is not grant_first)
        assert [self.grants.import_([record]) for record in exported] == [1, 1]
        assert set(every(self.grants.export)) == set(exported)
        purge_all(self.grants, NOW + HOUR - 1)
        assert (self.grants.find(token.ref) is not None) is (kind == REMEMBERED.name)
        purge_all(self.grants, NOW + HOUR)
        assert list(every(self.grants.export)) == []
