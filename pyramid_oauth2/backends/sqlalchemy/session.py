"""Clients as part of the application's own work: written through its session, kept if it commits.

A project and its OAuth client, both or neither: only one transaction can
promise that, and so only the session in which the project is written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError

from ...interfaces import IClientStore
from ...protocol.records import DuplicateRecord
from .clients import SQLAlchemyClientStore
from .database import Database

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Result = TypeVar("Result")


def clients_in(session: Session, transaction_manager: Any = None) -> IClientStore:
    """Return a client store whose writes become true when *session* commits.

    It sees what the session has written and not committed yet. An error of the
    database other than a duplicate is raised as the session raises it, so that
    whoever retries transactions knows it.

    :param transaction_manager: what commits the session (``request.tm``); None
        for a session that the application commits by itself.
    """
    return SQLAlchemyClientStore(SessionDatabase(session, transaction_manager))


class SessionDatabase(Database):
    """The ways in which a store uses a database, within the transaction of a session."""

    def __init__(self, session: Session, transaction_manager: Any) -> None:
        self._session = session
        self._manager = transaction_manager

    def atomically(self, work: Callable[[Connection], Result], repeatable: bool = False) -> Result:
        """Run *work* with all its effects or none; a duplicate leaves the transaction usable."""
        self._session.flush()
        try:
            _begin(self._session.connection())
            with self._session.begin_nested():
                result = work(self._session.connection())
        except IntegrityError:
            raise DuplicateRecord("a record of that identity exists") from None
        except DBAPIError as error:
            # The engine is the application's, which may show parameters; ours hold digests.
            error.hide_parameters = True
            raise
        if self._manager is not None:
            # Only here, for it loads the ORM and every driver that is installed.
            from zope.sqlalchemy import mark_changed

            # It rolls back what it was not told of, and it is told of entities only.
            mark_changed(self._session, self._manager)
        return result

    def close(self) -> None:
        """Do nothing: the session is the application's."""

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        return work(self._session.connection())

    def _write(self, work: Callable[[Connection], Result]) -> Result:
        return self.atomically(work)


def _begin(connection: Connection) -> None:
    # Python's sqlite3 begins no transaction before a SAVEPOINT, whose release would then commit.
    driver_connection: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite" and not driver_connection.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
