"""Test databases in SQLite: created by the migrations once, and copied."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, event

from pyramid_oauth2 import migrations
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from pyramid_oauth2.backends.sqlalchemy import engine as engines
from pyramid_oauth2.backends.sqlalchemy.connection import PooledConnection

# Where a call waits for the database, and can be stopped right behind.
WAITS_IN = (PooledConnection._run, PooledConnection._run_by_sqlalchemy)


class Ini:
    """The part of the settings that the backend reads."""

    def __init__(self, **section: str) -> None:
        self._section = section

    def section(self, name: str) -> Mapping[str, str]:
        assert name == "sqlalchemy"
        return self._section


@cache
def empty_database() -> bytes:
    """An upgraded, empty SQLite file."""
    with TemporaryDirectory() as directory:
        file = Path(directory, "empty.sqlite")
        migrations.upgrade(f"sqlite:///{file}")
        return file.read_bytes()


def open_backend(file: Path, **section: str) -> SQLAlchemyBackend:
    settings: Any = Ini(url=f"sqlite:///{file}", **section)
    return SQLAlchemyBackend(engines.engine_factory(settings))


def new_backend(file: Path, **section: str) -> SQLAlchemyBackend:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):
        file.with_name(name).unlink(missing_ok=True)
    file.write_bytes(empty_database())
    return open_backend(file, **section)


def engine_of(backend: SQLAlchemyBackend) -> Engine:
    return backend._database.engine


def statements_of(engine: Engine, work: Callable[[], object]) -> list[tuple[str, Any]]:
    """The statements that *work* sends to the database, with their parameters."""
    sent: list[tuple[str, Any]] = []

    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    def run(its: Any, compiled: Any, text: str, *values: Any, **named: Any) -> Any:
        sent.append((text, values[0]))
        return usual(its, compiled, text, *values, **named)

    usual = PooledConnection._run
    # Some statements are still executed by SQLAlchemy.
    event.listen(engine, "before_cursor_execute", record)
    try:
        with patch.object(PooledConnection, "_run", run):
            work()
    finally:
        event.remove(engine, "before_cursor_execute", record)
    return sent
