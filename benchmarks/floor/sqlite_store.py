"""Tokens in SQLite, with Python's own driver."""

from __future__ import annotations

import sqlite3

from . import Store

TABLE = """
    CREATE TABLE token (
        digest BLOB PRIMARY KEY, subject TEXT, expires_at INTEGER, spent INTEGER DEFAULT 0
    ) WITHOUT ROWID
"""
INSERT = "INSERT INTO token (digest, subject, expires_at) VALUES (?, ?, ?)"
SPEND = "UPDATE token SET spent = 1 WHERE digest = ? AND spent = 0"


class SQLiteStore:
    """See :class:`~benchmarks.floor.Store`."""

    def __init__(self, file: str) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute(TABLE)

    def insert(self, digests: list[bytes], subject: str, expires_at: int) -> None:
        """Write tokens."""
        self._database.execute("BEGIN IMMEDIATE")
        self._database.executemany(INSERT, [(digest, subject, expires_at) for digest in digests])
        self._database.execute("COMMIT")

    def find(self, digest: bytes) -> tuple[str, int, bool] | None:
        """Read a token."""
        query = "SELECT subject, expires_at, spent FROM token WHERE digest = ?"
        row: tuple[str, int, bool] | None = self._database.execute(query, (digest,)).fetchone()
        return row

    def replace(self, digest: bytes, digests: list[bytes], subject: str, expires_at: int) -> bool:
        """Spend a token and write others."""
        self._database.execute("BEGIN IMMEDIATE")
        won = self._database.execute(SPEND, (digest,)).rowcount == 1
        if won:
            self._database.executemany(INSERT, [(each, subject, expires_at) for each in digests])
        self._database.execute("COMMIT")
        return won

    def revoke(self, digest: bytes) -> None:
        """Spend a token."""
        self._database.execute(SPEND, (digest,))

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


def open_store(url: str) -> Store:
    """Open an empty file.

    :param url: an SQLAlchemy URL.
    """
    return SQLiteStore(url.removeprefix("sqlite:///"))
