"""Explains errors of the database, whichever engine and driver they come from.

A message says what is wrong and what to do about it. It never repeats the
parameters of a statement, since they may be digests.
"""

from __future__ import annotations

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ...protocol.records import DuplicateRecord, OutcomeUnknown, StoreUnavailable

# SQLSTATE of PostgreSQL, error number of MySQL and MariaDB.
DEADLOCK = {"40001", "40P01", 1213}
LOCKED = {"55P03", "57014", 1205}
NO_SCHEMA = {"42P01", "42703", 1146, 1054}

SCHEMA_ADVICE = (
    "The tables of pyramid_oauth2 are missing or out of date: run poauth2 INI db upgrade"
)
LOCK_ADVICE = (
    "The database kept us waiting for too long, most likely for a row that another transaction "
    "has locked: find the one that stays open (pg_stat_activity, SHOW PROCESSLIST) and commit it "
    "sooner."
)
SQLITE_LOCK_ADVICE = (
    "The SQLite file is locked: SQLite lets one connection write at a time, and another kept "
    "its transaction open for too long. Give pyramid_oauth2 a file of its own "
    "(oauth2.sqlalchemy.url), commit sooner, or use PostgreSQL, MariaDB or MySQL."
)
POOL_ADVICE = (
    "Every connection of the pool is in use: raise oauth2.sqlalchemy.pool_size or max_overflow, "
    "or find out why the database is slow."
)


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
        return not 2000 <= code < 3000  # Errors of MySQL's clients.
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


def translated(error: Exception) -> Exception:
    """Return what a store raises for *error*: the error itself if our statement is at fault."""
    if isinstance(error, PoolTimeout):
        return StoreUnavailable(POOL_ADVICE)
    if not isinstance(error, DBAPIError):
        return error
    if isinstance(error, IntegrityError):
        return DuplicateRecord("a record of that identity exists")
    code, text = _code(error), str(error.orig)
    if code in NO_SCHEMA or text.startswith(("no such table", "no such column")):
        return StoreUnavailable(SCHEMA_ADVICE)
    if text.startswith(("database is locked", "database table is locked")):
        return StoreUnavailable(SQLITE_LOCK_ADVICE)
    if code in LOCKED:
        return StoreUnavailable(LOCK_ADVICE)
    if isinstance(error, DataError | ProgrammingError):
        return error
    return StoreUnavailable(f"The database does not answer: {text}")


def _code(error: DBAPIError) -> str | int | None:
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    # The number first: PyMySQL also has a sqlstate, but many errors share the same one.
    return number if isinstance(number, int) else getattr(error.orig, "sqlstate", None)
