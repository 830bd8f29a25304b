"""PostgreSQL behind a pooler, such as PgBouncer, that lends a server connection for a transaction.

What a session keeps, such as a setting or a prepared statement, then stays with a
server connection that serves another client next. So behind a pooler nothing is kept:
each transaction that writes sets its own limits, and no statement is prepared.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy.engine.interfaces import DBAPICursor

# In the ``info`` of a connection that is behind a pooler: the statement that begins a transaction.
BEGIN = "begin"

# A row if what the session began with sets no limit.
UNLIMITED = (
    "SELECT current_user FROM pg_settings"
    " WHERE name IN ('lock_timeout', 'statement_timeout') AND setting = '0'"
)

log = logging.getLogger(__name__)


def set_for_session(cursor: DBAPICursor, settings: Mapping[str, str]) -> bool:
    """Set *settings* for the session of a connection, in one round trip.

    :return: False if it is behind a pooler: nothing is set then, since the next client of
        the server connection would have it.
    """
    # At the start of a connection, a server sends the id of the process that serves it, which is
    # needed to cancel a query. A pooler cannot know that process yet, and sends another number.
    connection: Any = cursor.connection
    calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())
    cursor.execute(f"SELECT {calls} WHERE pg_backend_pid() = {connection.info.backend_pid}")
    return cursor.fetchone() is not None


def beginning(limits: Mapping[str, str]) -> str:
    """Return what begins a transaction with *limits*, in one round trip."""
    local = "".join(f"; SET LOCAL {name} = '{value}'" for name, value in limits.items())
    return f"BEGIN ISOLATION LEVEL READ COMMITTED{local}"


def warn_of_unlimited_reads(cursor: DBAPICursor, limits: Mapping[str, str]) -> None:
    """Log once for each process that a read through a pooler may wait without limit.

    A read commits itself, so *limits* could only be set for it by two more round trips.
    """
    cursor.execute(UNLIMITED)
    if (row := cursor.fetchone()) is not None:
        _warn(unlimited_reads(row[0], limits))


def unlimited_reads(user: str, limits: Mapping[str, str]) -> str:
    """Return the warning about reads without limit, with the cure for the role *user*."""
    cures = (f"ALTER ROLE {user} SET {name} = '{value}'" for name, value in limits.items())
    return (
        "PostgreSQL is behind a pooler, where pyramid_oauth2 limits how long a write waits, but "
        f"not a read: {' and '.join(cures)}, then let the pooler connect anew."
    )


@cache
def _warn(message: str) -> None:
    log.warning("%s", message)
