"""The SQL backend on PostgreSQL: the contract, the settings in force, and the planner's choices."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import randbytes
from typing import Any

import pytest
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH, MAX_CACHED_STATEMENT_PARAMS
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError

from pyramid_oauth2.backends.contract.factories import (
    HOUR,
    NOW,
    new_client,
    new_consent,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from pyramid_oauth2.backends.sqlalchemy.connection import CURSOR, MANY_ROWS, PooledConnection
from pyramid_oauth2.backends.sqlalchemy.redemption import MOST_RETIRED
from pyramid_oauth2.backends.sqlalchemy.schema import token_table
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, INTERACTION, Outcome, Reservation
from tests.servers.databases import DatabaseServer

from .server_databases import ServerContract, new_database, open_backend
from .sqlite_databases import engine_of, statements_of

# To the planner a few wide rows are like many narrow ones, and they are created faster.
ROWS = 3000
WIDTH = 1500  # bytes, fewer than are stored out of line


@pytest.fixture(scope="session")
def server(postgresql_server: DatabaseServer) -> DatabaseServer:
    return postgresql_server


class TestPostgreSQL(ServerContract):
    pass


@pytest.fixture(scope="module")
def filled(server: DatabaseServer) -> Iterator[SQLAlchemyBackend]:
    """With enough rows that reading a whole table costs more than using an index."""
    backend = open_backend(new_database(server))
    backend.clients.import_(f"gone {n}" for n in range(ROWS))
    grants = [
        new_grant(
            subject=f"user {n}", client_id=f"client {n}", expires_at=NOW + n, data=randbytes(WIDTH)
        )
        for n in range(ROWS)
    ]
    codes = [new_token(AUTHORIZATION_CODE, grant, sealed_answer=None) for grant in grants]
    backend.grants.import_([*grants, *codes, *(new_token(grant=grant) for grant in grants)])
    backend.grants.import_(Reservation("n", new_digest(), NOW + n) for n in range(ROWS))
    names = (new_client(client_name=f"Name {n}", owner=f"user {n}") for n in range(ROWS))
    backend.clients.import_(names)
    backend.consents.import_(
        new_consent(subject=f"user {n}", client_id=f"client {n}", expires_at=NOW + n)
        for n in range(ROWS)
    )
    backend.entries.import_(
        new_entry(owner=f"user {n}", key=f"key {n}", expires_at=NOW + n) for n in range(ROWS)
    )
    with engine_of(backend).connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    yield backend
    backend.close()


def test_what_the_stores_rely_on_is_in_force(filled: SQLAlchemyBackend) -> None:
    settings = {
        "lock_timeout": "3s",
        "statement_timeout": "7s",
        "transaction_isolation": "read committed",
    }
    with engine_of(filled).connect() as connection:
        for name, value in settings.items():
            assert connection.exec_driver_sql(f"SHOW {name}").scalar_one() == value
        driver_connection: Any = connection.connection.driver_connection
        assert driver_connection.autocommit
        assert driver_connection.info.get_parameters()["connect_timeout"] == "3"


def test_no_operation_reads_a_whole_table(filled: SQLAlchemyBackend) -> None:
    grants, clients, consents = filled.grants, filled.clients, filled.consents
    entries = filled.entries
    grant = new_grant()
    token, other = new_token(grant=grant, parent=new_digest()), new_token(grant=grant)
    grants.open(grant, [token, other], NOW)
    new = new_grant()
    decision = new_token(INTERACTION, family=new.id)
    grants.open(None, [decision], NOW)
    ops: dict[str, Callable[[], object]] = {
        "find": lambda: grants.find(token.ref),
        "redeem": lambda: grants.redeem(
            token, NOW, "a", [new_token(grant=grant)], grant_expires_at=NOW + 9, retire=[other.ref]
        ),
        "decide": lambda: grants.redeem(decision, NOW, "a", [new_token(grant=new)], grant=new),
        "lost": lambda: grants.redeem(token, NOW, "b", []),
        "add": lambda: grants.add(grant.id, [new_token(grant=grant)], NOW),
        "amend": lambda: grants.amend(token.ref, 0, {"data": b""}),
        "revoke_token": lambda: grants.revoke_token(token.ref, NOW),
        "revoke_grant": lambda: grants.revoke_grant(grant.id, NOW, "test"),
        "revoke_subject": lambda: grants.revoke_subject("user 7", NOW, "test"),
        "reserve": lambda: grants.reserve("n", new_digest(), NOW + HOUR, NOW),
        "of a subject": lambda: grants.grants(subject="user 1"),
        "of a client": lambda: grants.grants(client_id="client 1"),
        "of both": lambda: grants.grants(subject="user 1", client_id="client 1"),
        "tokens": lambda: grants.tokens(grant.id),
        "export": lambda: grants.export(),
        "client": lambda: clients.get("gone 1"),
        "by name": lambda: clients.search(),
        "that begin so": lambda: clients.search(prefix="name 12"),
        "of an owner": lambda: clients.search(owner="user 1"),
        "by age": lambda: clients.search(sort="created_at"),
        "epoch": lambda: clients.raise_epoch("nobody", NOW),
        "consent": lambda: consents.get("user 1", "client 1"),
        "consents": lambda: consents.list(subject="user 1"),
        "consents of a client": lambda: consents.list(client_id="client 1"),
        "entry": lambda: entries.get("feature", "key 1"),
        "replace": lambda: entries.put(new_entry(key="key 1"), 0),
        "delete": lambda: entries.delete("feature", "key 2", 0),
        "of a namespace": lambda: entries.list(namespace="feature"),
        "entries of an owner": lambda: entries.list(owner="user 1"),
        "entries of both": lambda: entries.list(namespace="feature", owner="user 1"),
        # Last, since the statistics do not include what it removes.
        "purge": lambda: grants.purge(NOW + 20, limit=100),
        "purge of consents": lambda: consents.purge(NOW + 20, limit=100),
        "purge of entries": lambda: entries.purge(NOW + 20, limit=100),
    }
    engine = engine_of(filled)
    bad = {
        name: plan
        for name, op in ops.items()
        for statement, parameters in statements_of(engine, op)
        if statement.startswith(("SELECT", "UPDATE", "DELETE"))
        if "Seq Scan" in (plan := plan_of(engine, statement, parameters))
    }
    assert not bad


def plan_of(engine: Engine, statement: str, parameters: Any) -> str:
    one = parameters[0] if isinstance(parameters, list) else parameters
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", one)
        return "\n".join([statement, *rows.scalars()])


@pytest.fixture
def empty(postgresql_server: DatabaseServer) -> Iterator[SQLAlchemyBackend]:
    """A database of this server without records."""
    backend = open_backend(new_database(postgresql_server))
    yield backend
    backend.close()


def test_what_takes_a_transaction_elsewhere_is_one_statement(empty: SQLAlchemyBackend) -> None:
    grants, grant = empty.grants, new_grant()
    code, refresh = new_token(AUTHORIZATION_CODE, grant), new_token(grant=grant)
    parent = replace(refresh, parent=code.digest)
    new = [new_token(grant=grant), new_token(grant=grant)]
    other = new_grant()
    decision = new_token(INTERACTION, family=other.id)
    ops: list[Callable[[], object]] = [
        lambda: grants.open(grant, [code, parent], NOW),
        lambda: grants.add(grant.id, [new_token(grant=grant)], NOW),
        lambda: grants.redeem(parent, NOW, "a", new, grant_expires_at=NOW + 9),
        lambda: grants.redeem(code, NOW, "b", []),
        lambda: grants.open(None, [decision], NOW),
        lambda: grants.redeem(decision, NOW, "a", [new_token(grant=other)], grant=other),
        lambda: grants.redeem(new[0], NOW, "a", [new_token(grant=grant)], retire=[new[1].ref]),
    ]
    assert [len(statements_of(engine_of(empty), op)) for op in ops] == [1] * len(ops)


@pytest.mark.parametrize("ended", ["spent", "revoked", "grant revoked", "expired"])
def test_a_loser_writes_nothing(empty: SQLAlchemyBackend, ended: str) -> None:
    grants, grant = empty.grants, new_grant()
    token, retired = new_token(grant=grant, parent=new_digest()), new_token(grant=grant)
    grants.open(grant, [token, retired], NOW)
    now, new = NOW, [new_token(grant=grant)]
    if ended == "spent":
        grants.redeem(token, NOW, "a", [])
    elif ended == "revoked":
        grants.revoke_token(token.ref, NOW)
    elif ended == "grant revoked":
        grants.revoke_grant(grant.id, NOW, "test")
    else:
        now = token.expires_at
    before = versions(engine_of(empty))
    lost = grants.redeem(token, now, "b", new, grant_expires_at=NOW + 10**6, retire=[retired.ref])
    assert lost.outcome is not Outcome.WON
    assert versions(engine_of(empty)) == before


@pytest.mark.parametrize("ended", ["spent", "revoked", "expired"])
def test_a_loser_opens_no_grant(empty: SQLAlchemyBackend, ended: str) -> None:
    grants, grant, now = empty.grants, new_grant(), NOW
    decision = new_token(INTERACTION, family=grant.id)
    grants.open(None, [decision], NOW)
    if ended == "spent":
        grants.redeem(decision, NOW, "a", [])
    elif ended == "revoked":
        grants.revoke_token(decision.ref, NOW)
    else:
        now = decision.expires_at
    before = versions(engine_of(empty))
    lost = grants.redeem(decision, now, "b", [new_token(grant=grant)], grant=grant)
    assert lost.outcome is not Outcome.WON
    assert versions(engine_of(empty)) == before


@pytest.mark.parametrize("role", ["itself", "its parent", "twice", "many"])
def test_what_is_retired_may_be_anything(empty: SQLAlchemyBackend, role: str) -> None:
    """Also a row that the redemption writes anyway, which one statement cannot write twice."""
    grants, grant = empty.grants, new_grant()
    parent, others = new_token(grant=grant), [new_token(grant=grant) for _ in range(9)]
    token = new_token(grant=grant, parent=parent.digest)
    grants.open(grant, [token, parent, *others], NOW)
    retired = {
        "itself": [token],
        "its parent": [parent],
        "twice": [others[0], others[0]],
        "many": others,
    }[role]
    grants.redeem(token, NOW, "a", [], retire=[each.ref for each in retired])
    states = [found and found[0] for found in map(grants.find, (each.ref for each in retired))]
    assert [each and each.revoked_at for each in states] == [NOW] * len(retired)
    spent = grants.find(token.ref)
    assert spent is not None
    assert spent[0].consumed_at == NOW


def test_a_connection_keeps_its_cursor(empty: SQLAlchemyBackend) -> None:
    everything = select(token_table)
    empty.grants.open(None, [new_token() for _ in range(MANY_ROWS)], NOW)
    with PooledConnection(engine_of(empty)) as connection:
        connection.execute(everything)
        cursor = connection.info[CURSOR]
        connection.execute(everything)
        assert connection.info[CURSOR] is cursor
        with pytest.raises(DBAPIError):
            connection.exec_driver_sql("SELECT nothing")
        assert CURSOR not in connection.info
    empty.grants.open(None, [new_token()], NOW)
    with PooledConnection(engine_of(empty)) as connection:
        connection.execute(everything)
        assert CURSOR not in connection.info


def test_psycopg_keeps_every_statement_parsed(empty: SQLAlchemyBackend) -> None:
    """It does not for one that is longer, or has more parameters: 0.1 ms at each execution."""
    token = new_token(AUTHORIZATION_CODE, new_grant(), parent=new_digest())
    new = [new_token(family=token.family) for _ in range(2)]
    retired = [new_token(family=token.family).ref for _ in range(MOST_RETIRED)]
    (text, values), *_ = statements_of(
        engine_of(empty),
        lambda: empty.grants.redeem(token, NOW, "a", new, grant_expires_at=NOW, retire=retired),
    )
    assert len(text) <= MAX_CACHED_STATEMENT_LENGTH
    assert len(values) <= MAX_CACHED_STATEMENT_PARAMS


def versions(engine: Engine) -> list[Any]:
    """Which transaction wrote each row."""
    with engine.connect() as connection:
        return [
            connection.exec_driver_sql(f"SELECT xmin, ctid FROM {table} ORDER BY ctid").all()
            for table in ("oauth2_grant", "oauth2_token")
        ]
