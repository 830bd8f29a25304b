"""A key that another process has made since this one has read the ring."""

from __future__ import annotations

from .rings import World


def test_it_is_found():
    """It may have signed an ID token already, which comes back as a hint (Core section 3.1.2.1)."""
    world = World()
    one, other = world.ring(), world.ring()
    assert one.key_for("ES256") == other.key_for("ES256")
    world.now += 3
    first = one.key_for("RS256")
    assert other.public_key(first)
    world.now += 3
    ring = world.rotation().revoke(first, world.now)
    assert ring is not None
    assert other.public_key(ring.of("RS256")[-1].kid)
    assert other.public_key(first) is None


def test_names_that_strangers_make_up_do_not_read_the_store_each_time():
    world = World()
    ring = world.ring()
    ring.key_for("ES256")
    world.reads = 0
    for number in range(100):
        assert ring.public_key(f"k{number}") is None
        world.now += 0.05
    assert world.reads == 2


def test_a_store_that_is_away_knows_no_more():
    world = World()
    ring = world.ring()
    ring.key_for("ES256")
    world.now += 3
    world.away = True
    assert ring.public_key("unknown") is None
