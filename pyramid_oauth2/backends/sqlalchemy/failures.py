"""Explains errors of the database, whichever engine and driver they come from.

A message says what is wrong and what to do about it. It never repeats the
parameters of a statement, since they may be digests.
"""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ...protocol.records import DuplicateRecord, OutcomeUnknown, StoreUnavailable
from .advice import POOL, advice

# SQLSTATE of PostgreSQL, error number of MySQL and MariaDB.
DEADLOCK = {"40001", "40P01", 1213}
UNIQUE = {"23505", 1062}


def is_deadlock(error: Exception) -> bool:
    """Whether the database rolled back one of two transactions, which may be tried again."""
    return isinstance(error, DBAPIError) and _code(error) in DEADLOCK


def is_lost(error: Exception) -> bool:
    """Whether the connection broke, so that the outcome of the statement is unknown."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def is_response(error: Exception) -> bool:
    """Whether the database sent the error itself, and so can be reached."""
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(code := _code(error), int):
        return code >= 1000 and not 2000 <= code < 3000  # All others are of MySQL's clients.
    return code is not None or hasattr(error.orig, "sqlite_errorcode")


def may_have_arrived(error: Exception) -> bool:
    """Whether the connection broke when a statement was sent, or its result was awaited.

    An error in connecting has no statement. That of a transaction may be its COMMIT.
    """
    return is_lost(error) and isinstance(error, DBAPIError) and error.statement is not None


def in_doubt(failure: Exception) -> Exception:
    """Return what a store raises instead of *failure*, if an earlier try may have written."""
    unavailable = isinstance(failure, StoreUnavailable)
    return OutcomeUnknown(str(failure)) if unavailable else failure


def is_duplicate(error: Exception) -> bool:
    """Whether a row with that key exists. Any other broken constraint is a failure."""
    return isinstance(error, IntegrityError) and (
        # SQLite has no code that every driver shows; its primary keys are UNIQUE here too.
        _code(error) in UNIQUE or str(error.orig).startswith("UNIQUE constraint failed")
    )


def translated(error: Exception) -> Exception:
    """Return what a store raises for *error*, which came out of a driver or of SQLAlchemy.

    Drivers also raise errors of other classes than the DB-API has: of a missing
    library, for instance, or for a value that they cannot convert.
    """
    if isinstance(error, DuplicateRecord | StoreUnavailable):
        return error
    if is_duplicate(error):
        return DuplicateRecord("a record of that identity exists")
    return StoreUnavailable(_explained(error))


def _explained(error: Exception) -> str:
    if isinstance(error, PoolTimeout):
        return POOL.text
    if not isinstance(error, DBAPIError):
        return f"The database cannot be used: {_kind(error)}: {_first(error)}"
    code, text = _code(error), str(error.orig)
    # The message of the server may repeat the value, or the whole row.
    if isinstance(error, DataError):
        return f"The database refuses a value: {_kind(error.orig)} ({code})"
    if isinstance(error, IntegrityError):
        return (
            f"A constraint refuses a row: {_kind(error.orig)} ({code}). Remove constraints and "
            "triggers that are not of pyramid_oauth2 from its tables."
        )
    if isinstance(error, OperationalError):
        # Of several attempts to connect, psycopg says what became of each on a line of its own.
        text = " ".join(text.split())
    return advice(code, text) or f"The database does not answer: {_first(text)}"


def _kind(error: object) -> str:
    return type(error).__name__


def _first(text: object) -> str:
    return str(text).partition("\n")[0]


def _code(error: DBAPIError) -> str | int | None:
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    # The number first: PyMySQL also has a sqlstate, but many errors share the same one.
    return number if isinstance(number, int) else getattr(error.orig, "sqlstate", None)
