"""A store whose response is lost: what has changed the ring is no race that another process won."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2.protocol import lost_responses
from pyramid_oauth2.protocol.records import Entry, OutcomeUnknown

from .rings import NOW, OTHER_SECRET, SECRET, World

ALGORITHM = "ES256"


class LosesResponses:
    """A store that carries out the next calls of ``put``, or not, and responds to none of them.

    :ivar lost: for each of these calls, what is done in its place before the response is lost.
    """

    def __init__(self, store: Any) -> None:
        self._store = store
        self.lost: list[Callable[[Callable[[], bool]], object]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def put(self, entry: Entry, version: int | None) -> bool:
        def call() -> bool:
            written: bool = self._store.put(entry, version)
            return written

        if not self.lost:
            return call()
        self.lost.pop(0)(call)
        raise OutcomeUnknown("the response is lost")


def carried_out(call: Callable[[], bool]) -> object:
    return call()


def dropped(_call: Callable[[], bool]) -> object:
    return None


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lost_responses, "PAUSES", (0, 0, 0))


@pytest.fixture
def world() -> World:
    world = World()
    world.store = LosesResponses(world.store)
    return world


@pytest.fixture
def made(caplog: pytest.LogCaptureFixture) -> Callable[[], int]:
    """How many keys the log says were made."""
    caplog.set_level(logging.INFO)
    return lambda: caplog.text.count(f"for {ALGORITHM} signs from")


LOSSES = [[carried_out], [dropped], [carried_out, carried_out], [dropped, carried_out]]
losses = pytest.mark.parametrize(
    "lost", LOSSES, ids=lambda lost: "-".join(f.__name__ for f in lost)
)


@losses
def test_a_key_is_made_once_and_logged(world: World, made: Callable[[], int], lost: Any):
    world.store.lost = [*lost]
    kid = world.ring().key_for(ALGORITHM)
    assert [key.kid for key in world.rotation().read().keys] == [kid]
    assert made() == 1


def test_a_key_that_another_process_made_is_not_logged(world: World, made: Callable[[], int]):
    rotation = world.rotation()
    world.store.lost = [lambda _call: rotation.make(ALGORITHM, rotation.read(), NOW)]
    ring = rotation.make(ALGORITHM, rotation.read(), NOW)
    assert len(ring.keys) == 1
    assert made() == 1


@losses
def test_a_key_is_revoked(world: World, lost: Any):
    kid = world.ring().key_for(ALGORITHM)
    world.store.lost = [*lost]
    ring = world.rotation().revoke(kid, NOW + 1)
    assert ring is not None
    (revoked,) = (key for key in ring.keys if key.kid == kid)
    assert (revoked.revoked_at, revoked.version) == (NOW + 1, 1)
    assert len(ring.of(ALGORITHM)) == 1


@losses
def test_a_key_that_was_sealed_again_is_counted(world: World, lost: Any):
    world.ring().key_for(ALGORITHM)
    world.store.lost = [*lost]
    assert world.rotation(OTHER_SECRET, SECRET).reseal(NOW) == (1, [])
    (key,) = world.rotation().read().keys
    assert key.version == 1
    assert key.private(world.rotation(OTHER_SECRET).secret)


def test_a_store_that_responds_no_more(world: World):
    kid = world.ring().key_for(ALGORITHM)
    world.store.lost = [carried_out] * (len(lost_responses.PAUSES) + 1)
    with pytest.raises(OutcomeUnknown):
        world.rotation().revoke(kid, NOW + 1)
    assert world.rotation().revoke(kid, NOW + 2) is not None
