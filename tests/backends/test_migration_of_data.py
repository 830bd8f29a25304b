"""A database that the first version filled is upgraded with everything that is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, NullPool, create_engine, insert, text

from pyramid_oauth2 import migrations
from pyramid_oauth2.backends.contract.factories import (
    LONG_CLIENT_IDS,
    NOW,
    every,
    new_client,
    new_consent,
    new_digest,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from pyramid_oauth2.backends.sqlalchemy.rows import (
    client_values,
    consent_values,
    grant_values,
    reservation_values,
    token_values,
    tombstone_values,
)
from pyramid_oauth2.protocol.records import Reservation

from .server_databases import new_empty_database, open_backend

FIRST = "oauth2_0001"
NAMES = ("client", "Client", "client ", "é" * 128)
CLIENTS = [new_client(client_id=name, client_name="Same", owner="alice") for name in NAMES]
GRANTS = [new_grant(client_id=name, data=b"\x00\xff") for name in NAMES]
TOKENS = [new_token(grant=grant) for grant in GRANTS]
CONSENTS = [new_consent(client_id=name, version=3) for name in NAMES]
CLAIMS = [Reservation("jti", digest, NOW) for digest in (new_digest(), bytes(32))]


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/old.sqlite"
    return new_empty_database(request.getfixturevalue(f"{request.param}_server"))


@pytest.fixture
def connection(url: str) -> Iterator[Connection]:
    """A connection to a database of the first version."""
    migrations.upgrade(url, FIRST)
    with create_engine(url, poolclass=NullPool).connect() as connection:
        yield connection


@pytest.fixture
def backend(url: str) -> Iterator[SQLAlchemyBackend]:
    backend = open_backend(url)
    yield backend
    backend.close()


def write(connection: Connection, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Insert rows as the first version did, which did not know the columns of later ones."""
    tables = MetaData()
    tables.reflect(connection)
    for name, values in rows.items():
        connection.execute(insert(tables.tables[name]), values)
    connection.commit()


def old_consent_values(consent: Any) -> dict[str, Any]:
    values = consent_values(consent)
    del values["data"]
    return values


def fill(connection: Connection) -> None:
    rows = {
        "oauth2_client": [*map(client_values, CLIENTS), tombstone_values("gone", NOW)],
        "oauth2_grant": [*map(grant_values, GRANTS)],
        "oauth2_token": [*map(token_values, TOKENS)],
        "oauth2_consent": [*map(old_consent_values, CONSENTS)],
        "oauth2_reservation": [*map(reservation_values, CLAIMS)],
    }
    write(connection, rows)


def test_everything_is_there_after_the_upgrade(
    url: str, connection: Connection, backend: SQLAlchemyBackend
) -> None:
    fill(connection)
    connection.close()
    migrations.upgrade(url)
    backend.check()
    assert set(every(backend.consents.export)) == set(CONSENTS)
    assert set(every(backend.grants.export)) == {*GRANTS, *TOKENS, *CLAIMS}
    assert {client.client_id for client in every(backend.clients.search, owner="alice")} == {*NAMES}
    assert "gone" in set(map(str, every(backend.clients.export)))
    for name, grant in zip(NAMES, GRANTS, strict=True):
        assert list(every(backend.grants.grants, client_id=name)) == [grant]
        assert list(every(backend.consents.list, client_id=name))


def test_longer_client_ids_and_data_can_be_stored_then(
    url: str, connection: Connection, backend: SQLAlchemyBackend
) -> None:
    fill(connection)
    connection.close()
    migrations.upgrade(url)
    changed = replace(CONSENTS[0], data=b"\x00\xff", version=4)
    assert backend.consents.put(changed, 3)
    assert backend.consents.get("alice", "client") == changed
    for client_id in LONG_CLIENT_IDS:
        backend.clients.add(new_client(client_id=client_id))
        assert backend.consents.put(new_consent(client_id=client_id), None)


def test_a_process_of_the_first_version_goes_on(
    url: str, connection: Connection, backend: SQLAlchemyBackend
) -> None:
    """On the upgraded tables, whose new columns it does not know."""
    connection.close()
    migrations.upgrade(url)
    with create_engine(url, poolclass=NullPool).connect() as old:
        columns = ", ".join(old_consent_values(CONSENTS[0]))
        values = ", ".join(f":{name}" for name in old_consent_values(CONSENTS[0]))
        statement = text(f"INSERT INTO oauth2_consent ({columns}) VALUES ({values})")
        old.execute(statement, old_consent_values(CONSENTS[0]))
        old.commit()
    assert backend.consents.get("alice", "client") == CONSENTS[0]


def test_values_are_used_once_before_and_after_the_upgrade(
    url: str, connection: Connection, backend: SQLAlchemyBackend
) -> None:
    """Before it only those of 32 bytes, on each engine."""
    connection.close()
    migrations.upgrade(url, "oauth2_0002")
    earlier, later = new_digest(), b"1" * 64
    assert backend.grants.reserve("jti", earlier, NOW + 1, NOW)
    migrations.upgrade(url)
    assert not backend.grants.reserve("jti", earlier, NOW + 1, NOW)
    assert backend.grants.reserve("jti", later, NOW + 1, NOW)
    assert not backend.grants.reserve("jti", later, NOW + 1, NOW)
