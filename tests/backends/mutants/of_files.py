"""Faults of a store that each process opens by itself: files, and a lock of one process."""

from __future__ import annotations

from tests.backends.test_third_party import TestToy as Toy

from . import wrappers
from .mutation import Mutated


class TestRedeemsThenAdds(Mutated, Toy):
    """Spent in one step, its products in another."""

    caught_by = "crash_in_a_write_to_a_grant"
    mutate = wrappers.RedeemsThenAdds.into


class TestRetiresAfterwards(Mutated, Toy):
    """What is retired is revoked in a second step."""

    caught_by = "crash_in_a_write_to_a_grant"
    mutate = wrappers.RetiresAfterwards.into


class TestReservesInMemory(Mutated, Toy):
    """Each process knows its own reservations."""

    caught_by = "interleaving_about_a_new_grant"
    mutate = wrappers.ReservesInMemory.into


class TestEditsTheLatest(Mutated, Toy):
    """An edit undoes what came between its two reads."""

    caught_by = "interleaving_about_a_client"
    mutate = wrappers.EditsTheLatest.into


del Toy
