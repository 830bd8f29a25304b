"""Which key signs at each moment, and which are published (RFC 7517 section 5)."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace

import pytest

from pyramid_oauth2.jose.algorithms import ALGORITHMS
from pyramid_oauth2.jose.public_keys import PRIVATE_MEMBERS, KeySet
from pyramid_oauth2.jose.signing import PrivateKey
from pyramid_oauth2.keys.schedule import DAY, MINUTE, Schedule
from pyramid_oauth2.protocol.records import Entry, StoreUnavailable
from pyramid_oauth2.startup_error import StartupError

from .rings import NOW, OTHER_SECRET, SECRET, World

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


class TestRotation:
    def test_the_next_key_is_published_a_day_before_it_signs(self):
        world = World()
        ring = world.ring()
        first = ring.key_for("ES256")
        world.now = NOW + ROTATION - ANNOUNCED - 1
        ring.key_for("ES256")
        assert kids(ring) == [first]
        world.now = NOW + ROTATION - ANNOUNCED + 30
        assert ring.key_for("ES256") == first
        assert len(kids(ring)) == 2
        second = kids(ring)[1]
        world.now = NOW + ROTATION - 1
        assert ring.key_for("ES256") == first
        world.now = NOW + ROTATION + 30
        assert ring.key_for("ES256") == second

    def test_a_key_stays_published_until_everything_that_it_signed_has_ended(self):
        world = World()
        ring = world.ring()
        first = ring.key_for("ES256")
        world.now = NOW + ROTATION - ANNOUNCED
        ring.key_for("ES256")
        world.now = NOW + ROTATION + world.schedule.kept - 1
        assert first in kids(ring)
        world.now = NOW + ROTATION + world.schedule.kept
        ring.key_for("ES256")
        assert first not in kids(ring)

    def test_a_key_that_is_gone_is_removed_when_the_next_one_is_made(self):
        world = World()
        ring = world.ring()
        for _ in range(400):
            ring.key_for("ES256")
            world.now += DAY
        assert len(world.names()) <= 2
        assert world.names()[-1] == "ES256.5"

    def test_a_key_that_is_made_before_its_time_signs_once_it_was_published_for_a_day(self):
        world = World()
        ring = world.ring()
        first = ring.key_for("ES256")
        world.now = NOW + DAY
        rotation = world.rotation()
        made = rotation.make("ES256", rotation.read(), world.now).of("ES256")[-1]
        assert made.active_from == world.now + ANNOUNCED
        world.now += ANNOUNCED - 1
        assert ring.key_for("ES256") == first
        world.now += 31
        assert ring.key_for("ES256") == made.kid

    def test_keys_that_are_always_made_before_their_time_are_cleared_too(self):
        """As where an operator calls 'keys rotate' each month: none is ever due."""
        world = World()
        world.ring().key_for("ES256")
        for _ in range(5):
            world.now += 30 * DAY
            rotation = world.rotation()
            rotation.make("ES256", rotation.read(), world.now)
        assert world.names() == ["ES256.5", "ES256.6"]

    def test_without_use_no_key_is_made(self):
        world = World()
        first = world.ring().key_for("ES256")
        world.now = NOW + 10 * ROTATION
        idle = world.ring()
        assert kids(idle) == [first]
        assert world.names() == ["ES256.1"]

    def test_after_a_long_rest_the_old_key_signs_until_the_next_was_published(self):
        world = World()
        first = world.ring().key_for("ES256")
        world.now = NOW + 10 * ROTATION
        ring = world.ring()
        assert ring.key_for("ES256") == first
        world.now += 31
        assert ring.key_for("ES256") == first
        world.now += ANNOUNCED - 32
        assert ring.key_for("ES256") == first
        world.now += 32
        assert ring.key_for("ES256") != first

    def test_every_process_changes_the_key_at_the_same_moment_but_for_its_cache(self):
        world = World()
        processes = [world.ring() for _ in range(4)]
        for ring in processes:
            ring.key_for("ES256")
        world.now = NOW + ROTATION - ANNOUNCED
        for ring in processes:
            ring.key_for("ES256")
        assert world.names() == ["ES256.1", "ES256.2"]
        world.now = NOW + ROTATION + 30
        assert len({ring.key_for("ES256") for ring in processes}) == 1


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


class TestSecrets:
    def test_the_private_part_is_not_in_the_store_in_clear(self):
        world = World()
        ring = world.ring()
        kid = ring.key_for("ES256")
        ring.sign(b"data", kid, "ES256")
        private = ring._opened[kid].exported()
        (entry,) = world.store.list(namespace="signing_keys").items
        assert private not in entry.data
        assert b'"d"' not in entry.data
        assert SECRET not in repr(ring._secret)

    def test_another_secret_does_not_open_the_ring(self):
        world = World()
        kid = world.ring().key_for("ES256")
        with pytest.raises(StartupError) as error:
            world.ring(OTHER_SECRET).check()
        assert kid in str(error.value)
        assert SECRET not in str(error.value)
        assert world.rotation().secret.names[0] in str(error.value)
        with pytest.raises(StoreUnavailable):
            world.ring(OTHER_SECRET).sign(b"data", kid, "ES256")

    def test_the_secret_is_replaced_without_a_pause(self):
        world = World()
        kid = world.ring(SECRET).key_for("ES256")
        for secrets in ((SECRET, OTHER_SECRET), (OTHER_SECRET, SECRET)):
            world.ring(*secrets).check()
            assert world.ring(*secrets).sign(b"data", kid, "ES256")
        assert world.rotation(OTHER_SECRET, SECRET).reseal(NOW) == (1, [])
        assert world.rotation(OTHER_SECRET, SECRET).reseal(NOW) == (0, [])
        world.ring(OTHER_SECRET).check()
        assert world.ring(OTHER_SECRET).sign(b"data", kid, "ES256")

    def test_a_key_that_is_gone_needs_no_secret(self):
        world = World()
        kid = world.ring().key_for("ES256")
        world.rotation().revoke(kid, NOW)
        for key in world.rotation().read().keys:
            if key.revoked_at is None:
                world.store.delete("signing_keys", key.name)
        world.ring(OTHER_SECRET).check()

    def test_a_sealed_key_cannot_be_moved_to_another_record(self):
        world = World()
        ring = world.ring()
        ring.key_for("ES256")
        (entry,) = world.store.list(namespace="signing_keys").items
        world.store.put(replace(entry, key="ES256.2"), None)
        with pytest.raises(StartupError) as error:
            world.ring().check()
        assert "changed, or is of another record" in str(error.value)


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


class TestClocks:
    def test_one_that_was_ahead_for_a_moment(self):
        world = World()
        ring = world.ring()
        kid = ring.key_for("ES256")
        world.now = NOW + 365 * DAY
        ring.published()
        world.now = NOW + 60
        world.rotation().revoke(kid, world.now)
        world.now += 31
        assert ring.is_revoked(kid)


class TestStatesGoOneWay:
    def test_a_retired_key_never_signs_again(self):
        world = World()
        first = world.ring().key_for("ES256")
        rotation = world.rotation()
        second = rotation.make("ES256", rotation.read(), NOW, at_once=True).of("ES256")[-1]
        for later in (60, 30 * DAY):
            ring = rotation.revoke(second.kid, NOW + later)
            assert ring is not None
            signing = ring.signing("ES256", NOW + later)
            assert signing is not None
            assert signing.kid not in (first, second.kid)
            second = signing
        published = [key.kid for key in ring.published(NOW + 30 * DAY, world.schedule)]
        assert published == [second.kid]

    def test_an_announced_key_that_was_revoked_retires_no_other(self):
        world = World()
        kid = world.ring().key_for("ES256")
        rotation = world.rotation()
        announced = rotation.make("ES256", rotation.read(), NOW).of("ES256")[-1]
        ring = rotation.revoke(announced.kid, NOW + 60)
        assert ring is not None
        assert ring.signing("ES256", NOW + 90 * DAY).kid == kid
        assert ring.retired_at(ring.keys[0]) is None


class TestLostSecrets:
    def test_the_next_secret_can_be_replaced_all_the_same(self):
        world = World()
        kid = world.ring(SECRET).key_for("ES256")
        world.rotation(OTHER_SECRET).revoke(kid, NOW)
        third = "c" * 43
        assert world.rotation(third, OTHER_SECRET).reseal(NOW) == (1, [])
        world.ring(third).check()

    def test_one_that_cannot_be_opened_leaves_the_others(self):
        world = World()
        world.ring(SECRET).key_for("ES256")
        world.ring(OTHER_SECRET).key_for("RS256")
        resealed, failures = world.rotation("c" * 43, OTHER_SECRET).reseal(NOW)
        assert resealed == 1
        assert len(failures) == 1


class TestUnreadableRecords:
    def test_their_generation_is_taken(self):
        world = World()
        world.store.put(Entry("signing_keys", "ES256.1", data=b'{"v": 2}'), None)
        ring = world.ring()
        assert ring.key_for("ES256")
        assert world.rotation().read().unreadable == (("ES256", 1),)

    @pytest.mark.parametrize("name", ["ES256", "", "ES256.x", "x.y.z"])
    def test_another_name(self, name):
        world = World()
        world.store.put(Entry("signing_keys", name or "x", data=b"{}"), None)
        assert world.ring().key_for("ES256")

    def test_a_time_that_is_none(self):
        world = World()
        world.ring().key_for("ES256")
        (entry,) = world.store.list(namespace="signing_keys").items
        members = json.loads(entry.data) | {"revoked_at": "yesterday"}
        world.store.put(replace(entry, data=json.dumps(members).encode()), entry.version)
        assert world.ring().key_for("ES256")


def test_no_name_of_a_key_looks_like_an_option(monkeypatch):
    names = iter(["-a", "-b", "c"])
    made = PrivateKey.made("ES256")
    monkeypatch.setattr(PrivateKey, "of", lambda *_: replace(made, kid=next(names)))
    assert PrivateKey.made("ES256").kid == "c"
