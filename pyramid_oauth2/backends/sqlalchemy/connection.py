"""A connection of the pool, on which the stores execute their statements.

It has the methods of SQLAlchemy's own connection that the stores use, so that they also work
within the transaction of a session. SQLAlchemy writes the statements and pools the connections;
what is between them, the driver's cursor, is used directly.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType, TracebackType
from typing import Any, Protocol, TypeAlias

from sqlalchemy import Connection as CoreConnection
from sqlalchemy import Dialect, Engine, Executable
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection

from .compiled import Compiled
from .leases import leased
from .prepared_statements import is_stale

log = logging.getLogger(__name__)

Parameters: TypeAlias = Mapping[str, Any]
Row: TypeAlias = tuple[Any, ...]

COMMIT = "COMMIT"
# In the ``info`` of a connection: its cursor, for drivers whose cursors are expensive. A new one
# of psycopg costs 10 microseconds at each statement, since it learns the types of results again;
# one of sqlite3 0.14, and a transaction has seven.
CURSOR = "cursor"
KEPT_CURSORS = frozenset({"psycopg", "pysqlite"})
MANY_ROWS = 100  # A cursor keeps its last result, which should not be a whole page of an export.
NONE: Parameters = MappingProxyType({})


class Connection(Protocol):
    """What the stores need of a connection: one of the pool, or that of a session."""

    def execute(self, statement: Executable, parameters: Any, /) -> Any:
        """Execute a statement; return an :class:`Answer`, or one of SQLAlchemy like it."""


class Answer:
    """What the database answered to a statement."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, rows: Sequence[Row], rowcount: int) -> None:
        self._rows = rows
        #: How many rows it matched.
        self.rowcount = rowcount

    def all(self) -> Sequence[Row]:
        """Every row."""
        return self._rows

    def first(self) -> Row | None:
        """The first row; None if there is none."""
        return self._rows[0] if self._rows else None


class PooledConnection:
    """A context manager: a connection that returns to the pool of an engine afterwards.

    Errors of the driver are raised as by SQLAlchemy: each as a
    :exc:`~sqlalchemy.exc.DBAPIError`, and a lost connection is not returned to the pool,
    which then discards those that are as old.
    """

    __slots__ = ("_engine", "_in_transaction", "_pooled", "dialect", "in_doubt")
    _pooled: PoolProxiedConnection

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        #: SQLAlchemy's knowledge of the engine and the driver.
        self.dialect: Dialect = engine.dialect
        self._in_transaction = False
        #: Whether a statement has committed, or may have when something else than the driver
        #: interrupted it. A time limit of the application may raise behind it, too.
        self.in_doubt = False

    def __enter__(self) -> PooledConnection:
        try:
            self._pooled = leased(self._engine)
        except self.dialect.loaded_dbapi.Error as error:
            lost = self.dialect.is_disconnect(error, None, None)
            raise self._wrapped(error, None, lost) from error
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if self._in_transaction and self._pooled.is_valid:
            # A time limit of the application may raise anywhere, also where a transaction is ended.
            self._pooled.invalidate()
        elif self._pooled.is_valid:
            self._pooled.close()

    @property
    def info(self) -> MutableMapping[Any, Any]:
        """What is remembered of the connection as long as it is open."""
        return self._pooled.info

    def execute(
        self, statement: Executable, parameters: Parameters | Sequence[Parameters] = NONE
    ) -> Any:
        """Execute a statement, once, or once for each of several mappings.

        :return: an :class:`Answer`, or what SQLAlchemy returns, which has the same methods.
        """
        compiled = _compiled(statement, self.dialect)
        if compiled.varies:
            return self._run_by_sqlalchemy(statement, parameters)
        if isinstance(parameters, Mapping):
            return self._run(compiled, compiled.text, compiled.values(parameters))
        values = [compiled.values(each) for each in parameters]
        return self._run(compiled, compiled.text, values, many=True)

    def _run_by_sqlalchemy(
        self, statement: Executable, parameters: Parameters | Sequence[Parameters]
    ) -> Any:
        try:
            result = CoreConnection(self._engine, self._pooled).execute(statement, parameters)
            self.in_doubt = not self._in_transaction
            return result
        except SQLAlchemyError:
            raise
        except BaseException as interruption:
            self._interrupted(interruption, at_its_end=False)
            raise

    def _interrupted(self, interruption: BaseException, at_its_end: bool) -> None:
        # In the middle of a statement, which the server may still carry out, and whose
        # response would be read as that of the next one.
        self.in_doubt = at_its_end or not self._in_transaction
        if self._pooled.is_valid:
            self._pooled.invalidate(interruption)

    def exec_driver_sql(self, text: str) -> None:
        """Execute a statement without parameters and rows."""
        self._run(None, text, ())

    def begin_by(self, text: str) -> None:
        """Begin a transaction by the statement *text*."""
        self._in_transaction = True
        self._run(None, text, ())

    def commit(self) -> None:
        """Commit the transaction."""
        self._run(None, COMMIT, ())
        self._in_transaction = False

    def rollback(self) -> None:
        """End the transaction; the connection is not used again if that fails."""
        if self._pooled.is_valid:
            try:
                self.dialect.do_rollback(self._pooled)
                self._in_transaction = False
            except BaseException as error:
                self._pooled.invalidate(error)

    def _run(self, compiled: Compiled | None, text: str, values: Any, many: bool = False) -> Answer:
        log.debug("%s", text)  # Without the values, which may be digests.
        info = self._pooled.info
        # Not in there while it is in use, or after an error.
        cursor = info.pop(CURSOR, None) or self._pooled.cursor()
        try:
            if many:
                cursor.executemany(text, values)
            elif values:
                cursor.execute(text, values)
            else:
                # Without values, a driver does not look for a percent sign.
                cursor.execute(text)
            rows: Sequence[Row] = ()
            if compiled is not None and compiled.returns_rows:
                rows = compiled.rows(cursor.fetchall())
            answer = Answer(rows, cursor.rowcount)
            if self.dialect.driver in KEPT_CURSORS and len(rows) <= MANY_ROWS:
                info[CURSOR] = cursor
            else:
                cursor.close()
            self.in_doubt = text == COMMIT or not self._in_transaction
            return answer
        except self.dialect.loaded_dbapi.Error as error:
            raise self._failure(error, text, cursor) from error
        except BaseException as interruption:
            with suppress(Exception):
                cursor.close()  # SQLite keeps its locks as long as a statement is open.
            self._interrupted(interruption, at_its_end=text == COMMIT)
            raise

    def _failure(self, error: Exception, text: str, cursor: Any) -> DBAPIError:
        driver_connection = self._pooled.dbapi_connection
        lost = is_stale(error) or self.dialect.is_disconnect(
            error,  # type: ignore[arg-type]
            driver_connection,
            cursor,
        )
        if lost:
            # As SQLAlchemy's connection does: this one, and each of the pool that is as old.
            self._engine.pool._invalidate(self._pooled, error)
        else:
            with suppress(Exception):
                cursor.close()
        return self._wrapped(error, text, lost)

    def _wrapped(self, error: Exception, text: str | None, lost: bool) -> DBAPIError:
        wrapped = DBAPIError.instance(
            text,
            None,
            error,
            self.dialect.loaded_dbapi.Error,
            hide_parameters=True,
            connection_invalidated=lost,
            dialect=self.dialect,
        )
        assert isinstance(wrapped, DBAPIError)
        return wrapped


@lru_cache(maxsize=1024)
def _compiled(statement: Executable, dialect: Dialect) -> Compiled:
    return Compiled(statement, dialect)
