"""Prepared statements on PostgreSQL: how many, and what becomes of them when a table changes."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, make_url

from pyramid_oauth2 import migrations
from pyramid_oauth2.backends.contract.factories import NOW, new_attempt, new_grant, new_token
from pyramid_oauth2.backends.sqlalchemy import engine as engines
from pyramid_oauth2.protocol.records import Outcome
from tests.servers.databases import DatabaseServer

from .server_databases import new_database, open_backend
from .sqlite_databases import Ini


@pytest.fixture
def url(postgresql_server: DatabaseServer) -> str:
    return new_database(postgresql_server)


def test_tables_that_change_under_a_running_process(url: str) -> None:
    """As when the tables are upgraded while the old version still serves."""
    backend = open_backend(url, pool_size="1", max_overflow="0")
    grant = new_grant()
    tokens = [new_token(grant=grant) for _ in range(20)]
    backend.grants.open(grant, tokens, NOW)
    for token in tokens[1:]:
        assert backend.clients.get("client") is None
        assert backend.grants.find(token.ref)
        assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON
    owner = create_engine(url)
    with owner.begin() as connection:
        for table in ("oauth2_client", "oauth2_grant"):
            connection.exec_driver_sql(f"ALTER TABLE {table} ALTER client_id TYPE varchar(600)")
    owner.dispose()
    assert backend.clients.get("client") is None
    assert backend.grants.find(tokens[0].ref)
    assert backend.grants.redeem(tokens[0], NOW, "a", []).outcome is Outcome.WON
    backend.close()


def made(url: str) -> Engine:
    settings: Any = Ini(url=url)
    return engines.engine_factory(settings)()


@pytest.mark.parametrize(("given", "meant"), [("0", 0), ("7", 7), ("none", None), ("None", None)])
def test_the_threshold_of_the_url(url: str, given: str, meant: int | None) -> None:
    """psycopg takes a number or None, while the parameter of a URL is text."""
    named = make_url(url).update_query_dict({"prepare_threshold": given})
    engine = made(named.render_as_string(hide_password=False))
    with engine.connect() as connection:
        driver_connection: Any = connection.connection.driver_connection
        assert driver_connection.prepare_threshold == meant
    migrations.upgrade(engine)
    migrations.upgrade(named)
    engine.dispose()
