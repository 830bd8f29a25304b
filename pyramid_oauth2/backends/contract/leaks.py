"""Once everything has ended and was purged, nothing is left: no row, key or index entry."""

from __future__ import annotations

from dataclasses import replace

from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    Outcome,
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
from .harness import Contract
from .purging import purge_all


class GrantLeaks(Contract):
    """The count of the grant store's records returns to where it was."""

    def live_a_life(self) -> None:
        """Create an interaction, a code, and three generations of refresh tokens, some unused."""
        interaction = new_token(INTERACTION)
        assert self.grants.open(None, [interaction], NOW)
        grant = new_grant(id=interaction.family)
        code = new_token(AUTHORIZATION_CODE, grant, expires_at=NOW + MINUTE)
        won = self.grants.redeem(interaction, NOW, new_attempt(), [code], grant=grant)
        assert won.outcome is Outcome.WON
        token = code
        for generation in range(1, 4):
            now = NOW + generation
            fruits = [
                new_token(kind, grant, parent=token.digest, expires_at=now + HOUR)
                for kind in (REFRESH_TOKEN, ACCESS_TOKEN)
            ]
            won = self.grants.redeem(
                token,
                now,
                new_attempt(),
                fruits,
                grant_expires_at=now + HOUR,
                sealed_answer=new_answer(),
            )
            assert won.outcome is Outcome.WON
            token = fruits[0]

    def test_leak_of_whole_lives(self) -> None:
        baseline = self.counted()
        for _ in range(5):
            self.live_a_life()
        assert self.counted() > baseline
        purge_all(self.grants, NOW + DAY, limit=7)
        assert self.counted() == baseline

    def test_leak_of_what_was_never_used(self) -> None:
        baseline = self.counted()
        grant = new_grant(expires_at=NOW + MINUTE)
        assert self.grants.open(grant, [new_token(AUTHORIZATION_CODE, grant)], NOW)
        assert self.grants.open(None, [new_token(INTERACTION)], NOW)
        assert self.counted() > baseline
        purge_all(self.grants, NOW + HOUR)
        assert self.counted() == baseline

    def test_leak_of_what_was_revoked(self) -> None:
        baseline = self.counted()
        for _ in range(3):
            self.live_a_life()
        assert self.grants.revoke_subject("alice", NOW, "left") == 3
        token = new_token()
        assert self.grants.open(None, [token], NOW)
        assert self.grants.revoke_token(token.ref, NOW)
        purge_all(self.grants, NOW + DAY)
        assert self.counted() == baseline

    def test_leak_of_reservations(self) -> None:
        baseline = self.counted()
        digest = new_digest()
        for now in range(NOW, NOW + 5):
            assert self.grants.reserve("jti", digest, now + 1, now)
            assert self.grants.reserve("jti", new_digest(), now + 1, now)
        assert self.counted() > baseline
        purge_all(self.grants, NOW + HOUR)
        assert self.counted() == baseline

    def test_leak_of_refused_writes(self) -> None:
        token = new_token(expires_at=NOW + 1)
        assert self.grants.open(None, [token], NOW)
        count = self.counted()
        fruit = new_token(family=token.family)
        assert self.grants.redeem(token, NOW + 1, new_attempt(), [fruit]).outcome is Outcome.EXPIRED
        assert self.grants.add(token.family, [fruit], NOW) is False
        assert self.counted() == count


class ConsentLeaks(Contract):
    """The count of the consent store's records returns to where it was."""

    def test_leak_of_consents(self) -> None:
        baseline = self.counted()
        for number in range(5):
            consent = new_consent(client_id=f"client-{number}")
            assert self.consents.put(consent, None)
            assert self.consents.put(consent, 0)
        assert self.consents.forget("alice", "client-0")
        assert self.counted() > baseline
        purge_all(self.consents, NOW + HOUR, limit=2)
        assert self.counted() == baseline


class EntryLeaks(Contract):
    """The count of the entry store's records returns to where it was."""

    def test_leak_of_entries(self) -> None:
        baseline = self.counted()
        for number in range(5):
            entry = new_entry(owner=f"user-{number}")
            assert self.entries.put(entry, None)
            assert self.entries.put(replace(entry, owner="alice", expires_at=NOW + MINUTE), 0)
            assert self.entries.put(new_entry(), None)
        assert self.counted() > baseline
        purge_all(self.entries, NOW + HOUR, limit=2)
        assert self.counted() == baseline

    def test_leak_of_entries_that_were_deleted(self) -> None:
        """Their places in the listings go with them, also for an owner whom they left before."""
        baseline = self.counted()
        for end in (None, NOW + HOUR):
            for owner in ("alice", None):
                entry = new_entry(owner=owner, expires_at=end)
                assert self.entries.put(entry, None)
                assert self.entries.put(replace(entry, owner="bob"), 0)
                assert self.entries.put(replace(entry, owner=None), 1)
                assert self.entries.delete(entry.namespace, entry.key)
                assert self.counted() == baseline

    def test_leak_of_refused_entries(self) -> None:
        entry = new_entry(owner="alice")
        assert self.entries.put(entry, None)
        count = self.counted()
        assert self.entries.put(replace(entry, owner="bob"), None) is False
        assert self.entries.put(replace(entry, owner="bob"), 1) is False
        assert self.entries.put(new_entry(owner="bob"), 0) is False
        assert self.entries.delete(entry.namespace, entry.key, 1) is False
        assert self.counted() == count
