"""Clients as part of the application's own transaction: written through its session.

An application may need to save a project and its OAuth client together or not at
all. That takes one transaction, and so the session in which the project is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.exc import DBAPIError

from ...interfaces import IClientStore
from .clients import SQLAlchemyClientStore
from .connection import Connection
from .database import Database
from .failures import is_duplicate, translated

if TYPE_CHECKING:
    from sqlalchemy import Connection as SessionConnection
    from sqlalchemy.orm import Session

Result = TypeVar("Result")


def clients_in(session: Session, transaction_manager: Any = None) -> IClientStore:
    """Return a client store whose writes take effect when *session* commits.

    It sees what the session has written and not committed yet. An error of the
    database other than a duplicate is raised as the session raises it, so that
    code that retries transactions recognises it.

    :param transaction_manager: the manager that commits the session (``request.tm``);
        None for a session that the application commits itself.
    """
    return SQLAlchemyClientStore(SessionDatabase(session, transaction_manager))


class SessionDatabase(Database):
    """The operations that a store uses, within the transaction of a session."""

    def __init__(self, session: Session, transaction_manager: Any) -> None:
        self._session = session
        self._manager = transaction_manager

    def atomically(self, work: Callable[[Connection], Result], repeatable: bool = False) -> Result:
        """Run *work* completely or not at all; a duplicate leaves the transaction usable."""
        self._session.flush()
        try:
            _begin(self._session.connection())
            with self._session.begin_nested():
                result = work(self._session.connection())
        except DBAPIError as error:
            if is_duplicate(error):
                raise translated(error) from None
            # The application's engine may show parameters; ours hold digests.
            error.hide_parameters = True
            raise
        if self._manager is not None:
            # Imported here, since it loads the ORM and every installed driver.
            from zope.sqlalchemy import mark_changed

            # Without this, zope.sqlalchemy would roll back: it only notices changes of entities.
            mark_changed(self._session, self._manager)
        return result

    def close(self) -> None:
        """Do nothing: the session is the application's."""

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        return work(self._session.connection())

    def _write(self, work: Callable[[Connection], Result]) -> Result:
        return self.atomically(work)


def _begin(connection: SessionConnection) -> None:
    # Python's sqlite3 begins no transaction before a SAVEPOINT, whose release would then commit.
    driver_connection: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and not driver_connection.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
