"""PostgreSQL behind a pooler, such as PgBouncer, that lends a server connection for a transaction.

What a session keeps, such as a setting or a prepared statement, then stays with a
server connection that serves another client next. So behind a pooler nothing is kept:
each transaction that writes sets its own limits, and no statement is prepared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import URL, text
from sqlalchemy.engine.interfaces import DBAPICursor

# In the ``info`` of a connection that is behind a pooler: the statement that begins a transaction.
BEGIN = "begin"

PREPARE_THRESHOLD = "prepare_threshold"

UNLIMITED = text(
    "SELECT current_user FROM pg_settings"
    " WHERE name IN ('lock_timeout', 'statement_timeout') AND setting = '0'"
)
UNLIMITED_ADVICE = (
    "PostgreSQL is behind a pooler, where pyramid_oauth2 limits how long a write waits, but not a "
    "read. ALTER ROLE {user} SET lock_timeout = '{lock}s' and ALTER ROLE {user} SET "
    "statement_timeout = '{statement}s', then let the pooler reconnect."
)


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


def prepare_nothing(dbapi_connection: Any) -> None:
    """Keep psycopg from preparing a statement that it executes often."""
    if hasattr(dbapi_connection, PREPARE_THRESHOLD):  # psycopg2 never prepares one.
        dbapi_connection.prepare_threshold = None


def beginning(settings: Mapping[str, str]) -> str:
    """Return what begins a transaction with *settings*, in one round trip."""
    limits = "".join(f"; SET LOCAL {name} = '{value}'" for name, value in settings.items())
    return f"BEGIN ISOLATION LEVEL READ COMMITTED{limits}"


def without_threshold(url: URL) -> tuple[URL, dict[str, Any]]:
    """Take ``prepare_threshold`` out of *url*, where it is text: psycopg needs a number or None.

    :return: the rest of the URL, and the arguments of the connection.
    :raises ValueError: it is neither a number nor ``none``.
    """
    given = url.query.get(PREPARE_THRESHOLD)
    if given is None:
        return url, {}
    value = str(given)
    if value.lower() != "none" and not (value.isascii() and value.isdigit()):
        raise ValueError(f"{PREPARE_THRESHOLD} is a number of executions, or none")
    threshold = None if value.lower() == "none" else int(value)
    return url.difference_update_query([PREPARE_THRESHOLD]), {PREPARE_THRESHOLD: threshold}
