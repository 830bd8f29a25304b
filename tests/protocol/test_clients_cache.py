"""Clients are cached for a moment, but never longer than until this process changes them."""

from __future__ import annotations

import pytest
from zope.interface.verify import verifyObject

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.interfaces import IClientStore
from pyramid_oauth2.protocol.clients import cache as client_cache
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.records import Client

from .worlds import Clock


class Counting:
    """A store that counts its reads, and may call a function within one."""

    def __init__(self) -> None:
        self.store = MemoryBackend().clients
        self.reads = 0
        self.within = lambda: None

    def get(self, client_id):
        self.reads += 1
        found = self.store.get(client_id)
        self.within()
        return found

    def __getattr__(self, name):
        return getattr(self.store, name)


@pytest.fixture
def store():
    store = Counting()
    store.store.add(Client("robot"))
    return store


@pytest.fixture
def clock():
    return Clock(100)


@pytest.fixture
def cache(store, clock):
    return ClientCache(store, 2, clock)


def test_it_is_a_client_store(cache):
    assert verifyObject(IClientStore, cache)


def test_a_client_is_read_once_in_its_lifetime(cache, store, clock):
    cache.get("robot")
    clock.now = 101.9
    assert cache.get("robot") == Client("robot")
    assert store.reads == 1


def test_and_again_when_that_has_passed(cache, store, clock):
    cache.get("robot")
    store.store.raise_epoch("robot", 1)
    clock.now = 102
    assert cache.get("robot").epoch == 1
    assert store.reads == 2


def test_a_clock_that_goes_back_makes_nothing_last_longer(cache, store, clock):
    cache.get("robot")
    clock.now = 50
    cache.get("robot")
    assert store.reads == 2


def test_a_lifetime_of_nothing_reads_every_time(store, clock):
    cache = ClientCache(store, 0, clock)
    cache.get("robot")
    cache.get("robot")
    assert store.reads == 2


def test_whoever_would_refuse_it_is_shown_what_changed_meanwhile(cache, store):
    before = cache.get("robot")
    store.store.raise_epoch("robot", 1)
    assert [client.epoch for client in cache.readings("robot")] == [0, 1]
    assert cache.get("robot") != before, "and that is remembered"


def test_and_that_it_was_deleted_meanwhile(cache, store):
    before = cache.get("robot")
    store.store.delete("robot", 1)
    assert list(cache.readings("robot")) == [before, None]


@pytest.mark.parametrize("client_id", ["robot", "unknown"])
@pytest.mark.parametrize("remembered", [False, True])
def test_both_readings_read_the_store_once(cache, store, client_id, remembered):
    """The time of a refusal must reveal nothing."""
    if remembered:
        cache.get(client_id)
    store.reads = 0
    assert list(cache.readings(client_id)) == [store.store.get(client_id)]
    assert store.reads == 1


def test_an_unknown_client_is_never_remembered(cache, store):
    assert cache.get("later") is None
    store.store.add(Client("later"))
    assert cache.get("later") == Client("later")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda cache: cache.edit("robot", 0, {"client_name": "x"}), id="edit"),
        pytest.param(lambda cache: cache.raise_epoch("robot", 1), id="raise_epoch"),
        pytest.param(lambda cache: cache.delete("robot", 1), id="delete"),
    ],
)
def test_a_change_of_ones_own_is_seen_at_once(cache, store, change):
    before = cache.get("robot")
    assert change(cache)
    assert cache.get("robot") != before
    assert cache.get("robot") == store.store.get("robot")


def test_a_change_that_failed_is_looked_at_again(cache, store):
    """It may have been written nevertheless, with only the response lost."""
    cache.get("robot")

    def lose_the_answer(client_id, now, disabled_at=None):
        store.store.raise_epoch(client_id, now)
        raise ConnectionError

    store.raise_epoch = lose_the_answer
    with pytest.raises(ConnectionError):
        cache.raise_epoch("robot", 1)
    assert cache.get("robot").epoch == 1


def test_a_read_that_a_change_overtook_is_not_kept(cache, store):
    def change():
        store.within = lambda: None
        cache.raise_epoch("robot", 1)

    store.within = change
    assert cache.get("robot").epoch == 0, "the read came first"
    assert cache.get("robot").epoch == 1, "but is not remembered"


def test_memory_is_bounded(cache, store, monkeypatch):
    monkeypatch.setattr(client_cache, "MAX_CLIENTS", 10)
    for number in range(50):
        cache.add(Client(f"c{number}"))
        cache.get(f"c{number}")
    assert len(cache._known) <= 10


def test_the_rest_is_the_stores(cache, store):
    cache.add(Client("more"))
    assert {client.client_id for client in cache.search().items} == {"robot", "more"}
    assert len(cache.export().items) == 2
    assert cache.import_([Client("imported")]) == 1
    assert store.store.get("imported") is not None
