"""Longer client_ids, the data of a consent, and the table of entries.

On SQLite, which cannot change the type of a column, three tables are copied; this needs a
description of them that does not come from the database, since the statements may be
printed for an empty one.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.mysql.base import MySQLDialect

from pyramid_oauth2.migrations.resuming import (
    add_column_in,
    create_index,
    create_index_in,
    create_table,
    drop_index_in,
    lengthen_in,
)

revision = "oauth2_0002"
down_revision = "oauth2_0001"
branch_labels = None
depends_on = None

TIME = sa.BigInteger()
COUNT = sa.BigInteger()
NAME_KEY = sa.LargeBinary(1024).with_variant(mysql.VARBINARY(1024), "mysql", "mariadb")
BLOB = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(charset="utf8mb4"), "mysql", "mariadb")

INNODB: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
}


def identifier(length: int) -> sa.String:
    """Text that is compared byte for byte, trailing blanks included."""
    dialect = op.get_context().dialect
    if isinstance(dialect, MySQLDialect):
        collation = "utf8mb4_nopad_bin" if dialect.is_mariadb else "utf8mb4_0900_bin"
        return mysql.VARCHAR(length, charset="utf8mb4", collation=collation)
    return sa.String(length, collation="C" if dialect.name == "postgresql" else None)


def upgrade() -> None:
    """Change the tables that contain a client_id, and create the table of entries."""
    with op.batch_alter_table("oauth2_client", copy_from=clients()) as client:
        # With a longer client_id it would exceed the 3072 bytes of an index in InnoDB.
        drop_index_in(client, "ix_oauth2_client_owner_name_key_client_id")
        lengthen_client_id(client)
        create_index_in(client, "ix_oauth2_client_owner_name_key", ["owner", "name_key"])
    with op.batch_alter_table("oauth2_grant", copy_from=grants()) as grant:
        lengthen_client_id(grant)
    with op.batch_alter_table("oauth2_consent", copy_from=consents()) as consent:
        lengthen_client_id(consent)
        add_column_in(consent, sa.Column("data", BLOB))
    make_entries()


def lengthen_client_id(table: Any) -> None:
    """Let the client_id of a table have 512 characters."""
    lengthen_in(table, "client_id", identifier(128), identifier(512))


def make_entries() -> None:
    """Create the table of small records of features."""
    create_table(
        "oauth2_entry",
        sa.Column("namespace", identifier(64), nullable=False),
        sa.Column("key", identifier(255), nullable=False),
        sa.Column("owner", identifier(255)),
        sa.Column("data", BLOB, nullable=False),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("expires_at", TIME),
        sa.PrimaryKeyConstraint("namespace", "key", name="pk_oauth2_entry"),
        **INNODB,
    )
    create_index(
        "ix_oauth2_entry_owner_namespace_key", "oauth2_entry", ["owner", "namespace", "key"]
    )
    create_index("ix_oauth2_entry_expires_at", "oauth2_entry", ["expires_at"])


def clients() -> sa.Table:
    """Return the table of registered clients of the revision before."""
    return sa.Table(
        "oauth2_client",
        sa.MetaData(),
        sa.Column("client_id", identifier(128), nullable=False),
        sa.Column("owner", identifier(255)),
        sa.Column("name_key", NAME_KEY, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.Column("disabled_at", TIME),
        sa.Column("deleted_at", TIME),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("epoch", COUNT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_oauth2_client"),
        index("oauth2_client", "name_key", "client_id"),
        index("oauth2_client", "created_at", "client_id"),
        index("oauth2_client", "owner", "name_key", "client_id"),
    )


def grants() -> sa.Table:
    """Return the table of grants of the revision before."""
    return sa.Table(
        "oauth2_grant",
        sa.MetaData(),
        sa.Column("id", identifier(64), nullable=False),
        sa.Column("client_id", identifier(128), nullable=False),
        sa.Column("epoch", COUNT, nullable=False),
        sa.Column("subject", identifier(255), nullable=False),
        sa.Column("scope", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("absolute_end", TIME, nullable=False),
        sa.Column("resources", TEXT, nullable=False),
        sa.Column("revoked_at", TIME),
        sa.Column("revoke_reason", TEXT),
        sa.Column("data", BLOB, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_oauth2_grant"),
        index("oauth2_grant", "subject", "id"),
        index("oauth2_grant", "client_id", "id"),
        index("oauth2_grant", "expires_at"),
    )


def consents() -> sa.Table:
    """Return the table of remembered consent of the revision before."""
    return sa.Table(
        "oauth2_consent",
        sa.MetaData(),
        sa.Column("subject", identifier(255), nullable=False),
        sa.Column("client_id", identifier(128), nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("redirect_uri", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("resources", TEXT, nullable=False),
        sa.Column("version", COUNT, nullable=False),
        sa.PrimaryKeyConstraint("subject", "client_id", name="pk_oauth2_consent"),
        index("oauth2_consent", "client_id", "subject"),
        index("oauth2_consent", "expires_at"),
    )


def index(table: str, *columns: str) -> sa.Index:
    """Return an index, named by the convention of the metadata."""
    return sa.Index(f"ix_{table}_{'_'.join(columns)}", *columns)
