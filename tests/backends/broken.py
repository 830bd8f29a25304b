"""Backends with one fault each, and the tests of the suite that must detect it.

Not collected by itself: test_contract.py runs each class and expects it to fail.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import replace

from pyramid_oauth2.backends.memory.clients import MemoryClientStore
from pyramid_oauth2.backends.memory.consents import MemoryConsentStore
from pyramid_oauth2.backends.memory.entries import MemoryEntryStore
from pyramid_oauth2.backends.memory.expiring_records import ExpiringRecords, key_of
from pyramid_oauth2.backends.memory.grants import MemoryGrantStore
from pyramid_oauth2.protocol.records import (
    AUTHORIZATION_CODE,
    Client,
    DuplicateRecord,
    Grant,
    Outcome,
    Page,
    Purged,
    Redemption,
    Reservation,
    Token,
)

from .memory_contract import MemoryContract

PAUSE = 0.001  # seconds, in which another thread gets its turn


class SlowLedger(ExpiringRecords):
    def token(self, ref):
        token = super().token(ref)
        time.sleep(PAUSE)
        return token

    def grant(self, grant_id):
        grant = super().grant(grant_id)
        time.sleep(PAUSE)
        return grant


class WithoutLock(MemoryGrantStore):
    def __init__(self):
        super().__init__()
        self._lock = nullcontext()
        self._expiring = SlowLedger()


class WithLedger(MemoryGrantStore):
    ledger: type[ExpiringRecords]

    def __init__(self):
        super().__init__()
        self._expiring = self.ledger()


class TestSound(MemoryContract):
    """No fault: would show that the suite fails for another reason."""

    caught_by = "race_to_redeem_has_one_winner or told_apart or purged"


class TestRedeemReadsThenWrites(MemoryContract):
    caught_by = "race_to_redeem_has_one_winner"
    Grants = WithoutLock


class TestRedeemRacesWithRevoke(MemoryContract):
    caught_by = "race_of_redeem_and_revoke_grant"
    Grants = WithoutLock


class TestAddRacesWithRevoke(MemoryContract):
    caught_by = "race_of_add_and_revoke_grant"

    class Grants(WithoutLock):
        def add(self, grant_id, tokens, now):
            grant = self._expiring.grant(grant_id)
            time.sleep(PAUSE)
            if grant:
                self._expiring.keep(grant)
            return super().add(grant_id, tokens, now)


class TestAmendLosesUpdates(MemoryContract):
    caught_by = "race_to_amend"
    Grants = WithoutLock


class TestRevokeReportsTwice(MemoryContract):
    caught_by = "race_to_revoke_has_one_winner"
    Grants = WithoutLock


class TestReserveReadsThenWrites(MemoryContract):
    caught_by = "race_to_reserve"

    class Grants(MemoryGrantStore):
        def reserve(self, namespace, digest, expires_at, now):
            claim = Reservation(namespace, digest, expires_at)
            earlier = self._expiring.records.get(key_of(claim))
            time.sleep(PAUSE)
            self._expiring.keep(claim)
            return earlier is None or earlier.expires_at <= now


class TestReservedDigestsArePadded(MemoryContract):
    caught_by = "reserve_by_digests"

    class Grants(MemoryGrantStore):
        def reserve(self, namespace, digest, expires_at, now):
            return super().reserve(namespace, digest.ljust(32, b"\0"), expires_at, now)


class TestOpenReadsThenWrites(MemoryContract):
    caught_by = "race_to_open"

    class Grants(WithoutLock):
        def open(self, grant, tokens, now):
            tokens = tuple(tokens)
            known = [key_of(r) in self._expiring.records for r in (*tokens, grant) if r]
            time.sleep(PAUSE)
            if any(known):
                return super().open(grant, tokens, now)
            for record in (*tokens, grant):
                if record:
                    self._expiring.keep(record)
            return True


class TestRevokedGrantIsIgnored(MemoryContract):
    caught_by = "revoke_grant_is_seen"

    class Grants(MemoryGrantStore):
        def _is_dead(self, token, new_grant):
            return token.revoked_at is not None


class TestRevocationTakesEffectLater(MemoryContract):
    caught_by = "revoke_grant_is_seen"

    class Grants(MemoryGrantStore):
        def revoke_grant(self, grant_id, now, reason):
            return now <= 4_000_000_000 and super().revoke_grant(grant_id, now, reason)


class TestGoneGrantIsIgnored(MemoryContract):
    caught_by = "redeem_decides"

    class Grants(MemoryGrantStore):
        def _is_dead(self, token, new_grant):
            grant = self._expiring.grant(token.grant_id)
            return token.revoked_at is not None or bool(grant and grant.revoked_at is not None)


class TestExpiredComesBeforeConsumed(MemoryContract):
    caught_by = "redeem_decides"

    class Grants(MemoryGrantStore):
        def redeem(self, token, now, *args, **kwargs):
            found = self.find(token.ref)
            if found and found[0].expires_at <= now and not self._is_dead(found[0], None):
                return Redemption(Outcome.EXPIRED)
            return super().redeem(token, now, *args, **kwargs)


class TestConsumedComesBeforeDead(MemoryContract):
    caught_by = "redeem_decides"

    class Grants(MemoryGrantStore):
        def redeem(self, token, now, attempt, *args, **kwargs):
            found = self.find(token.ref)
            if found and found[0].consumed_at is not None and found[0].attempt != attempt:
                return Redemption(Outcome.CONSUMED, found[0])
            return super().redeem(token, now, attempt, *args, **kwargs)


class TestSecondWin(MemoryContract):
    caught_by = "other_attempts_never_win"

    class Grants(MemoryGrantStore):
        def redeem(self, *args, **kwargs):
            redemption = super().redeem(*args, **kwargs)
            return Redemption(Outcome.WON) if redemption.token else redemption


class TestRepeatedAttemptIsRefused(MemoryContract):
    caught_by = "repeated_attempt"

    class Grants(MemoryGrantStore):
        def redeem(self, token, *args, **kwargs):
            found = self.find(token.ref)
            if found and found[0].consumed_at is not None:
                return Redemption(Outcome.CONSUMED, found[0])
            return super().redeem(token, *args, **kwargs)


class TestRepeatedAttemptWritesAgain(MemoryContract):
    caught_by = "repeated_attempt"

    class Grants(MemoryGrantStore):
        def redeem(self, token, now, attempt, produce, **kwargs):
            redemption = super().redeem(token, now, attempt, produce, **kwargs)
            if redemption.outcome is Outcome.WON:
                current = self._expiring.token(token.ref)
                self._expiring.keep(replace(current, consumed_at=now))
            return redemption


class TestGrantEndIsShortened(MemoryContract):
    caught_by = "won_extends"

    class Grants(MemoryGrantStore):
        def _extend(self, grant_id, expires_at):
            grant = self._expiring.grant(grant_id)
            if grant and expires_at is not None:
                end = min(expires_at, grant.absolute_end)
                self._expiring.keep(replace(grant, expires_at=end))


class TestGrantEndPassesItsAbsoluteEnd(MemoryContract):
    caught_by = "won_extends"

    class Grants(MemoryGrantStore):
        def _extend(self, grant_id, expires_at):
            grant = self._expiring.grant(grant_id)
            if grant and expires_at is not None:
                end = max(expires_at, grant.expires_at)
                self._expiring.keep(replace(grant, expires_at=end))


class TestSealedAnswerOfTheParentStays(MemoryContract):
    caught_by = "won_clears"

    class Grants(MemoryGrantStore):
        def _clear_answer_of_parent(self, token):
            pass


class TestRetiredTokensLive(MemoryContract):
    caught_by = "won_retires"

    class Grants(MemoryGrantStore):
        def redeem(self, *args, retire=(), **kwargs):
            return super().redeem(*args, **kwargs)


class TestLateDuplicateLeavesATrace(MemoryContract):
    caught_by = "refuses_a_duplicate"

    class Grants(MemoryGrantStore):
        def redeem(self, token, now, attempt, produce, **kwargs):
            won = super().redeem(token, now, attempt, [], **{**kwargs, "grant": None})
            if won.outcome is Outcome.WON:
                self.open(kwargs.get("grant"), produce, now)
            return won


class TestHalfAnOpen(MemoryContract):
    caught_by = "open_refuses"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def insert(self, records):
                for record in records:
                    super().insert([record])


class TestKindIsIgnored(MemoryContract):
    caught_by = "wrong_reference or named_exactly"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def token(self, ref):
                return self.token_of(ref.family, ref.digest)


class TestSubjectsInAnyCase(MemoryContract):
    caught_by = "told_apart or no_one_else"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def grants(self, subject, client_id):
                for grant in super().grants(None, client_id):
                    if subject is None or grant.subject.casefold() == subject.casefold():
                        yield grant


class TestTrailingBlanksAreTrimmed(MemoryContract):
    caught_by = "kept_subject"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def keep(self, record):
                if isinstance(record, Grant) and record.subject.strip():
                    record = replace(record, subject=record.subject.rstrip())
                super().keep(record)


class TestDataIsText(MemoryContract):
    caught_by = "kept"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def keep(self, record):
                if isinstance(record, Token):
                    text = record.data.decode("utf-8", "replace")
                    record = replace(record, data=text.encode())
                super().keep(record)


class TestSecondReasonReplacesTheFirst(MemoryContract):
    caught_by = "first_reason"

    class Grants(MemoryGrantStore):
        def _revoke_grant(self, grant, now, reason):
            first = super()._revoke_grant(grant, now, reason)
            if grant is not None:
                self._expiring.keep(replace(grant, revoked_at=now, revoke_reason=reason))
            return first


class TestRevokeSubjectStopsAfterABatch(MemoryContract):
    caught_by = "many_grants"

    class Grants(MemoryGrantStore):
        def revoke_subject(self, subject, now, reason, client_id=None):
            page = self.grants(subject=subject, client_id=client_id, limit=100)
            return sum(self.revoke_grant(grant.id, now, reason) for grant in page.items)


class TestExpiryIsASecondLate(MemoryContract):
    caught_by = "boundary"

    class Grants(MemoryGrantStore):
        def redeem(self, token, now, *args, **kwargs):
            return super().redeem(token, now - 1, *args, **kwargs)


class TestAmendIgnoresTheVersion(MemoryContract):
    caught_by = "amend"

    class Grants(MemoryGrantStore):
        def amend(self, ref, version, changes):
            found = self.find(ref)
            return found is not None and super().amend(ref, found[0].version, changes)


class TestListingByOffset(MemoryContract):
    caught_by = "completely"

    class Grants(MemoryGrantStore):
        def grants(self, subject=None, client_id=None, cursor=None, limit=50):
            first = int(cursor or 0)
            page = super().grants(subject, client_id, None, first + limit)
            cursor = str(first + limit) if page.cursor else None
            return replace(page, items=page.items[first:], cursor=cursor)


class TestPurgeForgetsSpentCodes(MemoryContract):
    caught_by = "spent_code"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def _end(self, record):
                return record.expires_at


class TestPurgeForgetsSealedAnswers(MemoryContract):
    caught_by = "keeping_a_token_for_its_sealed_answer"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def _end(self, record):
                if isinstance(record, Token):
                    record = replace(record, sealed_answer=None)
                return super()._end(record)

            def _due(self, record):
                return self._end(record)


class TestPurgeKeepsForAnAnswerThatWasCleared(MemoryContract):
    caught_by = "keeping_ends"

    class Grants(MemoryGrantStore):
        def _clear_answer_of_parent(self, token):
            parent = self._expiring.token_of(token.family, token.parent) if token.parent else None
            super()._clear_answer_of_parent(token)
            if parent is not None and parent.sealed_answer is not None:
                cleared = self._expiring.token(parent.ref)
                end = max(parent.expires_at, parent.sealed_answer.expires_at)
                self._expiring.keep(replace(cleared, expires_at=end))


class TestPurgeKnowsOurKindsOnly(MemoryContract):
    caught_by = "kind_that_is_remembered"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def _end(self, record):
                end = super()._end(record)
                ours = not isinstance(record, Token) or record.kind == AUTHORIZATION_CODE
                return end if ours else record.expires_at


class TestPurgeTakesTheLiving(MemoryContract):
    caught_by = "boundary_of_a_token_for_purge"

    class Grants(MemoryGrantStore):
        def purge(self, now, limit=1000):
            return super().purge(now + 1, limit)


class TestPurgeHasNoLimit(MemoryContract):
    caught_by = "purge_stops"

    class Grants(MemoryGrantStore):
        def purge(self, now, limit=1000):
            return super().purge(now, 10**9)


class TestPurgeHidesThatThereIsMore(MemoryContract):
    caught_by = "purge_stops"

    class Grants(MemoryGrantStore):
        def purge(self, now, limit=1000):
            return Purged(super().purge(now, limit).removed, more=False)


class TestPurgeLeavesReservations(MemoryContract):
    caught_by = "leak_of_reservations"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def _end(self, record):
                return 2**62 if isinstance(record, Reservation) else super()._end(record)


class TestPurgeLeavesSealedAnswers(MemoryContract):
    caught_by = "boundary_of_a_sealed_answer"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def _due(self, record):
                return self._end(record)


class TestIndexGrows(MemoryContract):
    caught_by = "leak"

    class Grants(WithLedger):
        class ledger(ExpiringRecords):
            def keep(self, record):
                super().keep(record)
                self._agenda.append((2**62, key_of(record)))


class TestRefusedRedemptionWrites(MemoryContract):
    caught_by = "redeem_decides"

    class Grants(MemoryGrantStore):
        def redeem(self, token, now, attempt, produce, **kwargs):
            redemption = super().redeem(token, now, attempt, produce, **kwargs)
            if redemption.outcome is Outcome.EXPIRED:
                self.revoke_token(token.ref, now)
            return redemption


class TestImportOverwrites(MemoryContract):
    caught_by = "copy"

    class Grants(MemoryGrantStore):
        def import_(self, records):
            records = tuple(records)
            new = super().import_(records)
            for record in records:
                self._expiring.keep(record)
            return new


class TestExportForgetsReservations(MemoryContract):
    caught_by = "copy"

    class Grants(MemoryGrantStore):
        def export(self, cursor=None, limit=500):
            page = super().export(cursor, limit)
            kept = tuple(item for item in page.items if not isinstance(item, Reservation))
            return replace(page, items=kept)


class TestStringsAtRest(MemoryContract):
    caught_by = "at_rest"
    overheard = b""

    def issue(self):
        string = super().issue()
        self.overheard += string.encode()
        return string

    def raw_dump(self, backend):
        return super().raw_dump(backend) + self.overheard


class TestEmptyDump(MemoryContract):
    caught_by = "at_rest"

    def raw_dump(self, backend):
        return b""


class TestEditIgnoresTheVersion(MemoryContract):
    caught_by = "client_is_edited_by"

    class Clients(MemoryClientStore):
        def edit(self, client_id, version, changes):
            client = self.get(client_id)
            return client is not None and super().edit(client_id, client.version, changes)


class TestDeletedClientComesBack(MemoryContract):
    caught_by = "deleted_for_good"

    class Clients(MemoryClientStore):
        def delete(self, client_id, now):
            return self._clients.pop(client_id, None) is not None


class TestEpochForgetsTheVersion(MemoryContract):
    caught_by = "epoch"

    class Clients(MemoryClientStore):
        def raise_epoch(self, client_id, now, disabled_at=None):
            epoch = super().raise_epoch(client_id, now, disabled_at)
            if epoch is not None:
                client = self._clients[client_id]
                self._clients[client_id] = replace(client, version=client.version - 1)
            return epoch


class TestSearchInOneCase(MemoryContract):
    caught_by = "beginning_of_the_name"

    class Clients(MemoryClientStore):
        def search(self, owner=None, prefix=None, **kwargs):
            page = super().search(owner, prefix, **kwargs)
            kept = [c for c in page.items if (c.client_name or "").startswith(prefix or "")]
            return replace(page, items=tuple(kept))


class TestSearchSkipsEqualNames(MemoryContract):
    caught_by = "equal_keys"

    class Clients(MemoryClientStore):
        def search(self, *args, cursor=None, **kwargs):
            page = super().search(*args, cursor=cursor, **kwargs)
            return page if cursor is None else replace(page, items=(), cursor=None)


class TestEmptyListsBecomeNone(MemoryContract):
    caught_by = "client_is_kept"

    class Clients(MemoryClientStore):
        def add(self, client: Client):
            super().add(replace(client, jwks=client.jwks or None))


class TestConsentIsOverwritten(MemoryContract):
    caught_by = "consent_is"

    class Consents(MemoryConsentStore):
        def put(self, consent, version):
            known = self.get(consent.subject, consent.client_id)
            return super().put(consent, known.version if known else None)


class TestConsentsAreNeverPurged(MemoryContract):
    caught_by = "leak_of_consents or purged"

    class Consents(MemoryConsentStore):
        def purge(self, now, limit=1000):
            return Purged(0, more=False)


class TestConsentsAreReadThenWritten(MemoryContract):
    caught_by = "race_to_put_a_consent"

    class Consents(MemoryConsentStore):
        def put(self, consent, version):
            known = self.get(consent.subject, consent.client_id)
            time.sleep(PAUSE)
            if version != (known and known.version):
                return False
            kept = replace(consent, version=0 if version is None else version + 1)
            self._consents[consent.subject, consent.client_id] = kept
            return True


class TestClientsAreReadThenWritten(MemoryContract):
    caught_by = "race_to_edit"

    class Clients(MemoryClientStore):
        def edit(self, client_id, version, changes):
            client = self.get(client_id)
            time.sleep(PAUSE)
            if client.version != version:
                return False
            self._clients[client_id] = replace(client, version=version + 1, **changes)
            return True


class TestRegisteredTwice(MemoryContract):
    caught_by = "race_to_register"

    class Clients(MemoryClientStore):
        def add(self, client):
            known = client.client_id in self._clients
            time.sleep(PAUSE)
            if known:
                raise DuplicateRecord("known")
            self._clients[client.client_id] = client


class TestEpochIsLost(MemoryContract):
    caught_by = "race_to_raise_the_epoch"

    class Clients(MemoryClientStore):
        def raise_epoch(self, client_id, now, disabled_at=None):
            epoch = self.get(client_id).epoch
            time.sleep(PAUSE)
            super().raise_epoch(client_id, now, disabled_at)
            return epoch + 1


class TestConsentLosesItsData(MemoryContract):
    caught_by = "consent_is_kept"

    class Consents(MemoryConsentStore):
        def put(self, consent, version):
            return super().put(replace(consent, data=consent.data.strip()), version)


class TestEntryIsOverwritten(MemoryContract):
    caught_by = "entry_is"

    class Entries(MemoryEntryStore):
        def put(self, entry, version):
            known = self.get(entry.namespace, entry.key)
            return super().put(entry, known.version if known else None)


class TestEntriesAreReadThenWritten(MemoryContract):
    caught_by = "race_to_make_the_next_entry"

    class Entries(MemoryEntryStore):
        def put(self, entry, version):
            known = self.get(entry.namespace, entry.key)
            time.sleep(PAUSE)
            if version != (known and known.version):
                return False
            kept = replace(entry, version=0 if version is None else version + 1)
            self._entries[entry.namespace, entry.key] = kept
            return True


class TestEntryIsDeletedAtAnyVersion(MemoryContract):
    caught_by = "entry_is_deleted"

    class Entries(MemoryEntryStore):
        def delete(self, namespace, key, version=None):
            return super().delete(namespace, key)


class TestEntriesAreDeletedTwice(MemoryContract):
    caught_by = "race_to_delete_an_entry"

    class Entries(MemoryEntryStore):
        def delete(self, namespace, key, version=None):
            known = self.get(namespace, key)
            time.sleep(PAUSE)
            super().delete(namespace, key, version)
            return known is not None


class TestEntriesAreNeverPurged(MemoryContract):
    caught_by = "leak_of_entries or purged"

    class Entries(MemoryEntryStore):
        def purge(self, now, limit=1000):
            return Purged(0, more=False)


class TestEntriesWithoutAnEndArePurged(MemoryContract):
    caught_by = "never_purged"

    class Entries(MemoryEntryStore):
        def purge(self, now, limit=1000):
            never = [entry for entry in self._entries.values() if entry.expires_at is None]
            for entry in never:
                del self._entries[entry.namespace, entry.key]
            return super().purge(now, limit)


class ByFirstOwner(MemoryEntryStore):
    """Lists an entry for the owner with whom it was inserted."""

    def __init__(self):
        super().__init__()
        self.owners = {}

    def put(self, entry, version):
        if version is None:
            self.owners[entry.namespace, entry.key] = entry.owner
        return super().put(entry, version)

    def list(self, namespace=None, owner=None, cursor=None, limit=50):
        if owner is None:
            return super().list(namespace, owner, cursor, limit)
        found = [self._entries.get(place) for place, of in self.owners.items() if of == owner]
        return Page(tuple(e for e in found if e and namespace in (None, e.namespace)))


class TestEntriesStayWithTheirFirstOwner(MemoryContract):
    caught_by = "owner_that_they_have_now"
    Entries = ByFirstOwner


class TestListingOfDeletedEntriesGrows(MemoryContract):
    caught_by = "leak_of_entries"
    Entries = ByFirstOwner

    def count_records(self, backend):
        return super().count_records(backend) + len(backend.entries.owners)


class TestEntriesOfOneOwnerInAnyNamespace(MemoryContract):
    caught_by = "entries_are_listed"

    class Entries(MemoryEntryStore):
        def list(self, namespace=None, owner=None, cursor=None, limit=50):
            return super().list(None if owner else namespace, owner, cursor, limit)


class TestCopyOverwritesEntries(MemoryContract):
    caught_by = "left_by_a_copy"

    class Entries(MemoryEntryStore):
        def import_(self, records):
            return sum(self._replaced(entry) for entry in records)

        def _replaced(self, entry):
            known = (entry.namespace, entry.key) in self._entries
            self._entries[entry.namespace, entry.key] = entry
            return not known


class LenientCursors(MemoryClientStore):
    def search(self, owner=None, prefix=None, sort="client_name", cursor=None, limit=50):
        cursor = cursor and cursor.strip(" !")
        return super().search(owner, prefix, sort, cursor, limit)


class TestCursorsAreReadLeniently(MemoryContract):
    caught_by = "cursor_of_clients_that_somebody_spoilt"
    Clients = LenientCursors


class ImportsOnce:
    """A store of which a call of ``import_`` may name each record once."""

    def import_(self, records):
        records = list(records)
        if any(record in records[:number] for number, record in enumerate(records)):
            raise DuplicateRecord("twice")
        return super().import_(records)


class TestCopyOfAGrantTwiceFails(MemoryContract):
    caught_by = "copy_twice"

    class Grants(ImportsOnce, MemoryGrantStore):
        pass


class TestCopyOfAClientTwiceFails(MemoryContract):
    caught_by = "client_copy_into_a_fresh_store"

    class Clients(ImportsOnce, MemoryClientStore):
        pass


class TestCopyOfAConsentTwiceFails(MemoryContract):
    caught_by = "consents_are_copied"

    class Consents(ImportsOnce, MemoryConsentStore):
        pass


class TestCopyOfAnEntryTwiceFails(MemoryContract):
    caught_by = "entries_are_copied"

    class Entries(ImportsOnce, MemoryEntryStore):
        pass


class TestSearchReadsOnePageOfAllOwners(MemoryContract):
    caught_by = "search_by_owner_and_name"

    class Clients(MemoryClientStore):
        def search(self, owner=None, prefix=None, sort="client_name", cursor=None, limit=50):
            if owner is None or prefix is None:
                return super().search(owner, prefix, sort, cursor, limit)
            page = super().search(None, prefix, sort, cursor, limit)
            found = tuple(client for client in page.items if client.owner == owner)
            return Page(found, page.cursor if len(found) == limit else None)


class TestClosedForGood(MemoryContract):
    caught_by = "closed_backend"

    def make_backend(self):
        backend = super().make_backend()
        backend.close = lambda: vars(backend.grants).clear()
        return backend
