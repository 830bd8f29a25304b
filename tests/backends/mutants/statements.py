"""Faults of the SQL store: one statement is another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, select

from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, statements
from pyramid_oauth2.backends.sqlalchemy import clients as client_statements
from pyramid_oauth2.backends.sqlalchemy.schema import grant_table

Swaps = Mapping[Any, Any]


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
        return self.within.atomically(
            lambda connection: work(Swapping(connection, self.swaps)), repeatable
        )


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
UNLOCKED = {
    statements.LOCK_GRANT: select(
        grant_table.c.revoked_at, grant_table.c.expires_at, grant_table.c.absolute_end
    ).where(grant_table.c.id == bindparam("grant_id"))
}
AMENDED_AT_ANY_VERSION = {statements.AMEND: without(statements.AMEND, 2)}
AMENDED_WHEN_SPENT = {statements.AMEND: without(statements.AMEND, 1)}
SPENT_TWICE = {statements.SPEND: without(statements.SPEND, 1)}
EDITED_AT_ANY_VERSION = {client_statements.EDIT: without(client_statements.EDIT, 1)}
REVOKED_TWICE = {statements.REVOKE_GRANT: without(statements.REVOKE_GRANT, 1)}
