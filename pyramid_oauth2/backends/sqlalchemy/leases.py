"""How an operation gets a connection of a pool, and returns it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection, QueuePool

# How SQLAlchemy's pools return a connection that was never with a proxy.
_UNPROXIED = {"_fairy_was_created": False}


class Lease(PoolProxiedConnection):
    """A connection of a pool until :meth:`close`, without the proxy that SQLAlchemy makes for it.

    It takes 6 microseconds, where the proxy takes 14: it finds out by a finalizer whether its
    user forgets to return it, and calls listeners, which a pool of SQLite has not.

    It has what the stores, and SQLAlchemy's own connection, use of the proxy.

    :raises sqlalchemy.exc.TimeoutError: every connection is in use.
    """

    __slots__ = ("_connection_record", "dbapi_connection")

    def __init__(self, pool: QueuePool) -> None:
        self._connection_record: Any = None
        self.dbapi_connection: Any = None
        record: Any = pool._do_get()
        try:
            self.dbapi_connection = record.get_connection()
        except BaseException as error:
            record._checkin_failed(error, **_UNPROXIED)
            raise
        self._connection_record = record

    @property
    def is_valid(self) -> bool:
        """Whether it has been neither returned nor invalidated."""
        return self.dbapi_connection is not None

    @property
    def info(self) -> dict[Any, Any]:
        """What is remembered of the connection as long as it is open."""
        info: dict[Any, Any] = self._connection_record.info
        return info

    def cursor(self) -> Any:
        """A new cursor of the driver."""
        return self.dbapi_connection.cursor()

    def rollback(self) -> None:
        """Roll back the transaction of the driver's connection."""
        self.dbapi_connection.rollback()

    def invalidate(self, e: BaseException | None = None, soft: bool = False) -> None:
        """Close the connection; the pool opens another one in its place."""
        record, self._connection_record = self._connection_record, None
        if record is not None:
            self.dbapi_connection = None
            record._checkin_failed(e, **_UNPROXIED)

    def close(self) -> None:
        """Return the connection to the pool."""
        record, self._connection_record = self._connection_record, None
        if record is not None:
            self.dbapi_connection = None
            record.checkin(**_UNPROXIED)

    def __del__(self) -> None:
        # A time limit of the application may raise anywhere, also before it is used.
        self.invalidate()


def leased(engine: Engine) -> PoolProxiedConnection:
    """A connection of the pool of *engine*; the pool opens one if none is free.

    Where something else than the stores uses the proxy, it is one: where listeners look at each
    connection that leaves the pool, as on every server, and by some options of SQLAlchemy.
    """
    pool = engine.pool
    if type(pool) is not QueuePool or pool.dispatch.checkout or pool._pre_ping or pool.echo:
        return engine.raw_connection()
    return Lease(pool)
