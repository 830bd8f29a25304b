"""Copying a store into another, and finding their differences."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from pyramid_oauth2.backends.contract.factories import (
    HOUR,
    NOW,
    new_answer,
    new_attempt,
    new_client,
    new_consent,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.protocol.listings import every
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, Client, ClientSecret, Outcome
from pyramid_oauth2.scripts import copying
from pyramid_oauth2.scripts.copying import compare_stores, copy_store
from pyramid_oauth2.scripts.exported import kind_of
from pyramid_oauth2.service import ROLES
from tests.backends.sqlite_databases import new_backend

RECORDS = {
    "clients": {"client": 2, "tombstone": 1},
    "consents": {"consent": 2},
    "grants": {
        "grant": 2,
        "authorization_code": 2,
        "refresh_token": 2,
        "access_token": 1,
        "reservation": 1,
    },
    "entries": {"entry": 3},
}
SECRET = ClientSecret(new_digest(), "sha256", NOW)


def fill(stores):
    """Put records of every kind into the stores."""
    stores.clients.add(new_client(client_secrets=(replace(SECRET, scheme="argon2id"),)))
    stores.clients.add(new_client(extra={"a": [1.5]}, scope=frozenset({"read", "write"})))
    stores.clients.add(new_client(client_id="gone"))
    stores.clients.delete("gone", NOW)
    for subject in ("alice", "bøb"):
        stores.consents.put(new_consent(subject=subject, data=b"\x00\xff"), None)
        stores.entries.put(new_entry(key=subject, owner=subject, data=b"\x00\xff"), None)
        grant = new_grant(subject=subject, resources=("urn:a",))
        code = new_token(AUTHORIZATION_CODE, grant, data=b"\x00\xff")
        stores.grants.open(grant, [code], NOW)
        fruit = [new_token(grant=grant, parent=code.digest)]
        stores.grants.redeem(code, NOW, new_attempt(), fruit, sealed_answer=new_answer())
    stores.entries.put(new_entry(key="no end", expires_at=None), None)
    stores.grants.revoke_grant(grant.id, NOW, "withdrawn")
    stores.grants.open(None, [new_token("access_token")], NOW)
    stores.grants.reserve("jti", new_digest(), NOW + HOUR, NOW)


def nothing(number):
    """Show no progress."""


def compare(old, new, now=NOW, role="grants", records=0):
    stores = getattr(old, role), getattr(new, role)
    return compare_stores(*stores, records, lambda: now, nothing)


@pytest.fixture
def old():
    backend = MemoryBackend()
    fill(backend)
    return backend


@pytest.fixture(params=["memory", "sqlite"])
def new(request, tmp_path):
    backend = MemoryBackend() if request.param == "memory" else new_backend(tmp_path / "new.sqlite")
    yield backend
    backend.close()


@pytest.mark.parametrize("role", ROLES)
class TestCopying:
    def test_everything_is_counted_and_there(self, old, new, role):
        counts = []
        copied = copy_store(getattr(old, role), getattr(new, role), counts.append)
        assert copied.read == RECORDS[role]
        assert copied.new == sum(counts) == sum(RECORDS[role].values())
        comparison = compare(old, new, role=role)
        assert comparison.missing.count == comparison.different.count == 0

    def test_it_goes_on_where_it_was_stopped(self, old, new, role, monkeypatch):
        monkeypatch.setattr(copying, "BATCH", 1)
        batches = count()

        def stop(number):
            if next(batches):
                raise KeyboardInterrupt

        stores = getattr(old, role), getattr(new, role)
        with pytest.raises(KeyboardInterrupt):
            copy_store(*stores, stop)
        assert len(list(every(stores[1].export))) == 2
        assert copy_store(*stores, nothing).new == sum(RECORDS[role].values()) - 2
        assert copy_store(*stores, nothing).new == 0


@pytest.mark.usefixtures("most_at_once")
class TestComparing:
    @pytest.fixture(params=[1, 1_000_000])
    def most_at_once(self, request, monkeypatch):
        """Hold everything in memory, or read both stores several times."""
        monkeypatch.setattr(copying, "MOST_AT_ONCE", request.param)

    @pytest.mark.parametrize(
        ("role", "kind", "changes", "name"),
        [
            ("clients", "client", {"epoch": 7}, "client "),
            ("clients", "client", {"client_secrets": (SECRET,)}, "client "),
            ("entries", "entry", {"data": b"x"}, "entry in feature"),
            ("consents", "consent", {"scope": frozenset()}, "consent of alice to client"),
            ("grants", "grant", {"revoked_at": NOW + 1}, "grant "),
            ("grants", "authorization_code", {"consumed_at": None}, "authorization_code of "),
            ("grants", "access_token", {"expires_at": NOW + 1}, "access_token of "),
            ("grants", "refresh_token", {"parent": None}, "refresh_token of "),
            ("grants", "reservation", {"expires_at": NOW + 1}, "reservation in jti"),
        ],
    )
    def test_what_is_different(self, old, new, role, kind, changes, name):
        store = getattr(new, role)
        record = next(r for r in every(getattr(old, role).export) if kind_of(r) == kind)
        assert store.import_([replace(record, **changes)]) == 1
        copied = copy_store(getattr(old, role), store, nothing)
        comparison = compare(old, new, role=role, records=copied.read.total())
        assert (comparison.missing.count, comparison.different.count) == (0, 1)
        assert comparison.different.examples[0].startswith(name)

    def test_a_deleted_client_that_is_there(self, old, new):
        new.clients.add(Client("gone"))
        copy_store(old.clients, new.clients, nothing)
        comparison = compare(old, new, role="clients")
        assert comparison.different.examples == ["tombstone gone"]

    def test_what_is_missing(self, old, new):
        comparison = compare(old, new, records=8)
        assert (comparison.missing.count, comparison.different.count) == (8, 0)
        assert len(comparison.missing.examples) == 8

    def test_what_only_the_new_store_has(self, old, new):
        copy_store(old.consents, new.consents, nothing)
        new.consents.put(new_consent(subject="carol"), None)
        comparison = compare(old, new, role="consents", records=2)
        assert comparison.extra.examples == ["consent of carol to client"]
        assert (comparison.missing.count, comparison.different.count) == (0, 0)

    def test_of_many_some_are_named(self, new):
        full = MemoryBackend()
        full.grants.open(None, [new_token() for _ in range(25)], NOW)
        comparison = compare(full, new)
        assert (comparison.missing.count, len(comparison.missing.examples)) == (25, 10)


class TestTime:
    def test_what_only_the_new_store_has_until_it_ends(self, old, new):
        copy_store(old.grants, new.grants, nothing)
        new.grants.open(None, [new_token()], NOW)
        assert compare(old, new, NOW + HOUR - 1).extra.count == 1
        assert compare(old, new, NOW + HOUR).extra.count == 0

    def test_what_has_ended_need_not_be_there(self, old, new):
        assert compare(old, new, NOW + HOUR - 1).missing.count == 8
        assert compare(old, new, NOW + HOUR).missing.count == 0

    def test_a_client_never_ends(self, old, new):
        assert compare(old, new, 2 * NOW, "clients").missing.count == 3

    def test_a_spent_code_is_needed_as_long_as_its_grant(self, old, new):
        grant = new_grant()
        code = new_token(AUTHORIZATION_CODE, grant, expires_at=NOW + 60)
        old.grants.open(grant, [code], NOW)
        old.grants.redeem(code, NOW, new_attempt(), [])
        copied = [r for r in every(old.grants.export) if getattr(r, "digest", None) != code.digest]
        new.grants.import_(copied)
        assert compare(old, new, NOW + HOUR - 1).missing.count == 1
        assert compare(old, new, NOW + HOUR).missing.count == 0

    def test_a_sealed_answer_that_was_dropped_is_no_difference(self, old, new):
        new.grants.import_(
            replace(r, sealed_answer=None) if hasattr(r, "sealed_answer") else r
            for r in every(old.grants.export)
        )
        assert compare(old, new).different.count == 0


def test_a_spent_code_is_still_spent(old, new):
    copy_store(old.grants, new.grants, nothing)
    for record in every(old.grants.export):
        if kind_of(record) == AUTHORIZATION_CODE:
            outcome = new.grants.redeem(record, NOW, new_attempt(), []).outcome
            assert outcome in (Outcome.CONSUMED, Outcome.DEAD)
