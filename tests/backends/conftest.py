"""The servers, and a backend on a SQLite file for tests that are specific to SQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from tests.servers import (  # noqa: F401
    mariadb_server,
    pgbouncer_server,
    postgresql_server,
    redis_cluster_url,
    redis_sentinel_url,
    redis_url,
)

from .server_databases import emptied
from .sqlite_databases import empty_database, engine_of, new_backend


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, file: Path) -> str:
    """The URL of a database with our tables, all empty."""
    if request.param == "sqlite":
        file.write_bytes(empty_database())
        return f"sqlite:///{file}"
    return emptied(request.getfixturevalue(f"{request.param}_server"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "oauth2.sqlite"


@pytest.fixture
def backend(file: Path) -> Iterator[SQLAlchemyBackend]:
    backend = new_backend(file)
    yield backend
    backend.close()


@pytest.fixture
def engine(backend: SQLAlchemyBackend) -> Engine:
    return engine_of(backend)
