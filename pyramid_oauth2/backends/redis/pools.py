"""Pools of limited size, in which a request waits for a connection."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, Full
from typing import Any

from redis import BlockingConnectionPool
from redis.exceptions import ConnectionError, TimeoutError
from redis.sentinel import SentinelConnectionPool


class BlockingPool(BlockingConnectionPool):
    """A pool that only does what each command needs.

    That of redis-py also counts its connections and measures how long they were waited for, which
    takes 10 us for each command.
    """

    pool: Any  # A queue of the connections that are free, and of None for each to be made.
    timeout: float

    def get_connection(self, *_arguments: Any, **_options: Any) -> Any:
        """Return a connection that is ready for a command.

        :raises redis.exceptions.ConnectionError: none is free in time, or it cannot connect.
        """
        self._checkpid()
        try:
            connection = self.pool.get(block=True, timeout=self.timeout)
        except Empty:
            raise ConnectionError("No connection available.") from None
        try:
            if connection is None:
                connection = self.make_connection()  # type: ignore[no-untyped-call]
            connection.connect()
            if _is_stale(connection):
                connection.disconnect()
                connection.connect()
                if _is_stale(connection):
                    raise ConnectionError("A new connection has a reply to no command.")
        except BaseException:
            self._put_back(connection)
            raise
        return connection

    def release(self, connection: Any) -> None:
        """Let others use a connection."""
        self._checkpid()
        if connection.should_reconnect():
            connection.disconnect()
        self._put_back(connection)

    def _put_back(self, connection: Any) -> None:
        if connection is not None and not self.owns_connection(connection):
            # It was made before a fork, or leads to an earlier master.
            connection.disconnect()
            connection = None
        with suppress(Full):  # After a fork all places are free.
            self.pool.put_nowait(connection)


def _is_stale(connection: Any) -> bool:
    """Whether the server has closed it, or there is a reply that belongs to no command."""
    try:
        return bool(connection.can_read())
    except (ConnectionError, TimeoutError, OSError):
        return True


class BlockingSentinelPool(SentinelConnectionPool, BlockingPool):
    """The same for connections to the current master of a Sentinel group."""
