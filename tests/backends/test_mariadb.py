"""The SQL backend on MariaDB: the contract, the settings in force, and what goes over the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pymysql
import pytest

from pyramid_oauth2.backends.contract.factories import NOW, new_client, new_digest, new_token
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from tests.servers.databases import DatabaseServer

from .server_databases import ServerContract, new_database, open_backend
from .sqlite_databases import engine_of


@pytest.fixture(scope="session")
def server(mariadb_server: DatabaseServer) -> DatabaseServer:
    return mariadb_server


class TestMariaDB(ServerContract):
    pass


@pytest.fixture(scope="module")
def backend(server: DatabaseServer) -> Iterator[SQLAlchemyBackend]:
    backend = open_backend(new_database(server))
    yield backend
    backend.close()


def test_what_the_stores_rely_on_is_in_force(backend: SQLAlchemyBackend) -> None:
    with engine_of(backend).connect() as connection:
        names = ("tx_isolation", "innodb_lock_wait_timeout", "autocommit", "sql_mode")
        row = connection.exec_driver_sql("SELECT " + ", ".join(f"@@{name}" for name in names))
        *values, mode = row.one()
        assert values == ["READ-COMMITTED", 3, 1]
        assert "STRICT_ALL_TABLES" in mode.split(",")
        driver_connection: Any = connection.connection.driver_connection
        assert driver_connection.connect_timeout == 3


def test_a_read_or_a_single_insert_is_one_round_trip(
    backend: SQLAlchemyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    grants, token = backend.grants, new_token()
    grants.find(token.ref)
    ops: list[Callable[[], object]] = [
        lambda: grants.open(None, [token], NOW),
        lambda: grants.find(token.ref),
        lambda: grants.revoke_token(token.ref, NOW),
        lambda: grants.reserve("n", new_digest(), NOW + 1, NOW),
        lambda: backend.clients.get("client"),
        lambda: backend.clients.add(new_client()),
    ]
    sent: list[object] = []
    send = pymysql.connections.Connection._execute_command

    def counted(self: Any, *arguments: Any) -> None:
        sent.append(arguments)
        send(self, *arguments)

    monkeypatch.setattr(pymysql.connections.Connection, "_execute_command", counted)
    for op in ops:
        sent.clear()
        op()
        assert len(sent) == 1


def test_a_transaction_that_fails_is_rolled_back(backend: SQLAlchemyBackend) -> None:
    """Although no rollback is sent where no transaction was begun."""
    token = new_token()
    backend.grants.open(None, [token], NOW)
    fresh = new_token()
    with pytest.raises(Exception, match="exists"):
        backend.grants.open(None, [fresh, token], NOW)
    with engine_of(backend).connect() as connection:
        assert connection.exec_driver_sql("SELECT @@in_transaction").scalar() == 0
    assert backend.grants.find(fresh.ref) is None
