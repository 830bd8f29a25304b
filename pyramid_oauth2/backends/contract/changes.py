"""Changing a token by compare and swap, and claiming a value once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import ACCESS_TOKEN, Outcome, Reservation, TokenChanges

from .factories import DAY, HOUR, MINUTE, NOW, every, new_attempt, new_digest, new_grant, new_token
from .harness import Contract


class Amending(Contract):
    """``amend`` writes if the caller knows the current version and the token is usable."""

    @pytest.mark.parametrize(
        "changes",
        [
            {"data": b"\x00\xff"},
            {"data": b""},
            {"expires_at": NOW + DAY},
            {"expires_at": NOW},
            {"data": b"both", "expires_at": NOW + 1},
        ],
        ids="-".join,
    )
    def test_amend_changes_what_is_named(self, changes: TokenChanges) -> None:
        token = new_token(data=b"before", version=3)
        assert self.grants.open(None, [token], NOW)
        assert self.grants.amend(token.ref, 3, changes) is True
        amended = replace(token, version=4, **changes)
        assert self.grants.find(token.ref) == (amended, None)

    def test_amend_of_an_ended_token_lists_it_again(self) -> None:
        grant = new_grant(expires_at=NOW + DAY)
        token = new_token(ACCESS_TOKEN, grant, expires_at=NOW + MINUTE)
        assert self.grants.open(grant, [token], NOW)
        # What is written later may take what has ended out of a listing.
        later = NOW + MINUTE + 1
        assert self.grants.add(grant.id, [new_token(grant=grant, expires_at=later + HOUR)], later)
        assert self.grants.amend(token.ref, 0, {"expires_at": NOW + HOUR}) is True
        assert token.ref in [each.ref for each in every(self.grants.tokens, grant_id=grant.id)]

    @pytest.mark.parametrize("version", [0, 2, -1])
    def test_amend_refuses_another_version(self, version: int) -> None:
        token = new_token(version=1)
        assert self.grants.open(None, [token], NOW)
        assert self.grants.amend(token.ref, version, {"data": b"x"}) is False
        assert self.grants.find(token.ref) == (token, None)

    def test_amend_is_taken_once(self) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        assert self.grants.amend(token.ref, 0, {"data": b"first"}) is True
        assert self.grants.amend(token.ref, 0, {"data": b"second"}) is False
        assert self.grants.find(token.ref) == (replace(token, version=1, data=b"first"), None)

    def test_amend_refuses_what_is_not_there(self) -> None:
        assert self.grants.amend(new_token().ref, 0, {"data": b"x"}) is False
        assert list(every(self.grants.export)) == []

    def test_amend_refuses_a_consumed_token(self) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        assert self.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON
        before = self.grants.find(token.ref)
        assert before is not None
        assert self.grants.amend(token.ref, before[0].version, {"data": b"x"}) is False
        assert self.grants.find(token.ref) == before

    def test_amend_refuses_a_revoked_token(self) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        assert self.grants.revoke_token(token.ref, NOW)
        before = self.grants.find(token.ref)
        assert before is not None
        assert self.grants.amend(token.ref, before[0].version, {"data": b"x"}) is False
        assert self.grants.find(token.ref) == before

    @pytest.mark.parametrize("field", ["digest", "consumed_at", "version", "nonsense"])
    def test_amend_refuses_other_fields(self, field: str) -> None:
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        changes: Any = {"data": b"x", field: None}
        with pytest.raises(ValueError, match=field):
            self.grants.amend(token.ref, 0, changes)
        assert self.grants.find(token.ref) == (token, None)


class Reserving(Contract):
    """``reserve`` returns True once, until the claim ends."""

    def test_reserve_once(self) -> None:
        digest = new_digest()
        assert self.grants.reserve("jti", digest, NOW + HOUR, NOW) is True
        assert self.grants.reserve("jti", digest, NOW + HOUR, NOW) is False
        assert self.grants.reserve("jti", digest, NOW + DAY, NOW + 1) is False
        assert list(every(self.grants.export)) == [Reservation("jti", digest, NOW + HOUR)]

    def test_reserve_by_digest_and_namespace(self) -> None:
        digest = new_digest()
        for namespace in ("jti", "JTI", "jti ", "dpop", "dpop:jti"):
            assert self.grants.reserve(namespace, digest, NOW + HOUR, NOW) is True
        assert self.grants.reserve("jti", new_digest(), NOW + HOUR, NOW) is True

    def test_reserve_again_once_the_claim_has_ended(self) -> None:
        digest = new_digest()
        assert self.grants.reserve("jti", digest, NOW + HOUR, NOW) is True
        assert self.grants.reserve("jti", digest, NOW + HOUR, NOW + HOUR - 1) is False
        assert self.grants.reserve("jti", digest, NOW + 2 * HOUR, NOW + HOUR) is True
        assert self.grants.reserve("jti", digest, NOW + 2 * HOUR, NOW + HOUR) is False

    def test_reserve_by_digests_of_every_length(self) -> None:
        digests = (b"\0", b"\0\0", bytes(31) + b"1", bytes(31) + b"1\0", b"1" * 16, b"1" * 64)
        for digest in digests:
            assert self.grants.reserve("jti", digest, NOW + HOUR, NOW) is True
            assert self.grants.reserve("jti", digest, NOW + HOUR, NOW) is False
        reserved = {Reservation("jti", digest, NOW + HOUR) for digest in digests}
        assert set(every(self.grants.export)) == reserved
        for digest in digests:
            assert self.grants.reserve("jti", digest, NOW + DAY, NOW + HOUR) is True

    def test_reserve_is_apart_from_tokens(self) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        assert self.grants.open(grant, [token], NOW)
        assert self.grants.reserve("jti", token.digest, NOW + HOUR, NOW) is True
        assert self.grants.find(token.ref) == (token, grant)
