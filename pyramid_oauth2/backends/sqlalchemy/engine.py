"""Makes the engine that the stores use: always one of our own, in autocommit.

What a store does must be committed when it returns, even if the request's
transaction is rolled back afterwards; so no connection is ever shared with
the application. In autocommit a read, or a single INSERT, is one round trip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from sqlite3 import OperationalError
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Dialect, Engine, engine_from_config, event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import NoSuchModuleError
from sqlalchemy.pool import ConnectionPoolEntry

from ...interfaces import IAppEngine
from ...protocol.records import StoreUnavailable
from ...startup_error import StartupError
from .handshakes import limit, limited_creator
from .options import FIXED, MISTAKES, explained, options_of
from .pooler import BEGIN, beginning, set_for_session, warn_of_unlimited_reads
from .prepared_statements import prepare_nothing, renew_when_stale
from .sockets import watch
from .sqlite_file import name_unopened_file
from .urls import SCHEMES, parsed_url

if TYPE_CHECKING:
    from pyramid.registry import Registry

    from ...settings import Settings

# How long a statement waits for a lock of another. SQLite has one lock for all writers.
LOCK_SECONDS = 3
SQLITE_LOCK_SECONDS = 5
STATEMENT_SECONDS = 7
IN_TRANSACTION = 1  # in the server_status of a MySQL connection


def engine_of_app(registry: Registry) -> Engine | None:
    """Return the engine that was passed to ``config.set_oauth2_engine``, or None."""
    given = registry.queryUtility(IAppEngine)
    if given is None:
        return None
    return _checked(
        given.engine,
        "config.set_oauth2_engine",
        "Pass the engine itself, not a function that returns one.",
    )


def engine_factory(settings: Settings, app_engine: Engine | None = None) -> Callable[[], Engine]:
    """Return a function that makes the engine that the ini describes; it connects when used.

    Each process calls the function for itself: no connection is used across a fork.

    The first of these is used: the callable named by ``oauth2.sqlalchemy.engine``,
    *app_engine*, ``oauth2.sqlalchemy.url``. Every other key of the section is passed
    to SQLAlchemy.

    :raises pyramid.exceptions.ConfigurationError: a setting is missing or wrong;
        the function raises it too.
    """
    options = options_of(settings)
    options.pop("session", None)  # An option of the backend, not of SQLAlchemy.
    if dotted_name := options.pop("engine", None):
        app_engine = _engine_of(dotted_name, settings)
    url = options.pop("url", None)
    if app_engine is not None:
        return partial(sibling, app_engine, options)
    if not url:
        meant = get_close_matches("url", options, 1)
        hint = f"oauth2.sqlalchemy.{meant[0]} is another key. " if meant else ""
        raise StartupError(f"oauth2.sqlalchemy.url is missing. {hint}Write one of {SCHEMES}")
    return partial(_make, url, options)


def sibling(engine: Engine, options: Mapping[str, str]) -> Engine:
    """Make an engine for the same database as *engine*: same URL, connect arguments and creator.

    Nothing else is taken from it: its pool, isolation level and listeners belong
    to the application.
    """
    return _make(engine.url, options, creator=limited_creator(engine))


def _engine_of(dotted_name: str, settings: Settings) -> Engine:
    module, _, name = dotted_name.replace(":", ".").rpartition(".")
    where = f"oauth2.sqlalchemy.engine = {dotted_name}"
    cure = "It is the dotted name of a callable that takes the settings and returns an engine."
    try:
        factory = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise StartupError(f"{where}: {error}. {cure}") from None
    if not callable(factory):
        raise StartupError(f"{where}: {type(factory).__name__} is not callable. {cure}")
    return _checked(factory(settings), where, cure)


def _checked(engine: Any, where: str, cure: str) -> Engine:
    if not isinstance(engine, Engine):
        # Without its text: a URL has a password.
        raise StartupError(
            f"{where}: {type(engine).__name__} is not sqlalchemy.Engine, which "
            f"create_engine() returns. {cure}"
        )
    return engine


def _make(url: str | URL, options: Mapping[str, str], **arguments: Any) -> Engine:
    parsed, more = _parsed(url)
    prepare = _preparation(parsed)
    name = parsed.get_backend_name()

    def make(options: Mapping[str, str]) -> Engine:
        configured = {**options, "url": parsed}
        return engine_from_config(configured, prefix="", **FIXED, **more, **arguments)

    try:
        engine = make(options)
    except (NoSuchModuleError, ImportError) as error:
        raise StartupError(
            f"oauth2.sqlalchemy.url: there is no driver for {parsed.drivername} ({error}). "
            f"{_extra_of(parsed.drivername)}Or write one of {SCHEMES}"
        ) from None
    except MISTAKES as error:
        raise explained(error, make, options) from None

    @event.listens_for(engine, "connect")
    def on_connect(dbapi_connection: Any, record: ConnectionPoolEntry) -> None:
        cursor = dbapi_connection.cursor()
        try:
            if (begin := prepare(cursor)) is not None:
                record.info[BEGIN] = begin
        finally:
            cursor.close()

    if name == "sqlite":
        name_unopened_file(engine)
    else:
        limit(engine)
        watch(engine)
        _spare_rollbacks(engine.dialect)
    if name == "postgresql":
        renew_when_stale(engine)
    return engine


def _extra_of(driver: str) -> str:
    name = {
        "postgresql+psycopg": "postgresql",
        "mysql+pymysql": "mysql",
        "mariadb+pymysql": "mysql",
    }
    extra = name.get(driver)
    return f"The extra {extra} of pyramid_oauth2 installs it. " if extra else "Install it. "


def _parsed(url: str | URL) -> tuple[URL, dict[str, Any]]:
    try:
        return parsed_url(url)
    except ValueError as error:
        # A URL may hold a password: no cause repeats it.
        raise StartupError(f"oauth2.sqlalchemy.url: {error}") from None


def _spare_rollbacks(dialect: Dialect) -> None:
    # Some versions of SQLAlchemy roll back whenever a connection of theirs ends. PyMySQL would
    # send that; if the connection broke at that point, what was read would be lost.
    rollback = dialect.do_rollback

    def rollback_if_needed(dbapi_connection: Any) -> None:
        if getattr(dbapi_connection, "server_status", IN_TRANSACTION) & IN_TRANSACTION:
            rollback(dbapi_connection)

    dialect.do_rollback = rollback_if_needed  # type: ignore[method-assign]


def _preparation(url: URL) -> Callable[[DBAPICursor], str | None]:
    name = url.get_backend_name()
    if name not in PREPARATIONS:
        raise StartupError(f"oauth2.sqlalchemy.url: {name} is not supported: {SCHEMES}")
    in_memory = url.database in (None, "", ":memory:") or "memory" in url.query.values()
    if name == "sqlite" and in_memory:
        raise StartupError(
            "oauth2.sqlalchemy.url: SQLite in memory is another database for every connection. "
            "Name a file, or choose oauth2.backend = memory."
        )
    return PREPARATIONS[name]


def _prepare_sqlite(cursor: DBAPICursor) -> None:
    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_LOCK_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys = ON")
    _switch_to_wal(cursor)
    _demand(cursor, "wal", "journal_mode: is the file on a network drive?")


def _switch_to_wal(cursor: DBAPICursor) -> None:
    # The file stays in WAL mode afterwards. The first time, SQLite ignores the busy_timeout, and
    # all workers of a server start at once.
    deadline = monotonic() + SQLITE_LOCK_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except OperationalError:
            if monotonic() > deadline:
                raise
            sleep(0.02)
        else:
            return


def limits() -> dict[str, str]:
    """The settings of PostgreSQL that limit how long a statement waits or runs."""
    return {"lock_timeout": f"{LOCK_SECONDS}s", "statement_timeout": f"{STATEMENT_SECONDS}s"}


def _prepare_postgresql(cursor: DBAPICursor) -> str | None:
    isolation = {"default_transaction_isolation": "read committed"}
    if set_for_session(cursor, limits() | isolation):
        return None
    prepare_nothing(cursor.connection)
    warn_of_unlimited_reads(cursor, limits())
    return beginning(limits())


def _prepare_mysql(cursor: DBAPICursor) -> None:
    # Under the default, REPEATABLE READ, the losers of a race read the token as not yet spent.
    cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
    # Without strict mode a value that is too long is truncated, with only a warning.
    cursor.execute(
        f"SET SESSION innodb_lock_wait_timeout = {LOCK_SECONDS},"
        " sql_mode = CONCAT_WS(',', @@sql_mode, 'STRICT_ALL_TABLES')"
    )
    cursor.execute("SELECT @@innodb_lock_wait_timeout")
    _demand(cursor, LOCK_SECONDS, "innodb_lock_wait_timeout")


def _demand(cursor: DBAPICursor, expected: object, what: str) -> None:
    row = cursor.fetchone()
    if row is None or row[0] != expected:
        raise StoreUnavailable(f"The database did not accept the setting {what}")


# Each returns what a transaction on the connection begins with, None for the usual statement.
PREPARATIONS: Mapping[str, Callable[[DBAPICursor], str | None]] = {
    "sqlite": _prepare_sqlite,
    "postgresql": _prepare_postgresql,
    "mysql": _prepare_mysql,
    "mariadb": _prepare_mysql,
}
