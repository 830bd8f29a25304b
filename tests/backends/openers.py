"""What opens an empty store in several threads or processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.interfaces import IBackend
from tests.backends import redis_contract, server_databases, sqlite_databases

Opener = Callable[[], IBackend]
STORES = ("memory", "sqlite", "postgresql", "mariadb", "redis")


def opener_of(name: str, request: pytest.FixtureRequest, folder: Path) -> Opener:
    """What opens the store of that name; in memory it is the same object each time."""
    if name == "memory":
        backend = MemoryBackend()
        return lambda: backend
    if name == "sqlite":
        file = folder / "oauth2.sqlite"
        file.write_bytes(sqlite_databases.empty_database())
        return partial(sqlite_databases.open_backend, file)
    if name.startswith("redis"):
        return partial(redis_contract.open_backend, request.getfixturevalue(f"{name}_url"))
    url = server_databases.emptied(request.getfixturevalue(f"{name}_server"))
    return partial(server_databases.open_backend, url)


@contextmanager
def opened_together(
    name: str, request: pytest.FixtureRequest, folder: Path, number: int
) -> Iterator[list[IBackend]]:
    """The same empty store, opened *number* times, as by processes that race."""
    opener = opener_of(name, request, folder)
    backends = [opener() for _ in range(number)]
    if name.startswith("redis"):
        redis_contract.flush(backends[0])
    yield backends
    for backend in backends:
        backend.close()
