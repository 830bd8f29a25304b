"""The tables, on one public ``metadata``.

Times are integer UTC seconds. On every engine, an identifier equals only itself,
byte for byte: letter case and trailing blanks count.

A change here needs a new file in ``pyramid_oauth2/migrations/versions``.

MySQL's dialects are not imported for other engines: that would be 10 ms of each start.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BINARY,
    VARBINARY,
    BigInteger,
    Column,
    Connection,
    Dialect,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from ...protocol.records import (
    CLIENT_ID_LENGTH,
    DIGEST_SIZE,
    KEY_LENGTH,
    NAMESPACE_LENGTH,
    RESERVED_SIZE,
    SUBJECT_LENGTH,
)

FAMILY_LENGTH = 64
NAME_LENGTH = 64
NAME_KEY_LENGTH = 1024
MYSQL = ("mysql", "mariadb")

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Identifier(TypeDecorator[str]):
    """Text that is compared byte for byte.

    The default collations of MySQL and MariaDB treat 'alice ' and 'Alice' as one
    user. On PostgreSQL the C collation also keeps an index valid when the operating
    system's locale data changes.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type with the collation, which MySQL and MariaDB name differently."""
        if dialect.name not in MYSQL:
            return String(self.length, collation="C" if dialect.name == "postgresql" else None)
        from sqlalchemy.dialects.mysql import VARCHAR
        from sqlalchemy.dialects.mysql.base import MySQLDialect

        assert isinstance(dialect, MySQLDialect)
        collation = "utf8mb4_nopad_bin" if dialect.is_mariadb else "utf8mb4_0900_bin"
        return VARCHAR(self.length, charset="utf8mb4", collation=collation)


class Blob(LargeBinary):
    """Bytes; MySQL's BLOB holds at most 64 KiB."""


class LongText(Text):
    """Text; MySQL's TEXT holds at most 64 KiB."""


@compiles(Blob, *MYSQL)
def _blob(element: Blob, compiler: Any, **more: Any) -> str:
    return "MEDIUMBLOB"


@compiles(LongText, *MYSQL)
def _long_text(element: LongText, compiler: Any, **more: Any) -> str:
    return "MEDIUMTEXT CHARACTER SET utf8mb4"


def binary(length: int) -> TypeEngine[bytes]:
    """Bytes that can be indexed: *length* of them, or fewer."""
    return LargeBinary(length).with_variant(VARBINARY(length), *MYSQL)


# SHA-256 of a token string. BINARY pads what is shorter with zeros.
Digest = LargeBinary(DIGEST_SIZE).with_variant(BINARY(DIGEST_SIZE), *MYSQL)
Time = BigInteger
Count = BigInteger

# The columns are those by which a client is found, and those that a single statement changes. The
# rest is one JSON document, stored as text: no query reads it, and MySQL's JSON type would rewrite
# it.
client_table = Table(
    "oauth2_client",
    metadata,
    Column("client_id", Identifier(CLIENT_ID_LENGTH), primary_key=True),
    Column("owner", Identifier(SUBJECT_LENGTH)),
    Column("name_key", binary(NAME_KEY_LENGTH), nullable=False),
    Column("created_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("disabled_at", Time),
    Column("deleted_at", Time),
    Column("version", Count, nullable=False),
    Column("epoch", Count, nullable=False),
    Column("document", LongText, nullable=False),
    Index(None, "name_key", "client_id"),
    Index(None, "created_at", "client_id"),
    # With the client_id it would exceed the 3072 bytes of an index in InnoDB. Without it an engine
    # sorts the clients of one owner, SQLite and PostgreSQL only those with the same name.
    Index(None, "owner", "name_key"),
)

grant_table = Table(
    "oauth2_grant",
    metadata,
    Column("id", Identifier(FAMILY_LENGTH), primary_key=True),
    Column("client_id", Identifier(CLIENT_ID_LENGTH), nullable=False),
    Column("epoch", Count, nullable=False),
    Column("subject", Identifier(SUBJECT_LENGTH), nullable=False),
    Column("scope", LongText, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("absolute_end", Time, nullable=False),
    Column("resources", LongText, nullable=False),
    Column("revoked_at", Time),
    Column("revoke_reason", LongText),
    Column("data", Blob, nullable=False),
    Index(None, "subject", "id"),
    Index(None, "client_id", "id"),
    Index(None, "expires_at"),
)

# ``kept_until`` is when a purge reads the token: its own end, for a spent one the end of its sealed
# answer if that is later, and for a spent one of a kind that is remembered the end that its grant
# had when last read. It may be too early, since the purge decides; it must not be too late.
token_table = Table(
    "oauth2_token",
    metadata,
    Column("digest", Digest, primary_key=True),
    Column("kind", Identifier(NAME_LENGTH), nullable=False),
    Column("family", Identifier(FAMILY_LENGTH), nullable=False),
    Column("issued_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("grant_id", Identifier(FAMILY_LENGTH)),
    Column("parent", Digest),
    Column("consumed_at", Time),
    Column("attempt", Identifier(NAME_LENGTH)),
    Column("sealed_answer", Blob),
    Column("sealed_until", Time),
    Column("revoked_at", Time),
    Column("version", Count, nullable=False),
    Column("data", Blob, nullable=False),
    Column("kept_until", Time, nullable=False),
    Index(None, "grant_id", "digest"),
    Index(None, "kept_until"),
    Index(None, "sealed_until"),
)

consent_table = Table(
    "oauth2_consent",
    metadata,
    Column("subject", Identifier(SUBJECT_LENGTH), primary_key=True),
    Column("client_id", Identifier(CLIENT_ID_LENGTH), primary_key=True),
    Column("scopes", LongText, nullable=False),
    Column("redirect_uri", LongText, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time, nullable=False),
    Column("resources", LongText, nullable=False),
    Column("version", Count, nullable=False),
    # NULL is empty: a process of an earlier version inserts rows without it.
    Column("data", Blob),
    Index(None, "client_id", "subject"),
    Index(None, "expires_at"),
)

reservation_table = Table(
    "oauth2_reservation",
    metadata,
    Column("namespace", Identifier(NAMESPACE_LENGTH), primary_key=True),
    Column("digest", binary(RESERVED_SIZE), primary_key=True),
    Column("expires_at", Time, nullable=False),
    Index(None, "expires_at"),
)

entry_table = Table(
    "oauth2_entry",
    metadata,
    Column("namespace", Identifier(NAMESPACE_LENGTH), primary_key=True),
    Column("key", Identifier(KEY_LENGTH), primary_key=True),
    Column("owner", Identifier(SUBJECT_LENGTH)),
    Column("data", Blob, nullable=False),
    Column("version", Count, nullable=False),
    Column("expires_at", Time),
    Index(None, "owner", "namespace", "key"),
    Index(None, "expires_at"),
)


def _set_options(table: Table, connection: Connection, **more: Any) -> None:
    name = connection.dialect.name
    if name in MYSQL:
        table.kwargs.update({f"{name}_engine": "InnoDB", f"{name}_charset": "utf8mb4"})


# Not as arguments of the tables: to check their names, SQLAlchemy would import the dialects.
for _table in metadata.tables.values():
    event.listen(_table, "before_create", _set_options)
