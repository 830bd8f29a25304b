"""The schema's history arrives at today's schema, and touches nothing else."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Engine, Integer, MetaData, Table, create_engine, inspect

from pyramid_oauth2 import migrations
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, metadata
from pyramid_oauth2.backends.sqlalchemy import engine as engines

from .sqlite_databases import Ini


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'oauth2 100%.sqlite'}"


@pytest.fixture
def engine(url: str) -> Any:
    engine = create_engine(url)
    yield engine
    engine.dispose()


def schema_of(engine: Engine) -> list[tuple[str, ...]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT type, name, sql FROM sqlite_master ORDER BY name")
        return [tuple(row) for row in rows]


def differences(engine: Engine, ours: MetaData, **options: Any) -> list[Any]:
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), ours)


def test_upgrade_arrives_at_the_metadata(url: str, engine: Engine) -> None:
    migrations.upgrade(url)
    options = {"version_table": migrations.VERSION_TABLE, "compare_server_default": True}
    assert differences(engine, metadata, **options) == []


def test_upgrade_makes_what_the_metadata_would(url: str, engine: Engine, tmp_path: Path) -> None:
    """Primary keys and names, at which Alembic's comparison does not look, included."""
    migrations.upgrade(url)
    direct = create_engine(f"sqlite:///{tmp_path / 'direct.sqlite'}")
    metadata.create_all(direct)
    version = {migrations.VERSION_TABLE, f"sqlite_autoindex_{migrations.VERSION_TABLE}_1"}
    assert columns_of(engine, version) == columns_of(direct, version)
    direct.dispose()


def columns_of(engine: Engine, without: set[str]) -> dict[str, Any]:
    inspector = inspect(engine)
    return {
        table: (
            [(c["name"], str(c["type"]), c["nullable"]) for c in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            sorted(inspector.get_indexes(table), key=lambda index: str(index["name"])),
        )
        for table in inspector.get_table_names()
        if table not in without
    }


def test_upgrade_twice_is_a_no_op(url: str, engine: Engine) -> None:
    assert migrations.current(url) is None
    migrations.upgrade(url)
    before = schema_of(engine)
    migrations.upgrade(url)
    assert schema_of(engine) == before
    assert (migrations.current(url),) == migrations.heads()


def test_upgrade_takes_an_engine_of_any_isolation_level(url: str, engine: Engine) -> None:
    migrations.upgrade(engine.execution_options(isolation_level="AUTOCOMMIT"))
    assert (migrations.current(engine),) == migrations.heads()


def test_upgrade_takes_the_engine_of_the_backend(url: str) -> None:
    settings: Any = Ini(url=url)
    engine = engines.engine_from_settings(settings)
    migrations.upgrade(engine)
    backend = SQLAlchemyBackend(engine)
    assert backend.clients.get("client") is None
    backend.close()


def test_a_failed_upgrade_leaves_nothing(url: str, engine: Engine) -> None:
    with engine.connect() as connection:
        # Stands in the way of the last table.
        connection.exec_driver_sql("CREATE TABLE oauth2_reservation (mine INTEGER)")
    with pytest.raises(Exception, match="already exists"):
        migrations.upgrade(url)
    assert [name for _, name, _ in schema_of(engine)] == ["oauth2_reservation"]
    assert migrations.current(url) is None


class TestBesideAnApplication:
    theirs = MetaData()
    table = Table("oauth2_of_theirs", theirs, Column("id", Integer, primary_key=True))

    @pytest.fixture
    def shared(self, url: str, engine: Engine) -> Engine:
        self.theirs.create_all(engine)
        with engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('theirs')")
            connection.commit()
        return engine

    def test_nothing_of_theirs_is_touched(self, url: str, shared: Engine) -> None:
        before = set(schema_of(shared))
        migrations.upgrade(url)
        assert before < set(schema_of(shared))
        with shared.connect() as connection:
            version = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            assert version.scalars().all() == ["theirs"]

    def test_their_autogenerate_leaves_our_tables_alone(self, url: str, shared: Engine) -> None:
        migrations.upgrade(url)
        assert differences(shared, self.theirs)
        assert differences(shared, self.theirs, include_name=migrations.include_name) == []

    def test_their_autogenerate_still_sees_their_tables(self, url: str, shared: Engine) -> None:
        migrations.upgrade(url)
        seen = differences(shared, MetaData(), include_name=migrations.include_name)
        assert [(kind, table.name) for kind, table in seen] == [("remove_table", self.table.name)]


def test_the_logging_of_the_application_is_left_alone(url: str) -> None:
    def state() -> dict[str, tuple[int, int, bool]]:
        loggers = [logging.getLogger(name) for name in ("", "alembic", "sqlalchemy", "app")]
        return {one.name: (one.level, len(one.handlers), one.disabled) for one in loggers}

    before = state()
    migrations.upgrade(url)
    assert state() == before


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        ("sqlite", ["BEGIN", "client_id VARCHAR(128) NOT NULL", "COMMIT"]),
        ("postgresql", ["BEGIN", 'client_id VARCHAR(128) COLLATE "C"', "digest BYTEA", "COMMIT"]),
        ("mysql", ["COLLATE utf8mb4_0900_bin NOT NULL", "digest BINARY(32)", "ENGINE=InnoDB"]),
        ("mariadb", ["COLLATE utf8mb4_nopad_bin NOT NULL", "digest BINARY(32)", "ENGINE=InnoDB"]),
    ],
)
def test_the_statements_can_be_printed(dialect: str, expected: list[str]) -> None:
    printed = migrations.sql(dialect)
    assert [part for part in expected if part not in printed] == []
    assert printed.count("CREATE TABLE") == 1 + len(metadata.tables)
