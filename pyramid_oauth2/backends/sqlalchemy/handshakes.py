"""Limits how long a new connection may take until the server has accepted it.

psycopg applies its ``connect_timeout`` to all of that, PyMySQL to the TCP connection only.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Dialect, Engine, event

from ...deadlines import Deadline, check, watch

CONNECT_SECONDS = 3


def limit(engine: Engine) -> None:
    """Limit every new connection of *engine*, unless it has a ``connect_timeout`` of its own."""
    event.listen(engine, "do_connect", _connect)


def limited_creator(engine: Engine) -> Callable[[], Any]:
    """Return a function that connects as *engine* does, but within the limit.

    What the engine opens for itself is not limited. A ``creator`` that the application
    passed to SQLAlchemy is called as it is.
    """
    # Only the pool has the connect arguments, and the listeners that fetch a password.
    connect = engine.pool._creator
    if engine.dialect.name == "sqlite":
        return connect  # type: ignore[return-value]
    caller = _Caller()

    @event.listens_for(engine, "do_connect")
    def on_connect(*attempt: Any) -> Any:
        return _connect(*attempt) if caller.is_limited else None

    def create() -> Any:
        caller.is_limited = True
        try:
            return connect()  # type: ignore[call-arg]
        finally:
            caller.is_limited = False

    return create


class _Caller(threading.local):
    is_limited = False


def _connect(
    dialect: Dialect, _record: object, arguments: Sequence[Any], named: dict[str, Any]
) -> Any:
    check()  # The wait for a connection of the pool may have taken all the time.
    named = {"connect_timeout": CONNECT_SECONDS, **named}
    if dialect.driver == "pymysql":
        with Deadline(float(named["connect_timeout"])):
            return _watched(dialect)(*arguments, **named)
    return dialect.connect(*arguments, **named)


def _watched(dialect: Any) -> Any:
    class WatchedConnection(dialect.loaded_dbapi.connections.Connection):  # type: ignore[misc]
        def _get_server_information(self) -> None:
            # The first thing that PyMySQL does once it has a socket.
            watch(self._sock.fileno())
            super()._get_server_information()

    return WatchedConnection
