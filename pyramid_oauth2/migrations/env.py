"""What Alembic runs: the revisions, on the connection or for the dialect that it was given."""

from alembic import context

from pyramid_oauth2.backends.sqlalchemy.schema import metadata
from pyramid_oauth2.migrations import VERSION_TABLE

attributes = context.config.attributes

if context.is_offline_mode():
    context.configure(
        dialect_name=attributes["dialect_name"],
        version_table=VERSION_TABLE,
        target_metadata=metadata,
        literal_binds=True,
        transactional_ddl=attributes["dialect_name"] in ("sqlite", "postgresql"),
    )
else:
    connection = attributes["connection"]
    context.configure(
        connection=connection,
        version_table=VERSION_TABLE,
        target_metadata=metadata,
        include_name=lambda name, type_, _: type_ != "table" or name in metadata.tables,
        transactional_ddl=connection.dialect.name in ("sqlite", "postgresql"),
    )

with context.begin_transaction():
    context.run_migrations()
