"""The stores to measure, each on the servers of the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TypeAlias

from tests.servers import databases, valkey

NewStore: TypeAlias = Callable[[], str]
"""Creates an empty store; returns its URL."""


@contextmanager
def sqlite(folder: Path) -> Iterator[NewStore]:
    """Files in the folder."""
    numbers = count()
    yield lambda: f"sqlite:///{folder}/{next(numbers)}.sqlite"


@contextmanager
def postgresql(folder: Path) -> Iterator[NewStore]:
    """Databases of one server."""
    with databases.postgresql() as server:
        yield server.new_database


@contextmanager
def redis(folder: Path) -> Iterator[NewStore]:
    """Databases of one Valkey, which has sixteen."""
    numbers = count()
    with valkey.single("appendonly yes", "appendfsync no") as node:
        yield lambda: f"redis://{node.address}/{next(numbers)}"


STORES = {"sqlite": sqlite, "postgresql": postgresql, "redis": redis}
