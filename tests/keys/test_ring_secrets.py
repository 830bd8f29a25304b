"""The secret that seals the keys of a ring, and records that cannot be read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.records import Entry, StoreUnavailable
from pyramid_oauth2.startup_error import StartupError

from .rings import NOW, OTHER_SECRET, SECRET, World


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
