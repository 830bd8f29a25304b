"""PostgreSQL through PgBouncer in transaction mode, whose three server connections change hands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Timer
from time import monotonic
from typing import Any

import pytest
from pyramid.config import Configurator
from sqlalchemy import create_engine, make_url, text

from pyramid_oauth2 import migrations
from pyramid_oauth2.backends.contract import (
    ClientReading,
    Closing,
    Copying,
    Forks,
    GrantCrashes,
    GrantReading,
    RedemptionEffects,
    RedemptionRaces,
    RoundTrips,
    WriteRaces,
)
from pyramid_oauth2.backends.contract.factories import NOW, new_grant, new_token
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, pooler
from pyramid_oauth2.protocol.records import Outcome, StoreUnavailable
from tests.functional.server import FORM, TOKEN, Server
from tests.servers.databases import DatabaseServer
from tests.servers.pgbouncer import PgBouncer, pgbouncer

from .server_databases import OnServer, new_database, open_backend
from .sqlite_databases import engine_of

LIMITS = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"


@pytest.fixture
def url(postgresql_server: DatabaseServer) -> str:
    """The URL of a database with our tables, without PgBouncer."""
    return new_database(postgresql_server)


@pytest.fixture
def pooled(url: str, pgbouncer_server: PgBouncer) -> str:
    """The same database by way of PgBouncer."""
    return pgbouncer_server.through(url)


@pytest.fixture
def backend(pooled: str) -> Iterator[SQLAlchemyBackend]:
    backend = open_backend(pooled)
    yield backend
    backend.close()


@pytest.fixture
def server(pooled: str) -> Iterator[Server]:
    settings = {
        "oauth2.issuer": "http://localhost",
        "oauth2.scopes": "read = Read\nwrite = Write",
        "oauth2.grant_types": "client_credentials",
        "oauth2.backend": "sqlalchemy",
        "oauth2.sqlalchemy.url": pooled,
        "oauth2.sqlalchemy.pool_size": "8",
    }
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    server = Server(config.make_wsgi_app())
    yield server
    server.stop()


def test_every_token_request_is_answered(server: Server) -> None:
    login = server.login()

    def ask(_number: int) -> int:
        form = "grant_type=client_credentials"
        browser = server.fresh_browser()
        return browser.post(
            TOKEN, form, headers=login, content_type=FORM, expect_errors=True
        ).status_int

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(200))) == [200] * 200


class TestPgBouncer(
    OnServer,
    RoundTrips,
    RedemptionEffects,
    Copying,
    GrantReading,
    ClientReading,
    RedemptionRaces,
    WriteRaces,
    GrantCrashes,
    Closing,
    Forks,
):
    """A transaction behaves as on a connection of its own, also in a race.

    The statements are those of PostgreSQL. What differs is how a transaction begins, that no
    statement is prepared, and which connection carries it.
    """

    @pytest.fixture(scope="class", autouse=True)
    @classmethod
    def database(
        cls, postgresql_server: DatabaseServer, pgbouncer_server: PgBouncer
    ) -> Iterator[None]:
        direct = new_database(postgresql_server)
        cls.url = pgbouncer_server.through(direct)
        cls.onlooker = create_engine(direct, isolation_level="AUTOCOMMIT")
        yield
        cls.onlooker.dispose()


def test_nothing_is_left_on_a_server_connection(pooled: str, backend: SQLAlchemyBackend) -> None:
    """The next client of the pooler would have our settings and our prepared statements."""
    grant = new_grant()
    for _ in range(10):
        backend.grants.open(new_grant(), (), NOW)
        backend.clients.get("client")
        backend.grants.redeem(new_token(grant=grant), NOW, "a", [])
    other = create_engine(pooled, connect_args={"prepare_threshold": None})
    with other.connect() as connection:
        assert connection.execute(text(LIMITS)).one() == ("0", "0")
        assert connection.execute(text("SELECT * FROM pg_prepared_statements")).all() == []
    other.dispose()


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Hold the locks of all rows of a table in another transaction."""
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.execute(text(f"SELECT * FROM {table} FOR UPDATE"))
        yield
    engine.dispose()


WRITES: dict[str, Callable[[SQLAlchemyBackend, Any, Any], object]] = {
    "one statement": lambda backend, grant, _: backend.grants.revoke_grant(grant.id, NOW, "test"),
    "a transaction": lambda backend, _, token: backend.grants.redeem(token, NOW, "a", []),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_does_not_wait_for_ever(
    url: str, backend: SQLAlchemyBackend, write: Callable[..., object]
) -> None:
    grant = new_grant()
    token = new_token(grant=grant)
    backend.grants.open(grant, [token], NOW)
    with locked(url, "oauth2_grant"):
        started = monotonic()
        with pytest.raises(StoreUnavailable, match="another transaction"):
            write(backend, grant, token)
        assert 2 < monotonic() - started < 8
    assert backend.grants.redeem(token, NOW, "a", []).outcome is Outcome.WON


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_is_recognised_whichever_connection_it_lends(
    postgresql_server: DatabaseServer, url: str, mode: str
) -> None:
    with pgbouncer(postgresql_server, mode) as server:
        engine = engine_of(open_backend(server.through(url)))
        for _ in range(5):
            with engine.connect() as connection:
                assert "begin" in connection.info
                driver_connection: Any = connection.connection.driver_connection
                assert driver_connection.prepare_threshold is None
            engine.dispose()
    direct = engine_of(open_backend(url))
    with direct.connect() as connection:
        assert "begin" not in connection.info
    direct.dispose()


def test_a_read_without_limit_is_warned_about_with_the_cure(
    backend: SQLAlchemyBackend, caplog: pytest.LogCaptureFixture
) -> None:
    pooler._warn.cache_clear()
    (warning,) = backend.check()
    assert "ALTER ROLE postgres SET lock_timeout = '3s'" in warning
    assert "SET statement_timeout = '7s'" in warning
    backend.close()
    backend.check()
    assert [record.getMessage() for record in caplog.records] == [warning]


def test_with_the_cure_there_is_no_warning(
    url: str, postgresql_server: DatabaseServer, pgbouncer_server: PgBouncer
) -> None:
    """A database takes the same settings as a role, and is that of this test alone."""
    name = make_url(url).database
    for setting in ("lock_timeout = '3s'", "statement_timeout = '7s'"):
        postgresql_server.execute(f"ALTER DATABASE {name} SET {setting}")
    pooled = open_backend(pgbouncer_server.through(url))
    assert pooled.check() == ()
    pooled.close()


def test_the_tables_are_made_and_upgraded_through_it(
    postgresql_server: DatabaseServer, pgbouncer_server: PgBouncer
) -> None:
    pooled = pgbouncer_server.through(postgresql_server.new_database())
    for _ in range(8):
        migrations.upgrade(pooled)
        assert (migrations.current(pooled),) == migrations.heads()


def test_an_upgrade_waits_for_another_longer_than_a_request_may(
    postgresql_server: DatabaseServer, pgbouncer_server: PgBouncer
) -> None:
    direct = postgresql_server.new_database()
    for setting in ("lock_timeout = '500ms'", "statement_timeout = '500ms'"):
        postgresql_server.execute(f"ALTER DATABASE {make_url(direct).database} SET {setting}")
    other = create_engine(direct)
    with other.connect() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({int.from_bytes(b'oauth2')})"))
        Timer(1, connection.rollback).start()
        migrations.upgrade(pgbouncer_server.through(direct))
    other.dispose()
