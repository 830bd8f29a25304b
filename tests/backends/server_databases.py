"""Test databases on PostgreSQL and MariaDB: created by the migrations, once per test class."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import cache, partial
from itertools import count
from typing import Any

import pytest
from sqlalchemy import (
    Connection,
    Dialect,
    Engine,
    NullPool,
    create_engine,
    func,
    make_url,
    select,
    update,
)

from pyramid_oauth2 import migrations
from pyramid_oauth2.backends.contract import BackendContract, Contract
from pyramid_oauth2.backends.contract.factories import DAY, NOW, new_grant, new_token
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, metadata
from pyramid_oauth2.backends.sqlalchemy import engine as engines
from pyramid_oauth2.backends.sqlalchemy.schema import grant_table
from pyramid_oauth2.interfaces import IBackend
from pyramid_oauth2.protocol.records import Outcome
from tests.servers.databases import DatabaseServer

from .sqlite_databases import WAITS_IN, Ini

_numbers = count(1)


def open_backend(url: str, **section: str) -> SQLAlchemyBackend:
    settings: Any = Ini(url=url, **section)
    return SQLAlchemyBackend(engines.engine_factory(settings))


def new_database(server: DatabaseServer) -> str:
    """The URL of a database with our tables."""
    url = server.new_database()
    if server.url.get_backend_name() == "mysql":
        # PyMySQL reads all of the system's certificates for each connection, for no use here.
        url += "?ssl_disabled=true"
    migrations.upgrade(url)
    return url


@cache
def _bare_database(server: DatabaseServer) -> str:
    return server.new_database()


def new_empty_database(server: DatabaseServer) -> str:
    """The URL of a database without tables: on PostgreSQL a schema, which is much faster."""
    if server.url.get_backend_name() != "postgresql":
        return server.new_database()
    bare, name = make_url(_bare_database(server)), f"s{next(_numbers)}"
    engine = create_engine(bare, poolclass=NullPool)
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE SCHEMA {name}")
    within = bare.update_query_dict({"options": f"-csearch_path={name}"})
    return within.render_as_string(hide_password=False)


@cache
def _shared_database(server: DatabaseServer) -> str:
    return new_database(server)


def emptied(server: DatabaseServer) -> str:
    """The URL of a database that tests share, with no rows left by an earlier test."""
    engine = create_engine(_shared_database(server), poolclass=NullPool)
    empty(engine)
    return _shared_database(server)


class OnServer(Contract):
    """The hooks of the contract on the server of the fixture ``server``: a database a class."""

    url: str
    onlooker: Engine
    waits_in = WAITS_IN

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def database(cls, server: DatabaseServer) -> Iterator[None]:
        cls.url = new_database(server)
        cls.onlooker = create_engine(cls.url, isolation_level="AUTOCOMMIT")
        cls.onlooker.connect().close()
        with pytest.MonkeyPatch.context() as patch:
            _ask_once(type(cls.onlooker.dialect), patch)
            yield
        cls.onlooker.dispose()

    def make_backend(self) -> IBackend:
        empty(self.onlooker)
        return open_backend(self.url)

    def open_elsewhere(self) -> Callable[[], IBackend]:
        return partial(open_backend, self.url)

    def raw_dump(self, backend: IBackend) -> bytes:
        with self.onlooker.connect() as connection:
            cells = [
                cell
                for table in metadata.tables
                for row in connection.exec_driver_sql(f"SELECT * FROM {table}")
                for cell in row
            ]
        return b"\n".join(c if isinstance(c, bytes) else str(c).encode() for c in cells)

    def count_records(self, backend: IBackend) -> int:
        return sum(rows_in(self.onlooker, table) for table in metadata.tables)

    def test_what_needs_an_active_grant_waits_for_its_revocation(self) -> None:
        """The interleavings stop Python code, so they cannot stop in the middle of a statement."""
        grants, grant = self.backend.grants, new_grant()
        tokens = [new_token(grant=grant) for _ in range(3)]
        grants.open(grant, tokens, NOW)
        new = [new_token(grant=grant)]
        calls: list[Callable[[], Any]] = [
            lambda: grants.redeem(tokens[0], NOW, "a", []).outcome,
            lambda: grants.redeem(tokens[1], NOW, "a", new, grant_expires_at=NOW + DAY).outcome,
            lambda: grants.redeem(tokens[2], NOW, "a", [], retire=[tokens[0].ref]).outcome,
            lambda: grants.add(grant.id, [new_token(grant=grant)], NOW),
        ]
        revoke = update(grant_table).where(grant_table.c.id == grant.id).values(revoked_at=NOW)
        with ThreadPoolExecutor(len(calls)) as pool:
            with self.onlooker.execution_options(
                isolation_level="READ COMMITTED"
            ).begin() as connection:
                connection.execute(revoke)
                results = [pool.submit(call) for call in calls]
                assert not wait(results, timeout=0.3).done
            assert [result.result() for result in results] == [Outcome.DEAD] * 3 + [False]


class ServerContract(OnServer, BackendContract):
    """The whole contract."""


def _ask_once(dialect: type[Dialect], patch: pytest.MonkeyPatch) -> None:
    """Let all engines know what the first one has asked the server, which is the same for all.

    SQLAlchemy asks at the first connection of an engine, and each test has an engine.
    """
    ask, learnt = dialect.initialize, dict[str, Any]()

    def initialize(self: Any, connection: Connection) -> None:
        if learnt:
            vars(self).update(learnt)
            return
        before = dict(vars(self))
        ask(self, connection)
        known = vars(self).items()
        learnt.update({name: value for name, value in known if before.get(name, ask) is not value})

    patch.setattr(dialect, "initialize", initialize)


def empty(engine: Engine) -> None:
    """Remove all rows; with few rows, that is a hundred times faster than TRUNCATE."""
    with engine.begin() as connection:
        for table in metadata.tables:
            connection.exec_driver_sql(f"DELETE FROM {table}")


def rows_in(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return connection.execute(
            select(func.count()).select_from(metadata.tables[table])
        ).scalar_one()
