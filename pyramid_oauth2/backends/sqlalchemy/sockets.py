"""The socket of a connection: whether the server has closed it, and how long it is waited for."""

from __future__ import annotations

import os
import select
import socket
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

from ... import deadlines

# How long sent data may wait for the server's machine, or the one that replaces it, to receive it.
SILENCE_SECONDS = 10


def watch(engine: Engine) -> None:
    """Keep *engine* from handing out a connection that the server has closed.

    So the first request after a restart of the server is served like any other,
    whether it reads or writes. ``pool_pre_ping`` would cost each request a round
    trip; checking the socket costs microseconds.

    What is sent over a connection must be answered before the deadline of the thread.
    """

    # Before the other listeners, which send the first statements.
    @event.listens_for(engine, "connect", insert=True)
    def on_connect(dbapi_connection: Any, _record: object) -> None:
        descriptor = _descriptor(dbapi_connection)
        _limit_silence(descriptor)
        deadlines.watch(descriptor)

    @event.listens_for(engine, "checkout")
    def on_checkout(dbapi_connection: Any, _record: object, _proxy: object) -> None:
        descriptor = _descriptor(dbapi_connection)
        if _has_news(descriptor):
            raise DisconnectionError("the server has closed the connection")  # The pool reconnects.
        deadlines.watch(descriptor)


def _descriptor(dbapi_connection: Any) -> int:
    # psycopg has a public method for it, PyMySQL has none.
    its = getattr(dbapi_connection, "_sock", dbapi_connection)
    if its is None:
        # Interrupted while it was waiting, PyMySQL closes the connection.
        raise DisconnectionError("the driver has closed the connection")
    descriptor: int = its.fileno()
    return descriptor


def _has_news(descriptor: int) -> bool:
    # Between two requests, a server sends something only when it closes the connection.
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _limit_silence(descriptor: int) -> None:
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    with socket.socket(fileno=os.dup(descriptor)) as its:
        if option is not None and its.family in (socket.AF_INET, socket.AF_INET6):
            # Without it the kernel tries for 15 minutes to reach a machine that is gone.
            its.setsockopt(socket.IPPROTO_TCP, option, SILENCE_SECONDS * 1000)
