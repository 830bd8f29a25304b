"""The connection that executes the stores' statements on the driver's cursor."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Select, bindparam, event, select
from sqlalchemy.dialects.mysql import pymysql
from sqlalchemy.dialects.postgresql import psycopg, psycopg2
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.exc import DBAPIError, DisconnectionError

from pyramid_oauth2.backends.contract.factories import NOW, new_digest
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, purging, sockets, statements
from pyramid_oauth2.backends.sqlalchemy import connection as connection_module
from pyramid_oauth2.backends.sqlalchemy.compiled import Compiled
from pyramid_oauth2.backends.sqlalchemy.connection import CURSOR, PooledConnection
from pyramid_oauth2.backends.sqlalchemy.database import BATCH, Database
from pyramid_oauth2.backends.sqlalchemy.schema import reservation_table
from pyramid_oauth2.protocol.records import OutcomeUnknown, Reservation, StoreUnavailable

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


def test_one_cursor_for_the_statements_of_a_connection(engine: Engine) -> None:
    with PooledConnection(engine) as connection:
        connection.execute(statements.INSERT_RESERVATION, CLAIM)
        cursor = connection.info[CURSOR]
    with PooledConnection(engine) as connection:
        connection.execute(BY_DIGEST, {"digest": CLAIM["digest"]})
        assert connection.info[CURSOR] is cursor
        with pytest.raises(DBAPIError):
            connection.execute(statements.INSERT_RESERVATION, CLAIM)
        assert CURSOR not in connection.info


def test_a_kept_cursor_holds_no_lock(engine: Engine, tmp_path: Path) -> None:
    with PooledConnection(engine) as connection:
        connection.execute(statements.INSERT_RESERVATION, CLAIM)
        connection.execute(BY_DIGEST, {"digest": CLAIM["digest"]})
        other = sqlite3.connect(tmp_path / "oauth2.sqlite", timeout=0, isolation_level=None)
        with closing(other):
            other.execute("DELETE FROM oauth2_reservation")
            # A reader that has not ended would keep the log from being emptied.
            assert other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0


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


class TimeLimit(Exception):
    """What an application's time limit raises anywhere, by a signal for instance."""


def interrupt(monkeypatch: pytest.MonkeyPatch, error: type[BaseException], words: str) -> None:
    """Raise an error in the middle of each statement that contains these words."""
    usual = Cursor.execute

    def execute(its: Cursor, text: str, *values: Any) -> Any:
        answer = usual(its, text, *values)
        if words in text:
            raise error
        return answer

    monkeypatch.setattr(Cursor, "execute", execute)


class Cursor(sqlite3.Cursor):
    """A cursor of the driver that a test can interrupt."""


@pytest.fixture
def ended(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One item for each connection that did not return to the pool."""
    ended: list[None] = []
    event.listen(engine, "invalidate", lambda *_: ended.append(None))
    usual = PooledConnection.__enter__

    def enter(its: PooledConnection) -> PooledConnection:
        usual(its)
        driver = its._pooled.dbapi_connection
        monkeypatch.setattr(type(its._pooled), "cursor", lambda _: driver.cursor(Cursor))
        return its

    monkeypatch.setattr(PooledConnection, "__enter__", enter)
    return ended


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, TimeLimit])
def test_an_interrupted_statement_ends_its_connection(
    engine: Engine,
    ended: list[None],
    error: type[BaseException],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    interrupt(monkeypatch, error, "SELECT")
    with PooledConnection(engine) as connection, pytest.raises(error):
        connection.execute(BY_DIGEST, {"digest": b""})
    assert ended == [None]
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("words", "failure"),
    [("INSERT", StoreUnavailable), ("COMMIT", OutcomeUnknown)],
    ids=["within the transaction", "at its end"],
)
def test_an_interrupted_transaction_is_in_doubt_at_its_end_only(
    engine: Engine,
    ended: list[None],
    words: str,
    failure: type[Exception],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    interrupt(monkeypatch, TimeLimit, words)
    with pytest.raises(StoreUnavailable) as raised:
        Database(lambda: engine).atomically(
            lambda its: its.execute(statements.INSERT_RESERVATION, CLAIM)
        )
    assert (type(raised.value), ended) == (failure, [None])


def test_an_interrupted_write_that_commits_itself_is_in_doubt(
    engine: Engine, ended: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, TimeLimit, "INSERT")
    with pytest.raises(OutcomeUnknown):
        Database(lambda: engine).change(statements.INSERT_RESERVATION, CLAIM)
    assert ended == [None]


@pytest.mark.parametrize("way", ["at_once", "atomically"])
def test_a_write_that_is_interrupted_behind_its_commit_is_in_doubt(
    engine: Engine, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = PooledConnection.__exit__

    def interrupted(its: PooledConnection, *error: Any) -> None:
        usual(its, *error)
        raise TimeLimit

    monkeypatch.setattr(PooledConnection, "__exit__", interrupted)
    with pytest.raises(OutcomeUnknown):
        getattr(Database(lambda: engine), way)(
            lambda its: its.execute(statements.INSERT_RESERVATION, CLAIM)
        )


def test_a_transaction_that_nothing_ended_does_not_return_to_the_pool(
    engine: Engine, ended: list[None]
) -> None:
    """As if a time limit had raised where the transaction was about to be rolled back."""
    with PooledConnection(engine) as connection:
        connection.begin_by("BEGIN IMMEDIATE")
        connection.execute(statements.INSERT_RESERVATION, CLAIM)
    assert ended == [None]
    assert Database(lambda: engine).rows(select(reservation_table), {}) == []


def test_an_import_is_compiled_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = lru_cache(Compiled)
    monkeypatch.setattr(connection_module, "_compiled", compiled)
    backend = SQLAlchemyBackend(lambda: engine)
    claims = [Reservation("n", new_digest(), NOW) for _ in range(2 * BATCH)]
    backend.grants.import_(claims[:BATCH])
    before = compiled.cache_info().currsize
    assert backend.grants.import_(claims) == BATCH
    assert compiled.cache_info().currsize == before


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


def test_a_connection_that_the_driver_has_closed_is_replaced() -> None:
    """PyMySQL closes it if something else interrupts a wait."""

    class Closed:
        _sock = None

    with pytest.raises(DisconnectionError):
        sockets._descriptor(Closed())


def test_an_interrupted_statement_of_sqlalchemy_ends_its_connection(
    engine: Engine, ended: list[None], monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, TimeLimit, "DELETE")
    with pytest.raises(OutcomeUnknown):
        Database(lambda: engine).change(purging._DELETE_TOKENS, {"digests": [b"d"], "now": NOW})
    assert ended == [None]
