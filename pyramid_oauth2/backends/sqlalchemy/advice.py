"""What is wrong with the database and what to do about it, by the error that it reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """The message for a group of errors.

    :param text: what is wrong, and what to do.
    :param codes: SQLSTATEs of PostgreSQL, error numbers of MySQL and MariaDB.
    :param phrases: parts of the message, for errors without a code.
    """

    text: str
    codes: frozenset[str | int] = frozenset()
    phrases: tuple[str, ...] = ()

    def is_for(self, code: str | int | None, message: str) -> bool:
        """Whether this is about an error with that code and message."""
        return code in self.codes or any(phrase in message for phrase in self.phrases)


SCHEMA = Advice(
    "The tables of pyramid_oauth2 are missing or out of date: run poauth2 INI db upgrade",
    frozenset({"42P01", "42703", 1146, 1054}),
    ("no such table", "no such column", "has no column named"),
)
LOCK = Advice(
    "The database kept us waiting for too long, most likely for a row that another transaction "
    "has locked: find the one that stays open (pg_stat_activity, SHOW PROCESSLIST) and commit it "
    "sooner.",
    frozenset({"55P03", "57014", 1205, 1969, 3024}),
)
SQLITE_LOCK = Advice(
    "The SQLite file is locked: SQLite lets one connection write at a time, and another kept "
    "its transaction open for too long. Give pyramid_oauth2 a file of its own "
    "(oauth2.sqlalchemy.url), commit sooner, or use PostgreSQL, MariaDB or MySQL.",
    phrases=("database is locked", "database table is locked"),
)
PERMISSION = Advice(
    "The database user in oauth2.sqlalchemy.url may not use the tables of pyramid_oauth2: GRANT it "
    "SELECT, INSERT, UPDATE and DELETE on those that begin with oauth2_.",
    frozenset({"42501", 1142, 1143}),
)
READ_ONLY = Advice(
    "The database can only be read: name the primary in oauth2.sqlalchemy.url, not a replica. For "
    "SQLite, let the process write to the file and to its folder.",
    frozenset({"25006", 1290, 1836}),
    ("attempt to write a readonly database",),
)
FULL = Advice(
    "The disk of the database is full: make room on it.",
    frozenset({"53100", 1021, 1114}),
    ("database or disk is full",),
)
CONNECTIONS = Advice(
    "The database takes no more connections: lower oauth2.sqlalchemy.pool_size and max_overflow, "
    "or raise its limit (max_connections).",
    frozenset({"53300", 1040, 1203}),
    ("too many clients already", "remaining connection slots are reserved"),
)
PREPARED = Advice(
    "A prepared statement belongs to another connection, so a pooler is in between that was not "
    "recognised: add ?prepare_threshold=none to oauth2.sqlalchemy.url.",
    frozenset({"26000", "42P05"}),
)
POOL = Advice(
    "Every connection of the pool is in use: raise oauth2.sqlalchemy.pool_size or max_overflow, "
    "or find out why the database is slow."
)

KNOWN = (SCHEMA, LOCK, SQLITE_LOCK, PERMISSION, READ_ONLY, FULL, CONNECTIONS, PREPARED)


def advice(code: str | int | None, message: str) -> str | None:
    """Return what to do about an error; None if that is not known.

    :param code: its SQLSTATE or error number, if it has one.
    :param message: as the driver gives it.
    """
    return next((known.text for known in KNOWN if known.is_for(code, message)), None)
