"""The configurations that are compared."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import databases

from ..peers.catalog import OURS, Peer, granian, gunicorn, ours, waitress
from ..running import ROOT
from ..stores import STORES, NewStore

FACTORY = f"{OURS}:make"
# The servers of the tests write nothing to the disk before they answer. In production they do.
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


@dataclass(frozen=True)
class Configuration:
    """One row: an application on a server, and how it reaches its store.

    :param suffix: what is added to the URL of the store.
    """

    name: str
    peer: Peer
    suffix: str = ""


def configurations(group: str, python: str, folder: Path) -> list[Configuration]:
    """The configurations of a group, all on one server of a store.

    :param folder: an empty one for files.
    """
    usual = ours(python, granian(FACTORY))
    match group:
        case "postgresql":
            servers = [
                Configuration("waitress, 4 threads", ours(python, waitress(FACTORY))),
                Configuration("gunicorn, 4 threads", ours(python, gunicorn(f"{FACTORY}()"))),
                Configuration("granian, 4 threads", usual),
            ]
            sizes = [(1, 1), (1, 2), (1, 8), (2, 2)]
            return servers + [_sized(python, *each) for each in sizes]
        case "durable":
            asynchronous = "?options=-c%20synchronous_commit%3Doff"
            return [
                Configuration("synchronous_commit=on", usual),
                Configuration("synchronous_commit=off", usual, asynchronous),
            ]
    # Found first, so that redis-py uses its own parser.
    (folder / "hiredis.py").write_text("raise ImportError")
    without = ours(python, granian(FACTORY), PYTHONPATH=f"{folder}{os.pathsep}{ROOT}")
    return [Configuration("redis-py", without), Configuration("redis-py, hiredis", usual)]


def _sized(python: str, workers: int, threads: int) -> Configuration:
    server = granian(FACTORY, workers, threads)
    plural = "s" if threads > 1 else ""
    name = f"granian, {workers} x {threads} thread{plural}"
    return Configuration(name, ours(python, server))


GROUPS = {"postgresql": "postgresql", "durable": "postgresql", "redis": "redis"}
"""The groups, and the store of each."""


@contextmanager
def new_stores_of(group: str, folder: Path) -> Iterator[NewStore]:
    """Run the server of a group."""
    if group != "durable":
        with STORES[GROUPS[group]](folder) as new_store:
            yield new_store
        return
    with databases.postgresql(**DURABLE) as server:
        yield server.new_database
