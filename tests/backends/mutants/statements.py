"""Faults of the SQL store: one statement is another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, statements
from pyramid_oauth2.backends.sqlalchemy import clients as client_statements
from pyramid_oauth2.backends.sqlalchemy.connection import _compiled

Swaps = Any  # A mapping of statements, or a part of their text and another one.


class Swapping:
    """A connection or a database that executes other statements."""

    def __init__(self, within: Any, swaps: Swaps) -> None:
        self.within, self.swaps = within, swaps

    def __getattr__(self, name: str) -> Any:
        return getattr(self.within, name)

    def execute(self, statement: Any, *parameters: Any) -> Any:
        return self.within.execute(self.swaps.get(statement, statement), *parameters)

    def change(self, statement: Any, parameters: Any) -> int:
        return int(self.within.change(self.swaps.get(statement, statement), parameters))

    def atomically(self, work: Callable[[Any], Any], repeatable: bool = False) -> Any:
        return self.within.atomically(lambda its: work(type(self)(its, self.swaps)), repeatable)

    def at_once(self, work: Callable[[Any], Any], repeatable: bool = False) -> Any:
        return self.within.at_once(lambda its: work(type(self)(its, self.swaps)), repeatable)


class Rewriting(Swapping):
    """A connection or a database that executes a part of each text as another one."""

    def execute(self, statement: Any, *parameters: Any) -> Any:
        part, other = self.swaps
        compiled = _compiled(statement, self.within.dialect)
        if part not in compiled.text:
            return self.within.execute(statement, *parameters)
        text = compiled.text.replace(part, other)
        return self.within._run(compiled, text, compiled.values(*parameters))

    def change(self, statement: Any, parameters: Any) -> int:
        return int(self.at_once(lambda its: its.execute(statement, parameters).rowcount))


def rewritten(backend: SQLAlchemyBackend, swap: tuple[str, str]) -> SQLAlchemyBackend:
    """Let the grant store execute a part of its statements as another one."""
    backend.grants._database = Rewriting(backend.grants._database, swap)
    return backend


def swapped(backend: SQLAlchemyBackend, swaps: Swaps) -> SQLAlchemyBackend:
    """Let every store of a backend execute the other statements."""
    for role in ("grants", "clients", "consents", "entries"):
        store = getattr(backend, role)
        store._database = Swapping(store._database, swaps)
    return backend


def without(statement: Any, condition: int) -> Any:
    """An update that has one condition less."""
    other = statement._clone()
    conditions = list(statement._where_criteria)
    del conditions[condition]
    other._where_criteria = tuple(conditions)
    return other


# The grant is read without the lock that makes a revocation wait.
UNLOCKED = (" FOR UPDATE", "")
# Of the statement that spends, on SQLite.
SPENT_TWICE = (
    "oauth2_token.consumed_at IS NULL AND oauth2_token.revoked_at IS NULL"
    " AND oauth2_token.expires_at >",
    "oauth2_token.expires_at >",
)
AMENDED_AT_ANY_VERSION = {statements.AMEND: without(statements.AMEND, 2)}
AMENDED_WHEN_SPENT = {statements.AMEND: without(statements.AMEND, 1)}
EDITED_AT_ANY_VERSION = {client_statements.EDIT: without(client_statements.EDIT, 1)}
REVOKED_TWICE = {statements.REVOKE_GRANT: without(statements.REVOKE_GRANT, 1)}
