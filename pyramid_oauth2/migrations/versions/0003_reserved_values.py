"""On MariaDB and MySQL, values of 1 to 64 bytes that may be used once.

There a shorter one than 32 bytes was padded with zeros, and a longer one refused. The other
engines take bytes of any length.
"""

from __future__ import annotations

from alembic import op
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.mysql.base import MySQLDialect

from pyramid_oauth2.migrations.resuming import lengthen_in

revision = "oauth2_0003"
down_revision = "oauth2_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the digest of a reservation have any length up to 64 bytes."""
    if isinstance(op.get_context().dialect, MySQLDialect):
        with op.batch_alter_table("oauth2_reservation") as reservation:
            lengthen_in(reservation, "digest", mysql.BINARY(32), mysql.VARBINARY(64))
