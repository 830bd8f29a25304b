"""How long a store keeps what it removes by itself: at least as long as it has an effect."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    Outcome,
    Reservation,
    Token,
)

from .factories import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    new_answer,
    new_attempt,
    new_consent,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from .harness import Contract, Record

SLACK = 30  # seconds that a test may take meanwhile


class Lifetimes(Contract):
    """Asks a store for how long it keeps a record."""

    def is_kept(self, store: Any, record: Record, end: int) -> None:
        """Check that a record that was written at ``NOW`` is kept until an end.

        The end of the records is so near that a spare time of the store does not hide a mistake.
        """
        if not getattr(store, "expires_itself", False):
            pytest.skip("the store removes nothing by itself (no expires_itself)")
        left = self.kept_for(self.backend, record)
        if left is None:
            pytest.skip("implement kept_for(backend, record) to run the tests of what it removes")
        assert left >= end - NOW - SLACK, f"kept for {left} seconds instead of {end - NOW}"


class GrantLifetimes(Lifetimes):
    """Tokens, grants and reservations."""

    def test_lifetime_of_a_spent_code(self) -> None:
        """A replay is noticed as long as there is its grant (RFC 6749 section 4.1.2)."""
        grant, code = self.opened(AUTHORIZATION_CODE)
        code = self._with_end(code, NOW + MINUTE)
        self._spend(code)
        self.is_kept(self.grants, code, grant.expires_at)

    def test_lifetime_of_a_spent_code_whose_grant_is_extended(self) -> None:
        _, code = self.opened(AUTHORIZATION_CODE)
        code = self._with_end(code, NOW + MINUTE)
        self._spend(code)
        refresh = new_token(family=code.family, grant_id=code.family)
        assert self.grants.add(code.family, [refresh], NOW)
        self._spend(refresh, grant_expires_at=NOW + 12 * HOUR)
        self.is_kept(self.grants, code, NOW + 12 * HOUR)

    @pytest.mark.parametrize("kind", [REFRESH_TOKEN, INTERACTION])
    def test_lifetime_of_a_sealed_answer(self, kind: str) -> None:
        grant = new_grant() if kind == REFRESH_TOKEN else None
        token = new_token(kind, grant, expires_at=NOW + MINUTE)
        assert self.grants.open(grant, [token], NOW)
        self._spend(token, sealed_answer=new_answer(expires_at=NOW + HOUR))
        self.is_kept(self.grants, token, NOW + HOUR)

    def test_lifetime_of_an_extended_grant(self) -> None:
        grant, refresh = self.opened(REFRESH_TOKEN)
        self._spend(refresh, grant_expires_at=NOW + DAY)
        self.is_kept(self.grants, grant, NOW + DAY)

    def test_lifetime_of_what_a_redemption_opens(self) -> None:
        """As the approval on a page does: the page ends soon, the grant and its code do not."""
        page = new_token(INTERACTION, expires_at=NOW + MINUTE)
        grant = new_grant(id=page.family, expires_at=NOW + DAY)
        code = new_token(AUTHORIZATION_CODE, grant)
        assert self.grants.open(None, [page], NOW)
        self._spend(page, [code], grant=grant)
        self.is_kept(self.grants, grant, NOW + DAY)
        self.is_kept(self.grants, code, NOW + DAY)

    def test_lifetime_of_what_a_redemption_produces(self) -> None:
        grant, code = self.opened(AUTHORIZATION_CODE, expires_at=NOW + MINUTE)
        refresh = new_token(REFRESH_TOKEN, grant, expires_at=NOW + DAY)
        self._spend(code, [refresh], grant_expires_at=NOW + DAY)
        self.is_kept(self.grants, refresh, NOW + DAY)

    def test_lifetime_of_what_is_added(self) -> None:
        grant, _ = self.opened(expires_at=NOW + DAY)
        added = new_token(ACCESS_TOKEN, grant)
        assert self.grants.add(grant.id, [added], NOW)
        self.is_kept(self.grants, added, NOW + DAY)

    def test_lifetime_of_a_revoked_grant(self) -> None:
        grant, token = self.opened(ACCESS_TOKEN)
        assert self.grants.revoke_grant(grant.id, NOW, "test")
        assert self.grants.revoke_token(token.ref, NOW)
        self.is_kept(self.grants, grant, grant.expires_at)
        self.is_kept(self.grants, token, token.expires_at)

    def test_lifetime_of_an_amended_token(self) -> None:
        token = new_token(expires_at=NOW + MINUTE)
        assert self.grants.open(None, [token], NOW)
        self.is_kept(self.grants, self._with_end(token, NOW + HOUR), NOW + HOUR)

    def test_lifetime_of_a_reservation(self) -> None:
        claim = Reservation("test", new_digest(), NOW + HOUR)
        assert self.grants.reserve(claim.namespace, claim.digest, NOW - 1, NOW - 2)
        assert self.grants.reserve(claim.namespace, claim.digest, claim.expires_at, NOW)
        self.is_kept(self.grants, claim, NOW + HOUR)

    def test_lifetimes_in_a_copy(self) -> None:
        """However the records come in: a code before its grant, and after it."""
        for code_first in (True, False):
            grant = new_grant()
            code = new_token(AUTHORIZATION_CODE, grant, expires_at=NOW + MINUTE)
            code = replace(code, consumed_at=NOW, attempt=new_attempt())
            records: list[Any] = [code, grant] if code_first else [grant, code]
            assert [self.grants.import_([record]) for record in records] == [1, 1]
            self.is_kept(self.grants, grant, grant.expires_at)
            self.is_kept(self.grants, code, grant.expires_at)

    @pytest.mark.parametrize("first", ["grant", "code"])
    def test_lifetime_in_a_copy_of_a_code_that_has_ended(self, first: str) -> None:
        """At the real time, which is that of a copy: a code is spent, and soon at its own end."""
        now = int(time.time())
        grant = new_grant(created_at=now - HOUR, expires_at=now + DAY, absolute_end=now + DAY)
        code = new_token(
            AUTHORIZATION_CODE,
            grant,
            issued_at=now - HOUR,
            expires_at=now - HOUR + MINUTE,
            consumed_at=now - HOUR,
            attempt=new_attempt(),
        )
        for record in (grant, code) if first == "grant" else (code, grant):
            assert self.grants.import_([record]) == 1
        self.is_kept(self.grants, code, NOW + DAY)

    def _with_end(self, token: Token, end: int) -> Token:
        assert self.grants.amend(token.ref, token.version, {"expires_at": end})
        return replace(token, expires_at=end, version=token.version + 1)

    def _spend(self, token: Token, produce: Sequence[Token] = (), **more: Any) -> None:
        won = self.grants.redeem(token, NOW, new_attempt(), produce, **more)
        assert won.outcome is Outcome.WON


class ConsentLifetimes(Lifetimes):
    """A consent whose end was moved."""

    def test_lifetime_of_a_consent_that_is_replaced(self) -> None:
        consent = new_consent(expires_at=NOW + MINUTE)
        assert self.consents.put(consent, None)
        assert self.consents.put(replace(consent, expires_at=NOW + DAY), 0)
        self.is_kept(self.consents, consent, NOW + DAY)


class EntryLifetimes(Lifetimes):
    """Entries whose end was moved, or that have none."""

    @pytest.mark.parametrize("end", [NOW + DAY, None])
    def test_lifetime_of_an_entry_that_is_replaced(self, end: int | None) -> None:
        entry = new_entry(expires_at=NOW + MINUTE)
        assert self.entries.put(entry, None)
        assert self.entries.put(replace(entry, expires_at=end), 0)
        self.is_kept(self.entries, entry, end or NOW + 1000 * DAY)
