"""The schema's history leads to the current schema on every engine, and changes nothing else."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import (
    Column,
    Engine,
    Inspector,
    Integer,
    MetaData,
    NullPool,
    Table,
    create_engine,
    event,
    inspect,
    make_url,
)

from pyramid_oauth2 import deadlines, migrations
from pyramid_oauth2.backends.contract.racing import PROCESSES, race_of_processes
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, metadata
from pyramid_oauth2.backends.sqlalchemy import engine as engines
from pyramid_oauth2.protocol.records import StoreUnavailable
from tests.ports import HOST
from tests.servers.faulty_proxy import MUTE, FaultyProxy

from .server_databases import new_empty_database
from .sqlite_databases import Ini

ENGINES = ("sqlite", "postgresql", "mariadb")


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """Make an empty database on an engine; return its URL."""

    def new_url(engine: str) -> str:
        if engine != "sqlite":
            return new_empty_database(request.getfixturevalue(f"{engine}_server"))
        made = len(list(tmp_path.iterdir()))
        return f"sqlite:///{tmp_path / f'oauth2 100% {made}.sqlite'}"

    return new_url


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, new_url: Callable[[str], str]) -> str:
    return new_url(request.param)


@pytest.fixture
def engine(url: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect():  # Creates the file, if it is one.
        pass
    return engine


def options_of(inspector: Inspector, table: str) -> Any:
    try:
        return inspector.get_table_options(table)
    except NotImplementedError:  # SQLAlchemy 2.0 reads them on MariaDB only.
        return {}


def schema_of(engine: Engine, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Columns, keys and indexes by table, with the engine's description of each."""
    inspector = inspect(engine)
    return {
        table: (
            [{**column, "type": repr(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_pk_constraint(table),
            sorted(inspector.get_indexes(table), key=lambda index: str(index["name"])),
            options_of(inspector, table),
        )
        for table in inspector.get_table_names()
        if table not in without
    }


def differences(engine: Engine, ours: MetaData, **options: Any) -> list[Any]:
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), ours)


def version_of(engine: Engine, table: str) -> list[str]:
    with engine.connect() as connection:
        return list(connection.exec_driver_sql(f"SELECT version_num FROM {table}").scalars())


def test_upgrade_arrives_at_the_metadata(url: str, engine: Engine) -> None:
    migrations.upgrade(url)
    options = {"version_table": migrations.VERSION_TABLE, "compare_server_default": True}
    assert differences(engine, metadata, **options) == []


def test_upgrade_makes_what_the_metadata_would(
    url: str, engine: Engine, new_url: Callable[[str], str]
) -> None:
    """Including primary keys, names and collations, which Alembic does not compare."""
    migrations.upgrade(url)
    name = "mariadb" if engine.dialect.name == "mysql" else engine.dialect.name
    direct = create_engine(new_url(name), poolclass=NullPool)
    metadata.create_all(direct)
    assert schema_of(engine, without=frozenset({migrations.VERSION_TABLE})) == schema_of(direct)


def test_upgrade_twice_is_a_no_op(url: str, engine: Engine) -> None:
    assert migrations.current(url) is None
    migrations.upgrade(url)
    before = schema_of(engine)
    migrations.upgrade(url)
    assert schema_of(engine) == before
    assert (migrations.current(url),) == migrations.heads()


class Database:
    """What each process of a race opens: its one store is the URL."""

    def __init__(self, url: str) -> None:
        self.url = url

    def close(self) -> None:
        """Nothing is open."""


def test_simultaneous_upgrades_wait_for_each_other(url: str, engine: Engine) -> None:
    """As when all workers of an application upgrade at start-up."""
    opener: Any = partial(Database, url)
    race_of_processes(opener, [[migrations.upgrade] * PROCESSES], "url")
    assert version_of(engine, migrations.VERSION_TABLE) == list(migrations.heads())


def test_a_mistyped_url_is_named_and_not_repeated() -> None:
    with pytest.raises(ValueError, match=r"the port is not a number, .*%40") as caught:
        migrations.upgrade("postgresql+psycopg://user:p@ss:w0rd@db.example/shop")
    assert "w0rd" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_upgrade_takes_an_engine_of_any_isolation_level(url: str, engine: Engine) -> None:
    migrations.upgrade(engine.execution_options(isolation_level="AUTOCOMMIT"))
    assert (migrations.current(engine),) == migrations.heads()


def test_upgrade_takes_the_engine_of_the_backend(url: str) -> None:
    settings: Any = Ini(url=url)
    make_engine = engines.engine_factory(settings)
    migrations.upgrade(make_engine())
    backend = SQLAlchemyBackend(make_engine)
    assert backend.clients.get("client") is None
    backend.close()


class Interruption(Exception):
    """What ends an upgrade in the tests, as the end of its process would."""


@contextmanager
def interrupted(after: int) -> Iterator[list[str]]:
    """Interrupt upgrades after as many statements that write; collect these statements."""
    done: list[str] = []

    def before(*args: Any) -> None:
        if len(done) >= after and writes(args[2]):
            raise Interruption

    def afterwards(*args: Any) -> None:
        if writes(args[2]):
            done.append(args[2])

    listeners = [("before_cursor_execute", before), ("after_cursor_execute", afterwards)]
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield done
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


def writes(statement: str) -> bool:
    return statement.split()[0] in {"CREATE", "ALTER", "DROP", "INSERT", "UPDATE"}


def upgrade_until_interrupted(url: str, after: int, revision: str = "head") -> list[str] | None:
    """The statements that were executed; None if the upgrade was completed."""
    with interrupted(after) as done:
        try:
            migrations.upgrade(url, revision)
        except Interruption:
            return done
    return None


# The revision before each, and after how many statements an upgrade to it is interrupted at least.
REVISIONS = {
    "oauth2_0001": (None, 6),
    "oauth2_0002": ("oauth2_0001", 6),
    "oauth2_0003": ("oauth2_0002", 1),
}


@pytest.mark.parametrize("revision", REVISIONS)
class TestInterruption:
    @pytest.fixture
    def finished(
        self, request: pytest.FixtureRequest, new_url: Callable[[str], str], engine: Engine
    ) -> dict[str, Any]:
        name = "mariadb" if engine.dialect.name == "mysql" else engine.dialect.name
        url = new_url(name)
        migrations.upgrade(url, request.getfixturevalue("revision"))
        return schema_of(create_engine(url, poolclass=NullPool))

    @pytest.fixture
    def before(self, url: str, engine: Engine, revision: str) -> str | None:
        """The revision before, which the database is at, with a client and a consent."""
        before, _ = REVISIONS[revision]
        if before is not None:
            migrations.upgrade(url, before)
            with engine.begin() as connection:
                for row in ROWS:
                    connection.exec_driver_sql(row)
        return before

    @pytest.mark.parametrize("url", ["mariadb"], indirect=True)
    def test_the_next_upgrade_goes_on(
        self,
        url: str,
        engine: Engine,
        revision: str,
        before: str | None,
        finished: dict[str, Any],
    ) -> None:
        """Each is interrupted after one statement, so together after every one of them."""
        interruptions = 0
        while (done := upgrade_until_interrupted(url, 1, revision)) is not None:
            interruptions += 1
            assert len(done) == 1
            assert migrations.current(url) == before
            assert interruptions < 100
        assert interruptions >= REVISIONS[revision][1]
        assert schema_of(engine) == finished
        assert migrations.current(url) == revision
        if before:
            assert rows_of(engine) == [1, 1]

    @pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
    def test_it_leaves_nothing(
        self,
        url: str,
        engine: Engine,
        revision: str,
        before: str | None,
        finished: dict[str, Any],
    ) -> None:
        clean, after = schema_of(engine), 0
        while upgrade_until_interrupted(url, after, revision) is not None:
            assert schema_of(engine) == clean
            assert migrations.current(url) == before
            after += 3
        assert after >= REVISIONS[revision][1]
        assert schema_of(engine) == finished


ROWS = (
    "INSERT INTO oauth2_client (client_id, name_key, created_at, updated_at, version, epoch,"
    " document) VALUES ('a', 'a', 1, 1, 0, 0, '{}')",
    "INSERT INTO oauth2_consent (subject, client_id, scopes, redirect_uri, created_at, expires_at,"
    " resources, version) VALUES ('a', 'a', '', '', 1, 1, '', 0)",
)


def rows_of(engine: Engine) -> list[int]:
    with engine.connect() as connection:
        return [
            connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one()
            for table in ("oauth2_client", "oauth2_consent")
        ]


@pytest.mark.parametrize("url", ["mariadb"], indirect=True)
def test_an_interrupted_upgrade_is_known(url: str, engine: Engine) -> None:
    assert not migrations.interrupted(url)
    assert upgrade_until_interrupted(url, 4)
    assert migrations.interrupted(url)
    migrations.upgrade(url)
    assert not migrations.interrupted(url)
    # All tables without a revision, but beside our version table: another history has none.
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DELETE FROM {migrations.VERSION_TABLE}")
    assert migrations.interrupted(url)
    assert not migrations.made_elsewhere(url)


class MuteFromTheFirstQuery(FaultyProxy):
    def _request(self, client: socket.socket, server: socket.socket, data: bytes) -> bool:
        if b"SELECT" in data.upper():
            self.mode = MUTE
        return super()._request(client, server, data)


@pytest.mark.parametrize("url", ["postgresql", "mariadb"], indirect=True)
@pytest.mark.parametrize(
    "look", [migrations.current, migrations.made_elsewhere, migrations.interrupted]
)
def test_a_look_at_a_database_that_sends_nothing_ends(
    url: str, look: Callable[[Engine], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = MuteFromTheFirstQuery(make_url(url).port or 0)
    near = make_url(url).set(host=HOST, port=proxy.port)
    ini: Any = Ini(url=near.render_as_string(hide_password=False))
    engine = engines.engine_factory(ini)()
    monkeypatch.setattr(deadlines, "SECONDS", 1)
    with pytest.raises(StoreUnavailable, match="The database did not answer in time"):
        look(engine)
    proxy.close()


class TestAnotherProgramsTable:
    def test_nothing_is_made_beside_it(self, url: str, engine: Engine) -> None:
        with engine.begin() as connection:
            # In the way of the last table of the first revision.
            connection.exec_driver_sql("CREATE TABLE oauth2_reservation (mine INTEGER)")
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="oauth2_reservation already exists"):
                migrations.upgrade(url)
            assert list(schema_of(engine)) == ["oauth2_reservation"]
            assert migrations.current(url) is None

    def test_it_is_not_taken_for_ours_later(self, url: str, engine: Engine) -> None:
        migrations.upgrade(url, "oauth2_0001")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE oauth2_entry (mine INTEGER)")
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="oauth2_entry already exists"):
                migrations.upgrade(url)
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE oauth2_entry")
        migrations.upgrade(url)
        options = {"version_table": migrations.VERSION_TABLE}
        assert differences(engine, metadata, **options) == []


class TestBesideAnApplication:
    """Two histories in one database: the application's in its ``env.py``, ours beside it."""

    theirs = MetaData()
    table = Table("oauth2_of_theirs", theirs, Column("id", Integer, primary_key=True))

    @pytest.fixture
    def shared(self, engine: Engine) -> Engine:
        self.theirs.create_all(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
            connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('theirs')")
        return engine

    def test_nothing_of_theirs_is_touched(self, url: str, shared: Engine) -> None:
        before = schema_of(shared)
        migrations.upgrade(url)
        after = schema_of(shared)
        assert {name: after[name] for name in before} == before
        assert after.keys() - before.keys() == metadata.tables.keys() | {migrations.VERSION_TABLE}
        assert version_of(shared, "alembic_version") == ["theirs"]

    def test_their_autogenerate_leaves_our_tables_alone(self, url: str, shared: Engine) -> None:
        migrations.upgrade(url)
        assert differences(shared, self.theirs)
        assert differences(shared, self.theirs, include_name=migrations.include_name) == []

    def test_their_autogenerate_still_sees_their_tables(self, url: str, shared: Engine) -> None:
        migrations.upgrade(url)
        seen = differences(shared, MetaData(), include_name=migrations.include_name)
        assert [(kind, table.name) for kind, table in seen] == [("remove_table", self.table.name)]


ENV = """
from alembic import context
from sqlalchemy import Column, Integer, MetaData, NullPool, Table, create_engine
from pyramid_oauth2.migrations import include_name

theirs = MetaData()
Table("project", theirs, Column("id", Integer, primary_key=True))

with create_engine(context.config.attributes["url"], poolclass=NullPool).connect() as connection:
    context.configure(connection=connection, target_metadata=theirs, include_name=include_name)
    with context.begin_transaction():
        context.run_migrations()
"""
FIRST_OF_THEIRS = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0001", None, ("theirs",), None


def upgrade():
    op.create_table("project", sa.Column("id", sa.Integer, primary_key=True))
"""
TEMPLATE = """
revision, down_revision = ${repr(up_revision)}, ${repr(down_revision)}


def upgrade():
    ${upgrades}
"""


class TestWithinAnApplication:
    """One history: the application's ``alembic.ini`` names our revisions beside its own."""

    @pytest.fixture
    def config(self, url: str, tmp_path: Path) -> Config:
        folder = tmp_path / "alembic"
        (folder / "versions").mkdir(parents=True)
        (folder / "env.py").write_text(ENV)
        (folder / "script.py.mako").write_text(TEMPLATE)
        (folder / "versions" / "0001_project.py").write_text(FIRST_OF_THEIRS)
        config = Config(attributes={"url": url})
        config.set_main_option("script_location", str(folder))
        config.set_main_option("path_separator", "space")
        config.set_main_option(
            "version_locations", f"{folder / 'versions'} pyramid_oauth2:migrations/versions"
        )
        return config

    def test_upgrade_makes_our_tables_too(self, config: Config, engine: Engine) -> None:
        command.upgrade(config, "heads")
        assert schema_of(engine).keys() == metadata.tables.keys() | {"project", "alembic_version"}
        assert differences(engine, metadata, include_name=only_ours) == []
        assert set(version_of(engine, "alembic_version")) == {"0001", *migrations.heads()}

    def test_autogenerate_proposes_nothing(self, config: Config) -> None:
        command.upgrade(config, "heads")
        made: Any = command.revision(config, autogenerate=True, head="theirs@head")
        assert "op." not in Path(made.path).read_text()


def only_ours(name: str | None, type_: str, _parents: object) -> bool:
    return type_ != "table" or name in metadata.tables


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
        (
            "mysql",
            [
                "COLLATE utf8mb4_0900_bin NOT NULL",
                "digest BINARY(32)",
                "ENGINE=InnoDB",
                "ALTER TABLE oauth2_reservation MODIFY digest VARBINARY(64) NOT NULL",
            ],
        ),
        ("mariadb", ["COLLATE utf8mb4_nopad_bin NOT NULL", "digest BINARY(32)", "ENGINE=InnoDB"]),
    ],
)
def test_the_statements_can_be_printed(dialect: str, expected: list[str]) -> None:
    printed = migrations.sql(dialect)
    assert [part for part in expected if part not in printed] == []
    assert printed.count("CREATE TABLE oauth2_") == 1 + len(metadata.tables)
