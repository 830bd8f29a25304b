"""The history of the SQL schema, and how to upgrade a database.

It has its own version table, so it can share a database with an application's
Alembic history. The application's ``env.py`` needs one line, or its next
``--autogenerate`` would drop our tables::

    from pyramid_oauth2.migrations import include_name

    context.configure(..., include_name=include_name)

To have one history instead, so that ``alembic upgrade heads`` creates our tables
too, name our revisions in ``alembic.ini`` beside those of the application, and
never run ``poauth2 INI db upgrade``::

    path_separator = space
    version_locations = %(here)s/versions pyramid_oauth2:migrations/versions

Our revisions are then the branch ``oauth2``, so create the application's own
revisions with ``alembic revision --head`` and the name of its own branch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect

from ..backends.sqlalchemy.database import NAME
from ..backends.sqlalchemy.failures import is_response
from ..backends.sqlalchemy.prepared_statements import prepare_nothing
from ..backends.sqlalchemy.schema import metadata
from ..backends.sqlalchemy.sockets import watch
from ..backends.sqlalchemy.urls import parsed_url
from ..deadlines import OVERDUE, Deadline
from ..protocol.records import StoreUnavailable

VERSION_TABLE = "oauth2_alembic_version"
APPLICATION_VERSION_TABLE = "alembic_version"  # Alembic's own default


def upgrade(where: str | URL | Engine, revision: str = "head") -> None:
    """Bring the tables to *revision*; do nothing if they are at it already.

    Everything is one transaction on SQLite and PostgreSQL. On MariaDB and MySQL an upgrade
    that was interrupted is completed by the next one. Upgrades that are started at the same
    time wait for each other.

    :param where: the database's URL, or an engine for it.
    :raises StoreUnavailable: a table of another program, or of another history, is in the way.
    :raises ValueError: *where* is not a URL; the message repeats nothing of it.
    """
    with _connected(where) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def current(where: str | URL | Engine) -> str | None:
    """Return the revision that the database is at, None if it has none of our tables.

    :raises StoreUnavailable: the database did not answer in time.
    """
    with _reading(where) as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return context.get_current_revision()


def made_elsewhere(where: str | URL | Engine) -> bool:
    """Whether all our tables exist without our version table, as an application's history does.

    All, not only some: another program may have a table with the same name.
    """
    there = _tables(where)
    return VERSION_TABLE not in there and metadata.tables.keys() <= there


def interrupted(where: str | URL | Engine) -> bool:
    """Whether the first upgrade was interrupted where each statement is committed by itself."""
    there = _tables(where)
    return (
        VERSION_TABLE in there and current(where) is None and bool(metadata.tables.keys() & there)
    )


def is_shared(where: str | URL | Engine) -> bool:
    """Whether the application has a history of its own in the database, made by Alembic."""
    return APPLICATION_VERSION_TABLE in _tables(where)


def heads() -> tuple[str, ...]:
    """Return the newest revisions that this version of the package knows."""
    return tuple(_scripts().get_heads())


def is_known(revision: str) -> bool:
    """Whether this version of the package has *revision*; a later version may have made it."""
    return any(revision == known.revision for known in _scripts().walk_revisions())


def sql(dialect_name: str, revision: str = "head") -> str:
    """Return the statements that create the tables, to be run by hand.

    :param dialect_name: ``sqlite``, ``postgresql``, ``mysql`` or ``mariadb``.
    """
    output = StringIO()
    config = _config(output_buffer=output)
    config.attributes["dialect_name"] = dialect_name
    command.upgrade(config, revision, sql=True)
    return output.getvalue()


def include_name(name: str | None, type_: str, parent_names: Any) -> bool:
    """For an application's Alembic: whether a name is the application's, that is, not our table."""
    return type_ != "table" or (name not in metadata.tables and name != VERSION_TABLE)


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(**arguments: Any) -> Config:
    # Without a file, so Alembic finds no logging section that would override the application's.
    config = Config(**arguments)
    config.set_main_option("script_location", "pyramid_oauth2:migrations")
    return config


def _tables(where: str | URL | Engine) -> set[str]:
    with _reading(where) as connection:
        return set(inspect(connection).get_table_names())


@contextmanager
def _reading(where: str | URL | Engine) -> Iterator[Connection]:
    """Connect for one operation that has a deadline; an upgrade may take as long as it needs."""
    with Deadline() as deadline:
        try:
            with _connected(where) as connection:
                yield connection
        except Exception as error:
            if deadline.passed and not is_response(error):
                raise StoreUnavailable(OVERDUE.format(NAME)) from None
            raise


@contextmanager
def _connected(where: str | URL | Engine) -> Iterator[Connection]:
    if isinstance(where, Engine):
        # Only its way to connect is used: an engine in autocommit has no transactions.
        engine = create_engine(where.url, poolclass=NullPool, creator=where.pool._creator)
    else:
        url, more = parsed_url(where)
        engine = create_engine(url, poolclass=NullPool, **more)
    if engine.dialect.name == "sqlite":
        _begin_at_once(engine)
    if engine.dialect.name == "postgresql":
        # Through a pooler, a prepared statement would be in the way of the next upgrade.
        event.listen(engine, "connect", lambda connection, _record: prepare_nothing(connection))
    if engine.dialect.name != "sqlite":
        watch(engine)
    with engine.connect() as connection:
        yield connection


def _begin_at_once(engine: Engine) -> None:
    # Python's sqlite3 begins no transaction before DDL, so a failed upgrade would be half done.
    @event.listens_for(engine, "connect")
    def on_connect(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
