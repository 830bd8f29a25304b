"""A backend on a SQLite file, for the tests of what only SQL has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend

from .sqlite_databases import engine_of, new_backend


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
