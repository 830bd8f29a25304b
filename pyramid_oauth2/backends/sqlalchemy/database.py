"""Access to the database: one statement that commits itself, or several as one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache, partial
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Engine, Executable, Insert, bindparam, select, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ...circuit_breaker import CircuitBreaker
from ...deadlines import OVERDUE, SECONDS, Deadline
from ...per_process import PerProcess
from ...protocol.records import DuplicateRecord, StoreUnavailable
from .connection import Connection, Parameters, PooledConnection, Row
from .failures import (
    in_doubt,
    is_deadlock,
    is_lost,
    is_response,
    may_have_arrived,
    translated,
)
from .forks import Uses
from .transactions import as_it_is, as_one_write, in_transaction

DEADLOCK_TRIES = 5
BATCH = 500
NAME = "The database"

Result = TypeVar("Result")


class Database:
    """An engine in autocommit for each process, and the operations that the stores use.

    Every method raises :exc:`~pyramid_oauth2.protocol.records.StoreUnavailable`
    if the database fails
    (:exc:`~pyramid_oauth2.protocol.records.OutcomeUnknown` if it may have written) and
    :exc:`~pyramid_oauth2.protocol.records.DuplicateRecord` if a key exists.
    After a deadlock it tries again, a few times. After a lost connection it tries
    once more if the operation can be repeated safely. All of that ends with the
    :class:`~pyramid_oauth2.deadlines.Deadline` of the operation.

    :param make_engine: makes an engine that connects when it is used.
    """

    def __init__(self, make_engine: Callable[[], Engine]) -> None:
        self._engines = PerProcess(make_engine)
        self._breaker = CircuitBreaker(NAME, SECONDS)
        # Created now, so that mistakes in the settings are reported at start-up.
        #: As SQLAlchemy names it: what takes a transaction needs fewer statements on some.
        self.engine_name = self.engine.dialect.name
        is_file = self.engine_name == "sqlite"
        self._uses: AbstractContextManager[None] = Uses(self.close) if is_file else nullcontext()

    @property
    def engine(self) -> Engine:
        """The engine of this process."""
        return self._engines()

    def rows(self, query: Executable, parameters: Parameters) -> Sequence[Row]:
        """Return the rows of a query, in one round trip."""
        rows: Sequence[Row] = self._read(lambda its: its.execute(query, parameters).all())
        return rows

    def row(self, query: Executable, parameters: Parameters) -> Row | None:
        """Return the first row of a query, in one round trip."""
        row: Row | None = self._read(lambda its: its.execute(query, parameters).first())
        return row

    def change(self, statement: Executable, parameters: Parameters) -> int:
        """Execute one statement; return how many rows it matched."""
        matched: int = self._write(lambda its: its.execute(statement, parameters).rowcount)
        return matched

    def insert(self, statement: Executable, parameters: Parameters) -> bool:
        """Insert one row; return False if its key exists."""
        try:
            self.change(statement, parameters)
        except DuplicateRecord:
            return False
        return True

    def insert_missing(self, statement: Insert, rows: Iterable[Parameters]) -> int:
        """Insert the rows whose keys do not exist yet, in batches; return how many."""
        new = 0
        remaining = iter(rows)
        while batch := list(islice(remaining, BATCH)):
            if missing := self._missing(tuple(statement.table.primary_key), batch):
                new += self._insert_all(statement, missing)
        return new

    def _missing(
        self, key: tuple[ColumnElement[Any], ...], batch: Sequence[Parameters]
    ) -> list[Parameters]:
        # Queried first: when a copy is continued, most rows exist already, and a
        # batch that fails because of them costs many times more.
        found = {tuple(row[column.name] for column in key): row for row in batch}
        there = self.rows(_of_keys(key), {"keys": list(found)})
        return [found[value] for value in found.keys() - set(map(tuple, there))]

    def _insert_all(self, statement: Insert, rows: Sequence[Parameters]) -> int:
        try:
            self.atomically(partial(_execute_many, statement, rows))
        except DuplicateRecord:
            # Another process inserted one meanwhile. Nothing was written; insert one by one.
            return sum(self.insert(statement, row) for row in rows)
        return len(rows)

    def atomically(self, work: Callable[[Connection], Result], repeatable: bool = False) -> Result:
        """Run *work* as one transaction, again after a deadlock; return its result.

        :param repeatable: whether *work* may be run again after a commit whose
            outcome is unknown, and then gives the same result.
        """
        return self._answered(work, in_transaction, repeatable, writes=True)

    def at_once(self, work: Callable[[Connection], Result], repeatable: bool = False) -> Result:
        """Run *work*, whose first statement writes all or nothing; return its result.

        :param repeatable: as for :meth:`atomically`.
        """
        return self._answered(work, as_one_write, repeatable, writes=True)

    def close(self) -> None:
        """Close every connection."""
        if (engine := self._engines.made()) is not None:
            engine.dispose()
            if isinstance(self._uses, Uses):
                self._uses.closed()

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        return self._answered(work, as_it_is, repeatable=True, writes=False)

    def _write(self, work: Callable[[Connection], Result]) -> Result:
        return self.at_once(work)

    def _answered(
        self,
        work: Callable[[Connection], Result],
        run: Callable[[PooledConnection, Callable[[Connection], Result]], Result],
        repeatable: bool,
        writes: bool,
    ) -> Result:
        began = self._breaker.check()
        try:
            return self._tried(began, work, run, repeatable, writes)
        finally:
            self._breaker.ended(began)

    def _tried(
        self,
        began: float,
        work: Callable[[Connection], Result],
        run: Callable[[PooledConnection, Callable[[Connection], Result]], Result],
        repeatable: bool,
        writes: bool,
    ) -> Result:
        with Deadline() as deadline:
            tries, unknown = 1, False
            while True:
                connection: PooledConnection | None = None
                try:
                    with self._uses, PooledConnection(self._engines()) as connection:
                        result = run(connection, work)
                    self._breaker.answered()
                    return result
                except Exception as error:
                    # Of any class: see translated().
                    self._note(error, began)
                    # Stays so if a later try cannot connect: what the first one wrote is not known.
                    interrupted = connection is not None and connection.in_doubt
                    unknown = unknown or (writes and (interrupted or may_have_arrived(error)))
                    if repeatable and is_lost(error) and not deadline.passed:
                        # The pool has discarded every connection as old as the lost one. Any other
                        # write is left to the caller: a repeated INSERT would find its own row.
                        repeatable = False
                    elif is_deadlock(error) and tries < DEADLOCK_TRIES and not deadline.passed:
                        tries += 1
                    else:
                        # With the cause, a log would contain the parameters, and so digests.
                        failure = self._failure(error, deadline)
                        raise (in_doubt(failure) if unknown else failure) from None

    def _failure(self, error: Exception, deadline: Deadline) -> Exception:
        if deadline.passed and not is_response(error):
            return StoreUnavailable(OVERDUE.format(NAME))
        return translated(error)

    def _note(self, error: Exception, began: float) -> None:
        if is_response(error):
            self._breaker.answered()
        elif isinstance(error, DBAPIError | PoolTimeout | TimeoutError):
            self._breaker.failed(began)


@cache
def _of_keys(key: tuple[ColumnElement[Any], ...]) -> Executable:
    # One for each table: it is kept compiled.
    return select(*key).where(tuple_(*key).in_(bindparam("keys", expanding=True)))


def _execute_many(
    statement: Executable, rows: Sequence[Parameters], connection: Connection
) -> None:
    connection.execute(statement, rows)
