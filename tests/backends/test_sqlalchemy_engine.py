"""The engine: the settings in force on every connection, and where they come from."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from pyramid.registry import Registry
from sqlalchemy import Connection, Engine, create_engine

from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from pyramid_oauth2.backends.sqlalchemy import engine as engines
from pyramid_oauth2.interfaces import IBackendFactory
from pyramid_oauth2.protocol.records import StoreUnavailable

from .sqlite_databases import Ini, empty_database, engine_of, open_backend


class TestEngineSettings:
    def test_what_the_stores_rely_on_is_in_force(self, engine: Engine) -> None:
        with engine.connect() as connection:
            pragma = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "busy_timeout", "foreign_keys")
            }
            driver_connection: Any = connection.connection.driver_connection
            assert pragma == {"journal_mode": "wal", "busy_timeout": 5000, "foreign_keys": 1}
            assert autocommits(connection)
            assert not driver_connection.in_transaction

    def test_nothing_is_touched_before_it_is_used(self, tmp_path: Path) -> None:
        file = tmp_path / "later.sqlite"
        open_backend(file).close()
        assert not file.exists()

    def test_other_keys_go_to_sqlalchemy(self, file: Path) -> None:
        pool: Any = engine_of(open_backend(file, pool_size="3", pool_timeout="7")).pool
        assert (pool.size(), pool.timeout()) == (3, 7)

    def test_connections_without_limit(self, file: Path) -> None:
        pool: Any = engine_of(open_backend(file, max_overflow="-1")).pool
        assert pool._max_overflow == -1

    def test_wal_that_cannot_be_had_is_told(self) -> None:
        class Elsewhere:
            def execute(self, statement: str) -> None: ...

            def fetchone(self) -> tuple[str]:
                return ("delete",)

        cursor: Any = Elsewhere()
        with pytest.raises(StoreUnavailable, match="journal_mode"):
            engines.PREPARATIONS["sqlite"](cursor)

    @pytest.mark.parametrize(
        ("section", "says"),
        [
            ({}, "url is missing"),
            ({"url": "nonsense"}, "not a URL"),
            (
                {"url": "postgresql+psycopg://user:hid@den:hidden@h/x"},
                r"oauth2\.sqlalchemy\.url: the port is not a number, .*%40",
            ),
            ({"url": "postgresql+psycopg://user:hidden@h:${PORT}/x"}, "the port is not a number"),
            ({"url": "postgresql+psycopg://user:no@hidden@h/x"}, "has an @: quote it"),
            ({"url": "oracle://user:hidden@host/x"}, "oracle is not supported"),
            ({"url": "mysql+nosuchdriver://user:hidden@host/x"}, "mysql.pymysql"),
            ({"url": "postgresql+psycopg://h/x?prepare_threshold=no"}, "a number of executions"),
            ({"url": "sqlite://"}, "Name a file"),
            ({"url": "sqlite:///file:x?mode=memory&uri=true"}, "Name a file"),
            ({"url": "sqlite:///x", "isolation_level": "SERIALIZABLE"}, "isolation_level"),
            ({"url": "sqlite:///x", "skip_autocommit_rollback": "true"}, "remove it"),
            ({"url": "sqlite:///x", "pool_sise": "3"}, r"oauth2\.sqlalchemy\.pool_sise: .* remove"),
            ({"url": "sqlite:///x", "pool_size": "many"}, r"\.pool_size: .*many.* Correct it"),
            ({"url": "sqlite:///x", "pool_size": "-3"}, r"\.pool_size is a number, 0 or more"),
            ({"url": "sqlite:///x", "pool_timeout": "-1"}, r"\.pool_timeout is a number, 0"),
            (
                {"url": "sqlite:///x", "max_overflow": "-5"},
                r"\.max_overflow is a number, -1 or more",
            ),
            ({"url": "sqlite:///x", "poolclass": "NullPool"}, r"\.poolclass: .* a class"),
            ({"url": "sqlite:///x", "connect_args": '{"x": 3}'}, r"\.connect_args: .* the query"),
            ({"url": "sqlite:///x", "echo": "?", "pool_size": "?"}, r"oauth2\.sqlalchemy\.\*: "),
            ({"engine": "nowhere.at.all"}, "nowhere.at.all"),
            ({"engine": "undotted"}, "undotted"),
            ({"engine": f"{__name__}.an_engine"}, r"\.engine = .*Engine is not callable. .* takes"),
            ({"engine": f"{__name__}.url_of"}, r"\.engine = .*str is not sqlalchemy.Engine"),
        ],
    )
    def test_mistakes_are_named_with_the_cure(self, section: dict[str, str], says: str) -> None:
        settings: Any = Ini(**section)
        with pytest.raises(ConfigurationError, match=says) as caught:
            engines.engine_factory(settings)()
        assert "hidden" not in str(caught.value)


class TestEngineOfTheApplication:
    def test_only_the_way_to_connect_is_taken(self, file: Path) -> None:
        opened: list[object] = []

        def creator() -> sqlite3.Connection:
            opened.append(None)
            return sqlite3.connect(file, check_same_thread=False)

        file.write_bytes(empty_database())
        theirs = create_engine("sqlite:///elsewhere.sqlite", creator=creator, pool_size=1)
        settings: Any = Ini()
        ours = engines.engine_factory(settings, theirs)()
        assert ours.pool is not theirs.pool
        with theirs.connect() as held, ours.connect() as connection:
            assert autocommits(connection)
            assert not autocommits(held)
        assert len(opened) == 2
        ours.dispose()
        theirs.dispose()

    def test_a_callable_may_be_named(self) -> None:
        settings: Any = Ini(engine=f"{__name__}.make_engine")
        assert engines.engine_factory(settings)().url.database == "named.sqlite"

    def test_the_include_makes_the_backend_that_the_directive_gave_an_engine(
        self, file: Path
    ) -> None:
        config = Configurator()
        config.include("pyramid_oauth2.directives")
        config.include("pyramid_oauth2.backends.sqlalchemy")
        config.set_oauth2_engine(create_engine(f"sqlite:///{file}"))
        config.commit()
        factory = config.registry.getUtility(IBackendFactory, name="sqlalchemy")
        backend = factory(Ini())
        assert isinstance(backend, SQLAlchemyBackend)
        assert engine_of(backend).url.database == str(file)

    def test_a_function_passed_to_the_directive_is_no_engine(self) -> None:
        config = Configurator()
        config.include("pyramid_oauth2.directives")
        config.include("pyramid_oauth2.backends.sqlalchemy")
        config.set_oauth2_engine(make_engine)
        config.commit()
        factory = config.registry.getUtility(IBackendFactory, name="sqlalchemy")
        with pytest.raises(ConfigurationError, match=r"set_oauth2_engine: function .* itself"):
            factory(Ini())

    def test_without_the_directive_there_is_none(self) -> None:
        assert engines.engine_of_app(Registry()) is None


def autocommits(connection: Connection) -> bool:
    driver_connection: Any = connection.connection.driver_connection
    return driver_connection.isolation_level is None


def make_engine(settings: object) -> Engine:
    return create_engine("sqlite:///named.sqlite")


def url_of(settings: object) -> str:
    return "postgresql+psycopg://user:hidden@h/x"


an_engine = create_engine("sqlite:///named.sqlite")
