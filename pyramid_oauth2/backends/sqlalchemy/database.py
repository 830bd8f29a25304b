"""Talking to the database: one statement that commits itself, or several as one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Executable,
    Insert,
    Row,
    select,
    tuple_,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ...per_process import PerProcess
from ...protocol.records import DuplicateRecord
from .failures import is_deadlock, is_lost, translated
from .forks import Uses

DEADLOCK_TRIES = 5
BATCH = 500

Result = TypeVar("Result")
Parameters = Mapping[str, Any]


class Database:
    """An engine in autocommit for each process, and the ways in which the stores use it.

    Every method raises :exc:`~pyramid_oauth2.protocol.records.StoreUnavailable`
    if the database cannot answer and
    :exc:`~pyramid_oauth2.protocol.records.DuplicateRecord` if a key exists.
    A deadlock is tried again a few times; what a lost connection may have
    left undone is tried once more where repeating it can do no harm.

    :param make_engine: makes an engine that connects when it is used.
    """

    def __init__(self, make_engine: Callable[[], Engine]) -> None:
        self._engines = PerProcess(make_engine)
        # The first one now: what is wrong with the settings is said at start-up.
        is_file = self.engine.dialect.name == "sqlite"
        self._uses: AbstractContextManager[None] = Uses(self.close) if is_file else nullcontext()

    @property
    def engine(self) -> Engine:
        """The engine of this process."""
        return self._engines()

    def rows(self, query: Executable, parameters: Parameters) -> Sequence[Row[Any]]:
        """Return the rows of a query, in one round trip."""
        return self._read(lambda connection: connection.execute(query, parameters).all())

    def row(self, query: Executable, parameters: Parameters) -> Row[Any] | None:
        """Return the first row of a query, in one round trip."""
        return self._read(lambda connection: connection.execute(query, parameters).first())

    def change(self, statement: Executable, parameters: Parameters) -> int:
        """Execute one statement; return how many rows it met."""
        return self._write(lambda connection: connection.execute(statement, parameters).rowcount)

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
        # Looked up first: a copy that goes on finds most of them there, and a
        # batch that fails for it costs many times more.
        found = {tuple(row[column.name] for column in key): row for row in batch}
        there = self.rows(select(*key).where(tuple_(*key).in_(list(found))), {})
        return [found[value] for value in found.keys() - set(map(tuple, there))]

    def _insert_all(self, statement: Insert, rows: Sequence[Parameters]) -> int:
        try:
            self.atomically(partial(_execute_many, statement, rows))
        except DuplicateRecord:
            # Somebody else inserted one since. Nothing was written, so they go one by one.
            return sum(self.insert(statement, row) for row in rows)
        return len(rows)

    def atomically(self, work: Callable[[Connection], Result], repeatable: bool = False) -> Result:
        """Run *work* as one transaction, again if it met a deadlock; return its result.

        :param repeatable: whether it may be run again after a commit that
            nobody knows the outcome of, and then gives the same result.
        """
        return self._answered(work, transaction, repeatable)

    def close(self) -> None:
        """Give back every connection."""
        if (engine := self._engines.made()) is not None:
            engine.dispose()
            if isinstance(self._uses, Uses):
                self._uses.closed()

    def _read(self, work: Callable[[Connection], Result]) -> Result:
        return self._answered(work, Engine.connect, repeatable=True)

    def _write(self, work: Callable[[Connection], Result]) -> Result:
        return self._answered(work, Engine.connect, repeatable=False)

    def _answered(
        self,
        work: Callable[[Connection], Result],
        scope: Callable[[Engine], Any],
        repeatable: bool,
    ) -> Result:
        tries = 1
        while True:
            try:
                with self._uses, scope(self.engine) as connection:
                    return work(connection)
            except (DBAPIError, PoolTimeout) as error:
                if repeatable and is_lost(error):
                    # The pool has thrown away every connection as old as the lost one. Any other
                    # write is left to the caller: repeated, a single INSERT would find itself.
                    repeatable = False
                elif is_deadlock(error) and tries < DEADLOCK_TRIES:
                    tries += 1
                else:
                    # The cause would carry the parameters, and with them digests, into a log.
                    raise translated(error) from None


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Commit what is done inside, or on any exception nothing of it.

    Do not catch a statement's error inside: PostgreSQL would answer the COMMIT
    with a rollback, and without an error.
    """
    # SQLAlchemy's own begin() sends nothing on a connection in autocommit. SQLite's plain BEGIN
    # takes no lock, and then fails at once when another connection wrote in between.
    begin = "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else "BEGIN"
    with engine.connect() as connection:
        try:
            connection.exec_driver_sql(begin)
            yield connection
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            _undo(connection)
            raise


def _undo(connection: Connection) -> None:
    try:
        connection.rollback()
    except BaseException:
        # What cannot be rolled back must not reach the next user of the pool.
        connection.invalidate()


def _execute_many(
    statement: Executable, rows: Sequence[Parameters], connection: Connection
) -> None:
    connection.execute(statement, rows)
