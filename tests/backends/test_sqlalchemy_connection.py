"""The connection that executes the stores' statements on the driver's cursor."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Select, bindparam, event, select
from sqlalchemy.dialects.mysql import pymysql
from sqlalchemy.dialects.postgresql import psycopg, psycopg2
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.exc import DBAPIError

from pyramid_oauth2.backends.contract.factories import NOW, new_digest
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, purging, statements
from pyramid_oauth2.backends.sqlalchemy.compiled import Compiled
from pyramid_oauth2.backends.sqlalchemy.connection import PooledConnection
from pyramid_oauth2.backends.sqlalchemy.schema import reservation_table

from .sqlite_databases import engine_of, new_backend

DIALECTS = {module.__name__: module.dialect for module in (pymysql, psycopg, psycopg2, pysqlite)}
CLAIM = {"namespace": "n", "digest": b"d" * 32, "expires_at": NOW}
BY_DIGEST: Select[Any] = select(reservation_table).where(
    reservation_table.c.digest == bindparam("digest")
)


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    backend: SQLAlchemyBackend = new_backend(tmp_path / "oauth2.sqlite")
    yield engine_of(backend)
    backend.close()


def test_rows_are_tuples_with_the_values_of_the_columns(engine: Engine) -> None:
    with PooledConnection(engine) as connection:
        assert connection.execute(statements.INSERT_RESERVATION, CLAIM).rowcount == 1
        answer = connection.execute(BY_DIGEST, {"digest": CLAIM["digest"]})
        assert answer.all() == [("n", CLAIM["digest"], NOW)]
        assert answer.first() == ("n", CLAIM["digest"], NOW)
        none = connection.execute(BY_DIGEST, {"digest": b""})
        assert (list(none.all()), none.first()) == ([], None)


def test_several_rows_at_once(engine: Engine) -> None:
    rows = [{**CLAIM, "digest": new_digest()} for _ in range(3)]
    with PooledConnection(engine) as connection:
        connection.execute(statements.INSERT_RESERVATION, rows)
        assert len(connection.execute(select(reservation_table)).all()) == 3


def test_a_value_is_missing(engine: Engine) -> None:
    with PooledConnection(engine) as connection, pytest.raises(KeyError, match="digest"):
        connection.execute(BY_DIGEST, {})


@pytest.mark.parametrize("name", DIALECTS)
def test_a_text_that_depends_on_the_values_is_left_to_sqlalchemy(name: str) -> None:
    dialect = DIALECTS[name]()
    assert Compiled(purging._DELETE_TOKENS, dialect).varies
    assert not Compiled(statements.FIND, dialect).varies


def test_a_driver_with_other_types_for_bytes() -> None:
    """psycopg2 returns a memoryview, which SQLAlchemy's type makes to bytes."""
    compiled = Compiled(BY_DIGEST, psycopg2.dialect())
    row = ("n", memoryview(b"digest"), NOW)
    assert list(compiled.rows([row])) == [("n", b"digest", NOW)]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_statement_ends_its_connection(
    engine: Engine, error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted:
        def execute(self, *_: object) -> None:
            raise error

    ended: list[None] = []
    event.listen(engine, "invalidate", lambda *_: ended.append(None))
    with PooledConnection(engine) as connection:
        monkeypatch.setattr(type(connection._pooled), "cursor", lambda *_: Interrupted())
        with pytest.raises(error):
            connection.execute(BY_DIGEST, {"digest": b""})
    assert ended == [None]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_an_error_has_the_statement_and_no_values(engine: Engine) -> None:
    with PooledConnection(engine) as connection:
        connection.execute(statements.INSERT_RESERVATION, CLAIM)
        with pytest.raises(DBAPIError, match="INSERT INTO oauth2_reservation") as raised:
            connection.execute(statements.INSERT_RESERVATION, CLAIM)
    assert raised.value.params is None
    assert not raised.value.connection_invalidated


def test_the_log_has_the_statement_and_no_values(engine: Engine, caplog: Any) -> None:
    with caplog.at_level(logging.DEBUG, "pyramid_oauth2"), PooledConnection(engine) as connection:
        connection.execute(BY_DIGEST, {"digest": CLAIM["digest"]})
    assert "oauth2_reservation" in caplog.text
    assert "dddd" not in caplog.text
