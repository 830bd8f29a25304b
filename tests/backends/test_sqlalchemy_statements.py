"""How many statements an operation needs, and what they cost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine

from pyramid_oauth2.backends.contract.factories import (
    HOUR,
    NOW,
    every,
    new_answer,
    new_client,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from pyramid_oauth2.backends.sqlalchemy.connection import PooledConnection
from pyramid_oauth2.backends.sqlalchemy.sqlite import EXTEND
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, Grant, Token

from .sqlite_databases import engine_of, statements_of

SORTS_EQUALS = re.compile(r"(RIGHT PART|LAST TERM|LAST \d+ TERMS) OF ORDER BY")


def test_a_grant_whose_end_stays_is_not_written(backend: SQLAlchemyBackend, engine: Engine) -> None:
    grant = new_grant()
    backend.grants.open(grant, [new_token(grant=grant)], NOW)
    ends = (grant.expires_at, grant.expires_at + 1, grant.absolute_end, grant.absolute_end + 1)
    with PooledConnection(engine) as connection:
        written = [
            connection.execute(EXTEND, {"ref_family": grant.id, "grant_end": end}).rowcount
            for end in ends
        ]
    assert written == [0, 1, 1, 0]


def test_a_new_record_is_inserted_without_what_is_null(
    backend: SQLAlchemyBackend, engine: Engine
) -> None:
    def columns_of(grant: Grant | None, token: Token) -> list[list[bool]]:
        """Which of these columns each INSERT has."""
        sent = statements_of(engine, lambda: backend.grants.open(grant, [token], NOW))
        assert backend.grants.find(token.ref) == (token, grant)
        later = ("consumed_at", "sealed_answer", "revoked_at", "revoke_reason")
        return [
            [name in statement for name in later]
            for statement, _ in sent
            if statement.startswith("INSERT")
        ]

    new, ended = new_grant(), new_grant(revoked_at=NOW, revoke_reason="test")
    spent = new_token(consumed_at=NOW, attempt="a", sealed_answer=new_answer())
    none = [False] * 4
    assert columns_of(new, new_token(grant=new)) == [none, none]
    assert columns_of(ended, new_token(grant=ended)) == [[False, False, True, True], none]
    assert columns_of(None, spent) == [[True, True, True, False]]


class TestRoundTripsToTheServer:
    def test_a_read_or_a_single_insert_is_one_statement(
        self, backend: SQLAlchemyBackend, engine: Engine
    ) -> None:
        grants = backend.grants
        token = new_token()
        ops: list[Callable[[], object]] = [
            lambda: grants.open(None, [token], NOW),
            lambda: grants.find(token.ref),
            lambda: grants.add(token.family, [new_token(), new_token()], NOW),
            lambda: grants.revoke_token(token.ref, NOW),
            lambda: grants.revoke_grant(token.family, NOW, "test"),
            lambda: grants.revoke_subject("alice", NOW, "test"),
            lambda: grants.reserve("n", new_digest(), NOW + 1, NOW),
            lambda: backend.clients.get("client"),
            lambda: backend.clients.add(new_client()),
            lambda: backend.consents.get("alice", "client"),
            lambda: backend.entries.get("feature", "key"),
            lambda: backend.entries.put(new_entry(), None),
            lambda: backend.entries.put(new_entry(), 0),
            lambda: backend.entries.delete("feature", "key"),
            lambda: backend.entries.list(owner="alice"),
        ]
        assert [len(statements_of(engine, op)) for op in ops] == [1] * len(ops)

    def test_an_import_of_what_is_there_is_a_look_up(
        self, backend: SQLAlchemyBackend, engine: Engine
    ) -> None:
        tokens = [new_token() for _ in range(100)]
        assert backend.grants.import_([*tokens, *tokens]) == 100
        again = statements_of(engine, lambda: backend.grants.import_(tokens))
        assert [statement.split()[0] for statement, _ in again] == ["SELECT"]
        assert backend.grants.import_([*tokens, new_token()]) == 1

    def test_a_redemption(self, backend: SQLAlchemyBackend, engine: Engine) -> None:
        grant = new_grant()
        parent = new_token(grant=grant, digest=new_digest())
        token = new_token(grant=grant, parent=parent.digest)
        backend.grants.open(grant, [token, parent], NOW)
        sent = statements_of(
            engine,
            lambda: backend.grants.redeem(
                token,
                NOW,
                "attempt",
                [new_token(grant=grant), new_token(grant=grant)],
                grant_expires_at=NOW + 2 * HOUR,
                retire=[parent.ref],
            ),
        )
        assert [" ".join(statement.split()[:3]) for statement, _ in sent] == [
            "BEGIN IMMEDIATE",
            "UPDATE oauth2_token SET",
            "UPDATE oauth2_grant SET",
            "UPDATE oauth2_token SET",
            "UPDATE oauth2_token SET",
            "INSERT INTO oauth2_token",
            "COMMIT",
        ]


class TestQueryPlans:
    @pytest.fixture
    def filled(self, backend: SQLAlchemyBackend) -> SQLAlchemyBackend:
        for number in range(30):
            grant = new_grant(subject=f"user {number}", client_id=f"client {number}")
            code = new_token(AUTHORIZATION_CODE, grant)
            backend.grants.open(grant, [code, new_token(grant=grant)], NOW)
            backend.grants.redeem(code, NOW, "a", [], grant_expires_at=NOW + number)
            backend.grants.reserve("n", new_digest(), NOW + number, NOW)
            backend.clients.add(new_client(client_name=f"Name {number}", owner="alice"))
            backend.entries.put(new_entry(owner="alice", expires_at=NOW + number), None)
        return backend

    def test_no_operation_scans_or_sorts(self, filled: SQLAlchemyBackend) -> None:
        engine, grants, clients = engine_of(filled), filled.grants, filled.clients
        grant = new_grant()
        token = new_token(grant=grant, parent=new_digest())
        grants.open(grant, [token], NOW)
        ops: dict[str, Callable[[], object]] = {
            "find": lambda: grants.find(token.ref),
            "redeem": lambda: grants.redeem(
                token, NOW, "a", [], grant_expires_at=NOW + 9, retire=[token.ref]
            ),
            "lost": lambda: grants.redeem(token, NOW, "b", []),
            "add": lambda: grants.add(grant.id, [new_token(grant=grant)], NOW),
            "amend": lambda: grants.amend(token.ref, 0, {"data": b""}),
            "revoke_token": lambda: grants.revoke_token(token.ref, NOW),
            "revoke_grant": lambda: grants.revoke_grant(grant.id, NOW, "test"),
            "revoke_subject": lambda: grants.revoke_subject("alice", NOW, "test"),
            "of a subject": lambda: grants.grants(subject="alice"),
            "of a client": lambda: grants.grants(client_id="client"),
            "tokens": lambda: grants.tokens(grant.id),
            "export": lambda: grants.export(),
            "purge": lambda: grants.purge(NOW + 2 * HOUR, limit=20),
            "by name": lambda: clients.search(),
            "of an owner": lambda: clients.search(owner="alice"),
            "by age": lambda: clients.search(sort="created_at"),
            "consents": lambda: filled.consents.list(subject="alice"),
            "consents of a client": lambda: filled.consents.list(client_id="client"),
            "entry": lambda: filled.entries.get("feature", "key"),
            "replace": lambda: filled.entries.put(new_entry(), 0),
            "delete": lambda: filled.entries.delete("feature", "key", 0),
            "of a namespace": lambda: filled.entries.list(namespace="feature"),
            "of an owner's": lambda: filled.entries.list(owner="alice"),
            "of both": lambda: filled.entries.list(namespace="feature", owner="alice"),
            "all entries": lambda: filled.entries.export(),
            "purge entries": lambda: filled.entries.purge(NOW + 9),
        }
        bad = {
            name: (statement, plan)
            for name, op in ops.items()
            for statement, parameters in statements_of(engine, op)
            if statement.startswith(("SELECT", "UPDATE", "DELETE"))
            for plan in plan_of(engine, statement, parameters)
            if scans(plan)
        }
        assert not bad

    def test_a_page_of_an_owner_costs_the_same_however_many_clients_there_are(
        self, backend: SQLAlchemyBackend
    ) -> None:
        """Although clients with the same name are sorted: their index lacks the client_id."""
        clients = backend.clients

        def add(numbers: range) -> None:
            clients.import_(
                new_client(client_id=f"{n:05}", client_name=f"Name {n // 10:05}", owner="alice")
                for n in numbers
            )

        def cost_of_a_page() -> int:
            cursor = clients.search(owner="alice", limit=5).cursor
            return steps_of(engine_of(backend), lambda: clients.search("alice", cursor=cursor))

        add(range(200))
        few = cost_of_a_page()
        add(range(200, 5000))
        assert cost_of_a_page() <= few * 1.1
        found = list(every(clients.search, owner="alice", limit=33))
        assert [client.client_id for client in found] == [f"{n:05}" for n in range(5000)]


def plan_of(engine: Engine, statement: str, parameters: Any) -> list[str]:
    with engine.connect() as connection:
        one = parameters[0] if isinstance(parameters, list) else parameters
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one)
        return [row[3] for row in rows]


def steps_of(engine: Engine, work: Callable[[], object]) -> int:
    """How many instructions of SQLite's virtual machine *work* takes, in hundreds."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    with engine.connect() as connection:
        driver_connection: Any = connection.connection.driver_connection
    driver_connection.set_progress_handler(count, 100)
    try:
        work()
    finally:
        driver_connection.set_progress_handler(None, 100)
    assert steps
    return steps


def scans(step: str) -> bool:
    # A scan along an index in its order stops at the page's limit; "N-ROW" is the list of keys.
    walk = step.startswith("SCAN") and "USING" not in step and "ROW" not in step
    # Sorting what is equal in the index stops there too.
    return walk or ("TEMP B-TREE" in step and not SORTS_EQUALS.search(step))
