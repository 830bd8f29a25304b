"""Errors are reported and rolled back, and leave every connection usable."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from threading import Thread, Timer
from time import monotonic
from typing import Any

import psycopg
import pymysql
import pytest
from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from pyramid_oauth2.backends.contract.factories import (
    NOW,
    new_attempt,
    new_consent,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, metadata
from pyramid_oauth2.backends.sqlalchemy import engine as engines
from pyramid_oauth2.backends.sqlalchemy.connection import PooledConnection
from pyramid_oauth2.backends.sqlalchemy.database import Database
from pyramid_oauth2.backends.sqlalchemy.failures import translated
from pyramid_oauth2.backends.sqlalchemy.transactions import in_transaction
from pyramid_oauth2.circuit_breaker import CircuitBreaker
from pyramid_oauth2.protocol.records import Outcome, StoreUnavailable

from . import server_databases
from .sqlite_databases import Ini, engine_of, new_backend, open_backend


@pytest.fixture
def writer(file: Path, backend: SQLAlchemyBackend) -> Iterator[sqlite3.Connection]:
    """Another connection, which holds the file's write lock."""
    assert backend.clients.get("nobody") is None
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    yield connection
    connection.close()


class TestUnavailable:
    def test_a_locked_file_says_why_and_what_to_do(
        self,
        file: Path,
        backend: SQLAlchemyBackend,
        writer: sqlite3.Connection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(engines, "SQLITE_LOCK_SECONDS", 1)
        engine_of(backend).dispose()
        started = monotonic()
        with pytest.raises(StoreUnavailable, match="a file of its own") as caught:
            backend.grants.open(new_grant(), (), NOW)
        assert monotonic() - started < 3
        assert caught.value.__cause__ is None
        writer.execute("ROLLBACK")
        assert backend.grants.open(new_grant(), (), NOW)

    def test_a_locked_file_can_still_be_read(
        self, backend: SQLAlchemyBackend, writer: sqlite3.Connection
    ) -> None:
        assert backend.grants.find(new_token().ref) is None

    def test_the_first_connection_waits_for_the_file_to_be_free(self, file: Path) -> None:
        """Only the first one switches to WAL, for which SQLite itself does not wait."""
        backend = new_backend(file)
        with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as busy:
            busy.execute("BEGIN EXCLUSIVE")
            Timer(0.3, busy.execute, ["ROLLBACK"]).start()
            started = monotonic()
            assert backend.grants.open(new_grant(), (), NOW)
            assert monotonic() - started > 0.2
        backend.close()

    def test_a_missing_schema_names_the_command(self, tmp_path: Path) -> None:
        backend = open_backend(tmp_path / "nothing.sqlite")
        with pytest.raises(StoreUnavailable, match="poauth2 INI db upgrade"):
            backend.clients.get("client")
        with pytest.raises(StoreUnavailable, match="poauth2 INI db upgrade"):
            backend.check()
        backend.close()

    def test_a_missing_column_is_found_by_a_check(
        self, backend: SQLAlchemyBackend, engine: Engine
    ) -> None:
        assert backend.check() == ()
        with engine.connect() as connection:
            connection.exec_driver_sql("ALTER TABLE oauth2_consent DROP COLUMN resources")
        with pytest.raises(StoreUnavailable, match="poauth2 INI db upgrade"):
            backend.check()

    def test_a_file_in_a_folder_that_does_not_exist(self, tmp_path: Path) -> None:
        file = tmp_path / "no" / "such" / "directory.sqlite"
        backend = open_backend(file)
        with pytest.raises(StoreUnavailable) as caught:
            backend.clients.get("client")
        assert str(caught.value) == (
            f"The database file {file} cannot be opened: its folder does not exist. Make it, or "
            "name another file in oauth2.sqlalchemy.url."
        )
        backend.close()

    def test_a_file_that_is_a_folder(self, tmp_path: Path) -> None:
        backend = open_backend(tmp_path)
        with pytest.raises(StoreUnavailable, match=f"{tmp_path} cannot be opened: let the process"):
            backend.clients.get("client")
        backend.close()

    def test_a_uri_that_cannot_be_opened(self, tmp_path: Path) -> None:
        backend = open_backend(Path(f"file:{tmp_path}/no/such.sqlite?uri=true"))
        with pytest.raises(StoreUnavailable, match=r"^The database file:.* cannot be opened\.$"):
            backend.clients.get("client")
        backend.close()

    def test_a_file_that_is_no_database(self, file: Path) -> None:
        file.write_bytes(b"something else" * 1000)
        backend = open_backend(file)
        with pytest.raises(StoreUnavailable, match="not a database"):
            backend.clients.get("client")
        backend.close()

    def test_an_exhausted_pool_says_so(self, file: Path) -> None:
        backend = new_backend(file, pool_size="1", max_overflow="0", pool_timeout="0")
        with engine_of(backend).connect(), pytest.raises(StoreUnavailable, match="pool_size"):
            backend.clients.get("client")
        backend.close()

    def test_no_message_shows_a_digest(self, backend: SQLAlchemyBackend) -> None:
        token = new_token(digest=b"D" * 32)
        backend.grants.open(None, [token], NOW)
        with pytest.raises(Exception) as caught:
            backend.grants.open(None, [token], NOW)
        assert "DDDD" not in repr(caught.value)
        # A traceback in a log shows chained exceptions, unless they are suppressed.
        assert caught.value.__suppress_context__
        assert caught.value.__cause__ is None
        with engine_of(backend).connect() as connection, pytest.raises(Exception) as caught:
            connection.execute(text("SELECT :digest FROM nowhere"), {"digest": "DDDD"})
        assert "DDDD" not in str(caught.value)


@pytest.fixture
def on_each_engine(url: str) -> Iterator[SQLAlchemyBackend]:
    backend = server_databases.open_backend(url)
    yield backend
    backend.close()


class TestAnyErrorOfADriver:
    """Whichever its class, it is the store's failure and no internal error."""

    def test_a_value_that_a_column_does_not_hold(self, on_each_engine: SQLAlchemyBackend) -> None:
        with pytest.raises(StoreUnavailable) as caught:
            on_each_engine.grants.open(new_grant(expires_at=2**80), (), NOW)
        assert "\n" not in str(caught.value)
        assert on_each_engine.grants.open(new_grant(), (), NOW)

    def test_a_value_that_a_driver_does_not_encode(self, on_each_engine: SQLAlchemyBackend) -> None:
        with pytest.raises(StoreUnavailable, match="UnicodeEncodeError"):
            on_each_engine.clients.get("\udc00")
        assert on_each_engine.clients.get("client") is None

    def test_a_constraint_that_is_not_of_a_key(self, on_each_engine: SQLAlchemyBackend) -> None:
        """A missing value does not mean that there is such a record."""
        missing: Any = None
        consent = new_consent(subject="secret subject", expires_at=missing)
        with pytest.raises(StoreUnavailable, match="constraint refuses a row") as caught:
            on_each_engine.consents.put(consent, None)
        assert "secret subject" not in str(caught.value)
        assert on_each_engine.consents.put(new_consent(), None)
        assert not on_each_engine.consents.put(new_consent(), None)

    def test_a_connection_that_cannot_be_made(self, file: Path) -> None:
        """The application's own way to connect may fail in any way."""

        def creator() -> sqlite3.Connection:
            raise RuntimeError("the vault is sealed")

        app_engine = create_engine(f"sqlite:///{file}", creator=creator)
        settings: Any = Ini()
        backend = SQLAlchemyBackend(engines.engine_factory(settings, app_engine))
        with pytest.raises(StoreUnavailable, match="the vault is sealed"):
            backend.clients.get("client")

    @pytest.mark.parametrize("url", ["postgresql"], indirect=True)
    def test_a_user_without_rights(self, url: str) -> None:
        owner = create_engine(url, isolation_level="AUTOCOMMIT")
        with owner.connect() as connection:
            connection.exec_driver_sql("DROP ROLE IF EXISTS stranger")
            connection.exec_driver_sql("CREATE ROLE stranger LOGIN PASSWORD 'x'")
            stranger = make_url(url).set(username="stranger", password="x")
            backend = server_databases.open_backend(stranger.render_as_string(False))
            with pytest.raises(StoreUnavailable, match="GRANT it SELECT"):
                backend.clients.get("client")
            backend.close()
            connection.exec_driver_sql("DROP ROLE stranger")
        owner.dispose()

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (psycopg.errors.InvalidSqlStatementName("no such statement"), "prepare_threshold=none"),
            (psycopg.errors.DuplicatePreparedStatement("it exists"), "prepare_threshold=none"),
            (psycopg.errors.ReadOnlySqlTransaction("cannot execute INSERT"), "name the primary"),
            (psycopg.errors.DiskFull("could not extend file"), "make room"),
            (psycopg.OperationalError("FATAL:  sorry, too many clients already"), "pool_size"),
            (pymysql.err.OperationalError(1040, "Too many connections"), "pool_size"),
            (pymysql.err.OperationalError(1142, "INSERT command denied"), "GRANT"),
            (pymysql.err.InternalError(1290, "running with --read-only"), "name the primary"),
            (sqlite3.OperationalError("attempt to write a readonly database"), "its folder"),
            (sqlite3.OperationalError("database or disk is full"), "make room"),
        ],
        ids=lambda value: value if isinstance(value, str) else type(value).__name__,
    )
    def test_where_the_cure_is_known_it_is_named(self, error: Exception, words: str) -> None:
        assert words in str(translated(DBAPIError(None, None, error)))


class TestTransaction:
    @pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
    def test_any_exception_rolls_back(self, engine: Engine, error: type[BaseException]) -> None:
        with pytest.raises(error), PooledConnection(engine) as connection:
            in_transaction(connection, lambda its: insert_then_raise(its, error()))
        assert rows_in(engine, "oauth2_reservation") == 0
        assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]

    def test_what_is_done_is_committed(self, engine: Engine) -> None:
        insert = "INSERT INTO oauth2_reservation VALUES ('n', x'00', 1)"
        with PooledConnection(engine) as connection:
            in_transaction(connection, lambda its: its.exec_driver_sql(insert))
        assert rows_in(engine, "oauth2_reservation") == 1

    def test_a_connection_that_cannot_roll_back_is_thrown_away(
        self, engine: Engine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(_connection: object) -> None:
            raise sqlite3.OperationalError("broken")

        engine.connect().close()
        invalidated: list[object] = []
        event.listen(engine, "invalidate", lambda *_: invalidated.append(None))
        monkeypatch.setattr(engine.dialect, "do_rollback", broken)
        with pytest.raises(ValueError, match="ours"), PooledConnection(engine) as connection:
            in_transaction(connection, lambda its: insert_then_raise(its, ValueError("ours")))
        monkeypatch.undo()
        assert invalidated
        assert rows_in(engine, "oauth2_reservation") == 0

    def test_connections_come_back_after_errors_in_several_threads(
        self, backend: SQLAlchemyBackend, engine: Engine
    ) -> None:
        grant = new_grant()
        token = new_token(grant=grant)
        backend.grants.open(grant, [token], NOW)

        def fail() -> None:
            for _ in range(5):
                with pytest.raises(Exception, match="exists"):
                    backend.grants.redeem(token, NOW, new_attempt(), [token])

        threads = [Thread(target=fail) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pool: Any = engine.pool
        assert (pool.checkedout(), pool.checkedin() <= 2) == (0, True)
        assert backend.grants.redeem(token, NOW, "a", []).outcome is Outcome.WON

    def test_a_deadlock_is_tried_again(self, engine: Engine) -> None:
        attempts = []

        def work(_connection: object) -> str:
            attempts.append(None)
            if len(attempts) < 3:
                raise deadlock()
            return "done"

        assert Database(lambda: engine).atomically(work) == "done"
        assert len(attempts) == 3

    def test_but_not_for_ever(self, engine: Engine) -> None:
        attempts = []

        def work(_connection: object) -> None:
            attempts.append(None)
            raise deadlock()

        with pytest.raises(StoreUnavailable):
            Database(lambda: engine).atomically(work)
        assert len(attempts) == 5


def insert_then_raise(connection: Connection, error: BaseException) -> None:
    connection.exec_driver_sql("INSERT INTO oauth2_reservation VALUES ('n', x'00', 1)")
    raise error


def deadlock() -> Exception:
    class Deadlock(Exception):
        sqlstate = "40P01"

    return OperationalError(None, None, Deadlock("deadlock detected"))


def rows_in(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        count = connection.execute(select(func.count()).select_from(metadata.tables[table]))
        return count.scalar_one()


class Interrupted(BaseException):
    """An error of no class that the store translates, as of a worker that is stopped."""


@pytest.mark.parametrize("error", [ValueError, StoreUnavailable, Interrupted])
def test_a_trial_that_fails_for_another_reason_blocks_no_other(
    backend: SQLAlchemyBackend, error: type[BaseException]
) -> None:
    database = backend.grants._database

    def silent(connection: Connection) -> None:
        raise TimeoutError

    def failing(connection: Connection) -> None:
        raise error

    breaker = CircuitBreaker("The database", 60, clock=(elapsed := count(step=2.0)).__next__)
    database._breaker = breaker
    with pytest.raises(StoreUnavailable):
        database.atomically(silent)
    assert breaker._is_open
    with pytest.raises((StoreUnavailable, Interrupted)):
        database.atomically(failing)
    assert next(elapsed) < 60
    assert backend.clients.get("any") is None
