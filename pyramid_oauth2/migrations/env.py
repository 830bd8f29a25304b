"""Run by Alembic: executes the revisions on the given connection, or for the given dialect."""

from alembic import context
from sqlalchemy import Connection

from pyramid_oauth2.backends.sqlalchemy.schema import metadata
from pyramid_oauth2.migrations import VERSION_TABLE
from pyramid_oauth2.migrations.resuming import refuse_foreign_tables
from pyramid_oauth2.protocol.records import StoreUnavailable

# Any number that no other program uses: this one spells "oauth2".
POSTGRESQL_LOCK = int.from_bytes(b"oauth2")
MYSQL_LOCK = "pyramid_oauth2 db upgrade"
MYSQL_LOCK_SECONDS = 600


def run_alone(connection: Connection) -> None:
    """Wait until no other upgrade runs; the next one waits for the end of our transaction.

    All workers of an application may upgrade when they start. SQLite needs no lock
    here: BEGIN IMMEDIATE has locked the file.

    :raises StoreUnavailable: another upgrade took too long.
    """
    match connection.dialect.name:
        case "postgresql":
            # The limits of the role are meant for requests, not for a wait or for a long upgrade.
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({POSTGRESQL_LOCK})")
        case "mysql" | "mariadb":
            # The lock ends with the connection, since DDL ends every transaction.
            lock = f"SELECT GET_LOCK('{MYSQL_LOCK}', {MYSQL_LOCK_SECONDS})"
            if connection.exec_driver_sql(lock).scalar() != 1:
                raise StoreUnavailable("another upgrade has been running for too long")


attributes = context.config.attributes

if context.is_offline_mode():
    context.configure(
        dialect_name=attributes["dialect_name"],
        version_table=VERSION_TABLE,
        target_metadata=metadata,
        literal_binds=True,
        transactional_ddl=attributes["dialect_name"] in ("sqlite", "postgresql"),
    )
    with context.begin_transaction():
        context.run_migrations()
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
        run_alone(connection)
        refuse_foreign_tables(connection, metadata.tables, VERSION_TABLE)
        context.run_migrations()
