"""Which key signs at each moment, and which are published (RFC 7517 section 5)."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from pyramid_oauth2.jose.algorithms import ALGORITHMS
from pyramid_oauth2.jose.public_keys import PRIVATE_MEMBERS, KeySet
from pyramid_oauth2.jose.signing import PrivateKey
from pyramid_oauth2.keys.schedule import DAY, MINUTE, Schedule
from pyramid_oauth2.protocol.records import StoreUnavailable

from .rings import NOW, World

ROTATION, ANNOUNCED = Schedule().rotation, Schedule().announced


def kids(ring):
    return [key["kid"] for key in ring.published()]


def test_a_key_is_made_when_the_first_jwt_is_signed():
    world = World()
    ring = world.ring()
    assert kids(ring) == []
    assert world.names() == []
    kid = ring.key_for("ES256")
    assert kids(ring) == [kid]
    assert world.names() == ["ES256.1"]
    assert ring.key_for("ES256") == kid


def test_each_algorithm_has_its_own_keys():
    world = World()
    ring = world.ring()
    made = {name: ring.key_for(name) for name in ("ES256", "RS256", "Ed25519")}
    published = {key["kid"]: key["alg"] for key in ring.published()}
    assert published == {kid: name for name, kid in made.items()}


@pytest.mark.parametrize("algorithm", ["ES256", "RS256", "PS256", "Ed25519", "EdDSA"])
def test_another_process_signs_by_the_same_key(algorithm):
    world = World()
    first, second = world.ring(), world.ring()
    kid = first.key_for(algorithm)
    assert second.key_for(algorithm) == kid
    (key,) = KeySet.of(second.published()).keys
    assert key.verifies(algorithm, b"data", second.sign(b"data", kid, algorithm))
    assert not key.verifies(algorithm, b"other", second.sign(b"data", kid, algorithm))


def test_the_first_key_is_published_at_once_by_every_process():
    """Nothing was announced: an API fetches the set when the first JWT is there."""
    world = World()
    first, second = world.ring(), world.ring()
    assert kids(second) == []
    kid = first.key_for("ES256")
    assert kids(second) == [kid]


def test_an_empty_ring_is_not_published_while_another_thread_reads():
    world = World()
    ring = world.ring()
    assert kids(ring) == []
    kid = world.ring().key_for("ES256")
    read, begun, go_on = world.store.list, threading.Event(), threading.Event()

    def slow(*arguments, **options):
        begun.set()
        assert go_on.wait(10)
        return read(*arguments, **options)

    world.store.list = slow
    with ThreadPoolExecutor(2) as pool:
        reading = pool.submit(kids, ring)
        assert begun.wait(10)
        published = pool.submit(kids, ring)
        assert not wait([published], timeout=0.1).done
        go_on.set()
        assert reading.result() == published.result() == [kid]


def test_what_is_published_is_public():
    ring = World().ring()
    ring.key_for("ES256")
    ring.key_for("RS256")
    for key in ring.published():
        assert not PRIVATE_MEMBERS & key.keys()
        assert key["use"] == "sig"


def test_the_store_is_read_twice_a_minute():
    world = World()
    ring = world.ring()
    ring.key_for("ES256")
    world.reads = 0
    for _ in range(1000):
        ring.key_for("ES256")
        ring.published()
        ring.is_revoked("other")
        world.now += 0.07
    assert world.reads == 2


class TestRevocation:
    def test_another_key_signs_at_once(self):
        world = World()
        ring = world.ring()
        kid = ring.key_for("ES256")
        assert world.rotation().revoke(kid, world.now)
        world.now += 30
        other = ring.key_for("ES256")
        assert other != kid
        assert kids(ring) == [other]
        assert ring.is_revoked(kid)
        assert not ring.is_revoked(other)
        assert not ring.is_revoked("unknown")

    def test_the_announced_key_signs_at_once(self):
        world = World()
        ring = world.ring()
        first = ring.key_for("ES256")
        world.now = NOW + ROTATION - ANNOUNCED
        ring.key_for("ES256")
        (second,) = set(kids(ring)) - {first}
        world.rotation().revoke(first, world.now)
        world.now += 30
        assert ring.key_for("ES256") == second
        assert world.names() == ["ES256.1", "ES256.2"]

    def test_a_key_that_is_gone_does_not_come_back(self):
        world = World()
        ring = world.ring()
        first = ring.key_for("ES256")
        world.now = NOW + ROTATION - ANNOUNCED
        ring.key_for("ES256")
        world.now = NOW + ROTATION + world.schedule.kept
        second = ring.key_for("ES256")
        assert world.rotation().revoke(second, world.now)
        world.now += 30
        assert ring.key_for("ES256") not in (first, second)
        assert len(kids(ring)) == 1

    def test_it_is_known_for_as_long_as_what_it_signed_lives(self):
        world = World()
        ring = world.ring()
        kid = ring.key_for("ES256")
        world.rotation().revoke(kid, world.now)
        world.now += world.schedule.kept
        assert ring.is_revoked(kid)

    def test_what_is_gone_is_cleared(self):
        world = World(schedule=Schedule(recognised=99 * DAY))
        rotation = world.rotation()
        ring = rotation.make("ES256", rotation.read(), NOW)
        second = rotation.make("ES256", ring, NOW).keys[-1]
        first, _ = rotation.revoke(second.kid, NOW + 30 * DAY).keys[:2]
        assert (first.generation, first.sealed) == (1, b"")

    def test_a_key_that_others_change_at_each_try(self):
        world = World()
        kid = world.ring().key_for("ES256")
        world.store.put = lambda entry, version: False
        with pytest.raises(StoreUnavailable, match="the key could not be changed"):
            world.rotation().revoke(kid, NOW)

    def test_a_key_that_nothing_knows(self):
        assert World().rotation().revoke("unknown", NOW) is None

    def test_a_key_may_be_revoked_twice(self):
        world = World()
        kid = world.ring().key_for("ES256")
        world.rotation().revoke(kid, NOW)
        ring = world.rotation().revoke(kid, NOW + 60)
        assert ring is not None
        assert {key.revoked_at for key in ring.keys} == {NOW, None}


class TestStores:
    def test_a_store_that_is_away_leaves_the_keys_that_are_known(self):
        world = World()
        ring = world.ring()
        kid = ring.key_for("ES256")
        world.away = True
        world.now += MINUTE
        assert ring.key_for("ES256") == kid
        assert kids(ring) == [kid]
        assert ring.sign(b"data", kid, "ES256")

    def test_without_a_key_nothing_is_signed(self):
        world = World()
        world.away = True
        with pytest.raises(StoreUnavailable):
            world.ring().key_for("ES256")

    def test_a_record_of_a_later_version_is_left_alone(self):
        world = World()
        ring = world.ring()
        ring.key_for("ES256")
        (entry,) = world.store.list(namespace="signing_keys").items
        world.store.put(replace(entry, key="ES256.7", data=b"[]"), None)
        world.now += 30
        assert len(kids(ring)) == 1


def test_threads_make_one_first_key():
    world = World()
    ring, made = world.ring(), set()
    threads = [threading.Thread(target=lambda: made.add(ring.key_for("ES256"))) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert world.names() == ["ES256.1"]


def test_threads_make_the_first_keys_of_all_algorithms_at_once(monkeypatch):
    """Also where the making takes so long that each waits for all the others."""
    world, made = World(), PrivateKey.made
    ring, line = world.ring(), threading.Barrier(len(ALGORITHMS))

    def slowly(cls, name):
        time.sleep(0.05)
        return made(name)

    def sign(name):
        line.wait(10)
        return ring.sign(b"data", ring.key_for(name), name)

    monkeypatch.setattr(PrivateKey, "made", classmethod(slowly))
    with ThreadPoolExecutor(len(ALGORITHMS)) as pool:
        assert all(pool.map(sign, ALGORITHMS))
    assert world.names() == sorted(f"{name}.1" for name in ALGORITHMS)


def test_the_fields_of_the_schedule_can_be_scaled():
    scaled = Schedule().scaled(0.5)
    assert (scaled.rotation, scaled.max_age, scaled.kept) == (
        ROTATION / 2,
        Schedule().max_age / 2,
        Schedule().kept / 2,
    )


class TestRefusedWrites:
    """A ring that was read counts, also where the next key cannot be made."""

    class ReadOnly:
        def __init__(self, store):
            self._store = store

        def __getattr__(self, name):
            if name in ("put", "delete"):
                raise StoreUnavailable("Reading only.")
            return getattr(self._store, name)

    def test_what_is_known_goes_on(self):
        world = World()
        kid = world.ring().key_for("ES256")
        world.now = NOW + ROTATION
        world.store = self.ReadOnly(world.store)
        ring = world.ring()
        assert ring.key_for("ES256") == kid
        assert kids(ring) == [kid]

    def test_a_revocation_is_seen(self):
        world = World()
        ring = world.ring()
        kid = ring.key_for("ES256")
        writable, world.store = world.store, self.ReadOnly(world.store)
        world.now = NOW + ROTATION
        ring.key_for("ES256")
        World(writable).rotation().revoke(kid, world.now)
        world.now += 30
        assert ring.is_revoked(kid)


def test_no_name_of_a_key_looks_like_an_option(monkeypatch):
    names = iter(["-a", "-b", "c"])
    made = PrivateKey.made("ES256")
    monkeypatch.setattr(PrivateKey, "of", lambda *_: replace(made, kid=next(names)))
    assert PrivateKey.made("ES256").kid == "c"
