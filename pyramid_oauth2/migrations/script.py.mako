"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


# MySQL and MariaDB commit each statement: use the operations of pyramid_oauth2.migrations.resuming.
def upgrade() -> None:
    """Bring the tables from ${down_revision} to this revision."""
    ${upgrades if upgrades else "pass"}
