"""The next key of a ring: announced, active, retired, gone; by any process, and by its clock."""

from __future__ import annotations

from pyramid_oauth2.keys.schedule import DAY

from .rings import NOW, World
from .test_ring import ANNOUNCED, ROTATION, kids


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
