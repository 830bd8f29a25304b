"""The statements that psycopg prepares on a connection to PostgreSQL, as it executes them often."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext

PREPARE_THRESHOLD = "prepare_threshold"

# "cached plan must not change result type": of what our statements do, only this is not supported.
STALE = "0A000"


def prepare_nothing(dbapi_connection: Any) -> None:
    """Keep psycopg from preparing statements on a connection."""
    if hasattr(dbapi_connection, PREPARE_THRESHOLD):  # psycopg2 never prepares one.
        dbapi_connection.prepare_threshold = None


def is_stale(error: BaseException) -> bool:
    """Whether a prepared statement does not fit its tables any more."""
    return getattr(error, "sqlstate", None) == STALE


def renew_when_stale(engine: Engine) -> None:
    """Replace every connection of *engine* once a prepared statement does not fit its tables.

    An upgrade of the tables, which runs while requests are served, may change the type
    of a column. The statements that were prepared before fail from then on.
    """

    @event.listens_for(engine, "handle_error")
    def on_error(context: ExceptionContext) -> None:
        if is_stale(context.original_exception):
            context.is_disconnect = True  # So a read is repeated, on a new connection.


def without_threshold(url: URL) -> tuple[URL, dict[str, Any]]:
    """Take ``prepare_threshold`` out of *url*, where it is text: psycopg needs a number or None.

    :return: the rest of the URL, and what to pass to ``create_engine`` besides.
    :raises ValueError: it is neither a number nor ``none``.
    """
    given = url.query.get(PREPARE_THRESHOLD)
    if given is None:
        return url, {}
    value = str(given).lower()
    if value != "none" and not (value.isascii() and value.isdigit()):
        raise ValueError(f"{PREPARE_THRESHOLD} is a number of executions, or none")
    threshold = None if value == "none" else int(value)
    rest = url.difference_update_query([PREPARE_THRESHOLD])
    return rest, {"connect_args": {PREPARE_THRESHOLD: threshold}}
