"""Entries on Redis: how long their keys live, and what happens between two commands."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from pyramid_oauth2.backends.contract.factories import HOUR, MINUTE, every, new_entry
from pyramid_oauth2.backends.redis import entries as module
from pyramid_oauth2.backends.redis.key_names import (
    entries_in_namespace,
    entries_of_owner,
    entry_key,
)

from .redis_contract import flush, open_backend, raw_keys, raw_nodes
from .test_redis_key_names import SLACK, SPARE, left

DAY = 24 * HOUR


@pytest.fixture
def backend(redis_url):
    backend = open_backend(redis_url)
    flush(backend)
    yield backend
    backend.close()


@pytest.fixture
def entries(backend):
    return backend.entries


@pytest.fixture
def raw(backend):
    (client,) = raw_nodes(backend)
    return client


@pytest.fixture
def now(monkeypatch):
    """A clock that the test moves; at first the clock of the server."""

    class Clock:
        now = int(time.time())

        def time(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def key_of(entry):
    return entry_key(entry.namespace, entry.key)


def assert_left(raw, key, seconds):
    if seconds is None:
        assert left(raw, key) is None
    else:
        assert seconds + SPARE - SLACK < left(raw, key) <= seconds + SPARE


def test_life_of_an_entry_and_of_its_indexes(entries, raw, now):
    indexes = entries_in_namespace("feature"), entries_of_owner("alice")
    short = new_entry(owner="alice", expires_at=now.now + MINUTE)
    assert entries.put(short, None)
    for key in (key_of(short), *indexes):
        assert_left(raw, key, MINUTE)
    longer = new_entry(owner="alice", expires_at=now.now + DAY)
    assert entries.put(longer, None)
    for key in (key_of(longer), *indexes):
        assert_left(raw, key, DAY)
    endless = new_entry(owner="alice", expires_at=None)
    assert entries.put(endless, None)
    for key in (key_of(endless), *indexes):
        assert_left(raw, key, None)
    assert_left(raw, key_of(short), MINUTE)
    # What stays decides, not the way in which the last one goes.
    assert entries.delete(endless.namespace, endless.key)
    for key in indexes:
        assert_left(raw, key, DAY)
    assert entries.put(replace(longer, expires_at=now.now + HOUR), 0)
    for key in (key_of(longer), *indexes):
        assert_left(raw, key, HOUR)
    assert entries.put(replace(longer, owner="bob", expires_at=None), 1)
    assert_left(raw, entries_of_owner("alice"), MINUTE)
    for key in (key_of(longer), entries_of_owner("bob"), entries_in_namespace("feature")):
        assert_left(raw, key, None)


def test_life_of_an_entry_that_gets_an_end(entries, raw, now):
    entry = new_entry(expires_at=None)
    assert entries.put(entry, None)
    assert entries.put(replace(entry, expires_at=now.now + HOUR), 0)
    for key in (key_of(entry), entries_in_namespace("feature")):
        assert_left(raw, key, HOUR)


def test_no_index_grows_with_what_has_ended(entries, raw, now):
    """A long-lived entry keeps both indexes, and a short one is added every minute."""
    assert entries.put(new_entry(owner="alice", expires_at=None), None)
    for _ in range(50):
        now.now += MINUTE
        assert entries.put(new_entry(owner="alice", expires_at=now.now + MINUTE), None)
    for index in entries_in_namespace("feature"), entries_of_owner("alice"):
        assert raw.zcard(index) <= 3 + SPARE // MINUTE


def test_an_entry_is_listed_for_as_long_as_it_is_kept(entries, now):
    """The clock of another process may be some minutes behind."""
    entry = new_entry(owner="alice", expires_at=now.now)
    assert entries.put(entry, None)
    now.now += SPARE - 1
    assert entries.put(new_entry(owner="alice", expires_at=None), None)
    assert entry in set(every(entries.list, owner="alice"))
    now.now += 1
    assert entries.put(new_entry(owner="alice", expires_at=None), None)
    assert entry not in set(every(entries.list, owner="alice"))


def test_an_index_that_names_what_is_gone(entries, raw):
    """The server removed the entry at its end, and another owner has one with its name."""
    entry = new_entry(owner="alice")
    assert entries.put(entry, None)
    raw.delete(key_of(entry))
    assert list(every(entries.list, owner="alice")) == []
    assert list(every(entries.list, namespace="feature")) == []
    again = replace(entry, owner="bob")
    assert entries.put(again, None)
    assert list(every(entries.list, owner="alice")) == []
    assert list(every(entries.list, owner="bob")) == [again]


@pytest.mark.parametrize("operation", ["put", "delete"])
def test_another_owner_at_the_same_version(entries, backend, monkeypatch, operation):
    """Deleted and inserted again between the read and the write: no index keeps its name."""
    entry = new_entry(owner="alice")
    assert entries.put(entry, None)
    reads = []

    def get(namespace, key):
        found = type(entries).get(entries, namespace, key)
        reads.append(found)
        if len(reads) == 1:
            other = open_backend_like(backend)
            assert other.delete(namespace, key)
            assert other.put(replace(entry, owner="bob"), None)
        return found

    monkeypatch.setattr(entries, "get", get)
    if operation == "put":
        assert entries.put(replace(entry, owner="carol"), 0) is True
    else:
        assert entries.delete(entry.namespace, entry.key, 0) is True
    assert [found.owner for found in reads] == ["alice", "bob"]
    keys = {key for _, key in raw_keys(backend)}
    for owner in ("alice", "bob"):
        assert entries_of_owner(owner).encode() not in keys


def open_backend_like(backend):
    return type(backend.entries)(backend._server)


def test_what_a_later_version_added_is_passed_over(entries, raw):
    entry = new_entry(owner="alice", data=b"\n \x00")
    assert entries.put(entry, None)
    raw.set(key_of(entry), raw.get(key_of(entry)).replace(b"\n", b" later\n", 1))
    assert entries.get(entry.namespace, entry.key) == entry
    assert entries.put(entry, 0) is True


def test_entries_are_not_in_the_other_stores(backend, entries):
    entry = new_entry(owner="alice")
    assert entries.put(entry, None)
    assert backend.grants.export().items == backend.consents.export().items == ()
    assert backend.clients.export().items == ()
    while backend.grants.purge(entry.expires_at).more:
        pass
    while backend.consents.purge(entry.expires_at).more:
        pass
    assert entries.get(entry.namespace, entry.key) == entry
    assert list(every(entries.list, owner="alice")) == [entry]
