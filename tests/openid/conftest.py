"""The servers of the stores, and one that notifies clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import (  # noqa: F401
    mariadb_server,
    postgresql_server,
    redis_url,
)

from .notifying import World
from .parties import Party, party


@pytest.fixture
def world() -> Iterator[World]:
    """A server that notifies clients."""
    world = World()
    yield world
    world.delivery.close()


@pytest.fixture
def rp() -> Iterator[Party]:
    """A relying party that is notified."""
    with party() as its:
        yield its
