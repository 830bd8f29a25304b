"""The first tables: clients, grants, tokens, consents and reservations.

Everything is spelled out here, types too: this file must still create the same tables
after ``schema.py`` has changed.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.mysql.base import MySQLDialect

from pyramid_oauth2.migrations.resuming import create_index, create_table

# Both begin with our name, since an application's history may have its own "0001" and "main".
revision = "oauth2_0001"
down_revision = None
branch_labels = ("oauth2",)
depends_on = None

TIME = sa.BigInteger()
COUNT = sa.BigInteger()
DIGEST = sa.LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
NAME_KEY = sa.LargeBinary(1024).with_variant(mysql.VARBINARY(1024), "mysql", "mariadb")
BLOB = sa.LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
TEXT = sa.Text().with_variant(mysql.MEDIUMTEXT(charset="utf8mb4"), "mysql", "mariadb")

INNODB: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
}


def identifier(length: int) -> sa.types.TypeEngine[str]:
    """Text that is compared byte for byte, trailing blanks included."""
    dialect = op.get_context().dialect
    if isinstance(dialect, MySQLDialect):
        collation = "utf8mb4_nopad_bin" if dialect.is_mariadb else "utf8mb4_0900_bin"
        return mysql.VARCHAR(length, charset="utf8mb4", collation=collation)
    return sa.String(length, collation="C" if dialect.name == "postgresql" else None)


def upgrade() -> None:
    """Create the tables."""
    make_clients()
    make_grants()
    make_tokens()
    make_consents()
    make_reservations()


def make_clients() -> None:
    """Create the table of registered clients, tombstones included."""
    create_table(
        "oauth2_client",
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
        **INNODB,
    )
    make_index("oauth2_client", "name_key", "client_id")
    make_index("oauth2_client", "created_at", "client_id")
    make_index("oauth2_client", "owner", "name_key", "client_id")


def make_grants() -> None:
    """Create the table of what users allowed clients."""
    create_table(
        "oauth2_grant",
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
        **INNODB,
    )
    make_index("oauth2_grant", "subject", "id")
    make_index("oauth2_grant", "client_id", "id")
    make_index("oauth2_grant", "expires_at")


def make_tokens() -> None:
    """Create the table of all transient records: codes, tokens, interactions."""
    create_table(
        "oauth2_token",
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("kind", identifier(64), nullable=False),
        sa.Column("family", identifier(64), nullable=False),
        sa.Column("issued_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("grant_id", identifier(64)),
        sa.Column("parent", DIGEST),
        sa.Column("consumed_at", TIME),
        sa.Column("attempt", identifier(64)),
        sa.Column("sealed_answer", BLOB),
        sa.Column("sealed_until", TIME),
        sa.Column("revoked_at", TIME),
        sa.Column("version", COUNT, nullable=False),
        sa.Column("data", BLOB, nullable=False),
        sa.Column("kept_until", TIME, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_oauth2_token"),
        **INNODB,
    )
    make_index("oauth2_token", "grant_id", "digest")
    make_index("oauth2_token", "kept_until")
    make_index("oauth2_token", "sealed_until")


def make_consents() -> None:
    """Create the table of what users allowed for future requests."""
    create_table(
        "oauth2_consent",
        sa.Column("subject", identifier(255), nullable=False),
        sa.Column("client_id", identifier(128), nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("redirect_uri", TEXT, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("resources", TEXT, nullable=False),
        sa.Column("version", COUNT, nullable=False),
        sa.PrimaryKeyConstraint("subject", "client_id", name="pk_oauth2_consent"),
        **INNODB,
    )
    make_index("oauth2_consent", "client_id", "subject")
    make_index("oauth2_consent", "expires_at")


def make_reservations() -> None:
    """Create the table of values that may be used once."""
    create_table(
        "oauth2_reservation",
        sa.Column("namespace", identifier(64), nullable=False),
        sa.Column("digest", DIGEST, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("namespace", "digest", name="pk_oauth2_reservation"),
        **INNODB,
    )
    make_index("oauth2_reservation", "expires_at")


def make_index(table: str, *columns: str) -> None:
    """Create an index, named by the convention of the metadata."""
    create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))
