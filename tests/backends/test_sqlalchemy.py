"""The SQL backend on a SQLite file passes the contract, and keeps some further promises."""

from __future__ import annotations

import ast
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select

import pyramid_oauth2.backends.sqlalchemy as package
from pyramid_oauth2.backends.contract import BackendContract
from pyramid_oauth2.backends.contract.factories import HOUR, NOW, new_grant, new_token
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, metadata
from pyramid_oauth2.interfaces import IBackend
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, Outcome

from .sqlite_databases import WAITS_IN, new_backend, open_backend, statements_of


class TestSQLite(BackendContract):
    waits_in = WAITS_IN

    @property
    def file(self) -> Path:
        return self.directory / "oauth2.sqlite"

    def make_backend(self) -> IBackend:
        return new_backend(self.file)

    def open_elsewhere(self) -> Callable[[], IBackend]:
        return partial(open_backend, self.file)

    def raw_dump(self, backend: IBackend) -> bytes:
        with closing(sqlite3.connect(self.file)) as connection:
            script = "\n".join(connection.iterdump())
        files = self.directory.glob(f"{self.file.name}*")
        return script.encode() + b"".join(file.read_bytes() for file in files)

    def count_records(self, backend: IBackend) -> int:
        tables = metadata.tables.values()
        with closing(sqlite3.connect(self.file)) as connection:
            queries = (f"SELECT count(*) FROM {table.name}" for table in tables)
            return sum(connection.execute(query).fetchone()[0] for query in queries)


def test_a_replay_outlives_the_transaction_of_the_request(
    backend: SQLAlchemyBackend, file: Path
) -> None:
    """The application rolls back; the family stays dead nevertheless."""
    grant = new_grant()
    code = new_token(AUTHORIZATION_CODE, grant)
    backend.grants.open(grant, [code], NOW)
    app = create_engine(f"sqlite:///{file}")
    with app.connect() as request:
        request.execute(select(metadata.tables["oauth2_grant"]))
        assert backend.grants.redeem(code, NOW, "first", []).outcome is Outcome.WON
        assert backend.grants.redeem(code, NOW, "second", []).outcome is Outcome.CONSUMED
        assert backend.grants.revoke_grant(grant.id, NOW, "replay")
        request.rollback()
    app.dispose()
    assert backend.grants.redeem(code, NOW, "first", []).outcome is Outcome.DEAD


def test_spent_codes_of_living_grants_are_looked_at_once(
    backend: SQLAlchemyBackend, engine: Engine
) -> None:
    codes = []
    for _ in range(20):
        grant = new_grant(expires_at=NOW + 60)
        code = new_token(AUTHORIZATION_CODE, grant)
        refresh = new_token(grant=replace(grant, expires_at=NOW + HOUR))
        backend.grants.open(grant, [code], NOW)
        backend.grants.redeem(code, NOW, "a", [refresh], grant_expires_at=NOW + HOUR)
        extended = {"grant_expires_at": NOW + 9 * HOUR}
        backend.grants.redeem(refresh, NOW, "b", [], **extended)
        codes.append(code)
    # At the end that the grants had when the codes were spent, each code is postponed.
    first = backend.grants.purge(NOW + HOUR, limit=1000)
    assert first.removed == 20  # the spent refresh tokens
    sent = statements_of(engine, lambda: backend.grants.purge(NOW + HOUR, limit=1000))
    assert all(statement.startswith("SELECT") for statement, _ in sent)
    assert all(backend.grants.find(code.ref) for code in codes)
    backend.grants.purge(NOW + 9 * HOUR)
    assert not any(backend.grants.find(code.ref) for code in codes)


def test_a_cursor_of_nowhere_is_refused(backend: SQLAlchemyBackend) -> None:
    for cursor in ("", "x", "[]", "[1]", '["zz"]', "9", "-1", "0 x", "null"):
        with pytest.raises(ValueError, match="cursor"):
            backend.grants.export(cursor=cursor)
    with pytest.raises(ValueError, match="cursor"):
        backend.clients.search(cursor='["xx", "client"]')
    with pytest.raises(ValueError, match="sort"):
        backend.clients.search(sort="owner")


BANNED = {
    "begin": "sends nothing on a connection in autocommit",
    "begin_nested": "sends nothing on a connection in autocommit",
    "skip_autocommit_rollback": "leaves a transaction open for the next user of the connection",
    "returning": "not every engine has it",
    "current_timestamp": "the time is the caller's",
}


def banned_in(source: str) -> set[str]:
    """The forbidden methods that *source* calls, and the forbidden arguments that it passes."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    methods = {call.func.attr for call in calls if isinstance(call.func, ast.Attribute)}
    arguments = {str(keyword.arg) for call in calls for keyword in call.keywords}
    return BANNED.keys() & (methods | arguments)


ALLOWED = {
    # The application's session is not in autocommit: there a savepoint works.
    "session.py": {"begin_nested"},
    "postgresql.py": {"returning"},
}


def test_what_sqlalchemy_must_not_be_used_for() -> None:
    for file in Path(package.__file__).parent.glob("*.py"):
        assert banned_in(file.read_text()) == ALLOWED.get(file.name, set()), file.name


@pytest.mark.parametrize("call", ["c.begin()", "f(skip_autocommit_rollback=1)", "u().returning(x)"])
def test_the_ban_sees_it(call: str) -> None:
    assert banned_in(f"with x:\n    y = {call}")
