"""Real servers for the tests, each started when a test first requests it.

PostgreSQL and Valkey are part of the extra ``test``; without them the tests
fail. MariaDB is Debian's ``mariadb-server-core``, PgBouncer its ``pgbouncer``;
without one its tests are skipped, or fail under ``TEST_DEMAND=all``. To use
your own servers, set:

=============================  =================================================
``TEST_POSTGRESQL_URL``        an SQLAlchemy URL of a user who may create databases
``TEST_MYSQL_URL``             the same for MariaDB or MySQL
``TEST_REDIS_URL``             as ``oauth2.redis.url``; **it is flushed**
``TEST_REDIS_SENTINEL_URL``    the same, ``redis+sentinel://...``
``TEST_REDIS_CLUSTER_URL``     the same, ``redis+cluster://...``
``TEST_REDIS_SERVER``          another ``redis-server`` or ``valkey-server``
=============================  =================================================
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from . import databases, pgbouncer, valkey

__all__ = [
    "mariadb_server",
    "pgbouncer_server",
    "postgresql_server",
    "redis_cluster_url",
    "redis_sentinel_url",
    "redis_url",
]


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[databases.DatabaseServer]:
    """PostgreSQL; ``new_database()`` creates an empty database and returns its URL."""
    own = os.environ.get("TEST_POSTGRESQL_URL")
    with databases.given(own) if own else databases.postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[databases.DatabaseServer]:
    """MariaDB; ``new_database()`` creates an empty database and returns its URL."""
    own = os.environ.get("TEST_MYSQL_URL")
    with databases.given(own) if own else databases.mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def pgbouncer_server(postgresql_server: databases.DatabaseServer) -> Iterator[pgbouncer.PgBouncer]:
    """PgBouncer in transaction mode, in front of the PostgreSQL server."""
    with pgbouncer.pgbouncer(postgresql_server) as server:
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a single Valkey server with an append-only file."""
    if own := os.environ.get("TEST_REDIS_URL"):
        yield own
        return
    with valkey.single("appendonly yes", "appendfsync no") as node:
        yield node.url


@pytest.fixture(scope="session")
def redis_sentinel_url() -> Iterator[str]:
    """The URL of a replicated Valkey under three Sentinels."""
    if own := os.environ.get("TEST_REDIS_SENTINEL_URL"):
        yield own
        return
    with valkey.sentinel() as servers:
        yield servers.url


@pytest.fixture(scope="session")
def redis_cluster_url() -> Iterator[str]:
    """The URL of a Valkey Cluster of three masters, each with a replica."""
    if own := os.environ.get("TEST_REDIS_CLUSTER_URL"):
        yield own
        return
    with valkey.cluster() as servers:
        yield servers.url
