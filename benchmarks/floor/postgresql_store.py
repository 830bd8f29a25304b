"""Tokens in PostgreSQL, with psycopg."""

from __future__ import annotations

import psycopg

from . import Store

TABLE = """
    CREATE TABLE token (
        digest bytea PRIMARY KEY, subject text, expires_at bigint, spent boolean DEFAULT false
    )
"""
INSERT = "INSERT INTO token (digest, subject, expires_at) SELECT unnest(%s::bytea[]), %s, %s"
SPEND = "UPDATE token SET spent = true WHERE digest = %s AND NOT spent"
REPLACE = f"""
    WITH won AS ({SPEND} RETURNING digest)
    INSERT INTO token (digest, subject, expires_at)
    SELECT unnest(%s::bytea[]), %s, %s FROM won
"""


class PostgreSQLStore:
    """See :class:`~benchmarks.floor.Store`."""

    def __init__(self, url: str) -> None:
        self._database = psycopg.connect(url, autocommit=True)
        self._database.execute(TABLE)

    def insert(self, digests: list[bytes], subject: str, expires_at: int) -> None:
        """Write tokens."""
        self._database.execute(INSERT, (digests, subject, expires_at))

    def find(self, digest: bytes) -> tuple[str, int, bool] | None:
        """Read a token."""
        query = "SELECT subject, expires_at, spent FROM token WHERE digest = %s"
        return self._database.execute(query, (digest,)).fetchone()

    def replace(self, digest: bytes, digests: list[bytes], subject: str, expires_at: int) -> bool:
        """Spend a token and write others."""
        values = (digest, digests, subject, expires_at)
        return self._database.execute(REPLACE, values).rowcount == len(digests)

    def revoke(self, digest: bytes) -> None:
        """Spend a token."""
        self._database.execute(SPEND, (digest,))

    def close(self) -> None:
        """Close the connection."""
        self._database.close()


def open_store(url: str) -> Store:
    """Open an empty database.

    :param url: an SQLAlchemy URL.
    """
    return PostgreSQLStore(url.replace("postgresql+psycopg:", "postgresql:"))
