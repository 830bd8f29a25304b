"""What an application sends to its store, counted where it happens.

A relay before PostgreSQL or Redis reads the application's side of the protocol, so that
the count does not depend on the driver. SQLite itself reports each statement.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from socket import socket
from typing import Any, NamedTuple, Protocol, TypeAlias

from sqlalchemy import make_url

from tests.servers.relay import Relay

from .messages import postgresql_statements, redis_commands


class Traffic(NamedTuple):
    """What was sent.

    :param statements: statements of SQL, also those that begin and end a transaction; on
        Redis, commands.
    :param round_trips: how often the application waited for its store. SQLite, which
        runs in the process of the application, has none.
    :param bytes: the bytes that were sent, without those of TCP.
    """

    statements: float
    round_trips: float
    bytes: float

    def since(self, before: Traffic, requests: int) -> Traffic:
        """The difference, for each of so many requests."""
        pairs = zip(self, before, strict=True)
        return Traffic(*((after - first) / requests for after, first in pairs))


class Meter(Protocol):
    """Counts the traffic of this process.

    :ivar url: the store, as the application must be given it.
    """

    url: str

    def read(self) -> Traffic:
        """The sum until now."""

    def close(self) -> None:
        """Count nothing more; the connections remain usable until they are closed."""


Statements: TypeAlias = Callable[[bytearray], int]


@dataclass
class Conversation:
    """One connection: what is left of an incomplete message, and whose turn it is."""

    rest: bytearray
    waits: bool = False


class CountingRelay(Relay):
    """Counts what passes. Of the connections, one at a time is in use.

    :param statements: takes the whole messages off a buffer, and counts the statements.
    """

    def __init__(self, target: int, statements: Statements) -> None:
        self._statements = statements
        self._conversations: dict[socket, Conversation] = defaultdict(
            lambda: Conversation(bytearray())
        )
        self.traffic = Traffic(0, 0, 0)
        super().__init__(target)

    def _request(self, client: socket, server: socket, data: bytes) -> bool:
        conversation = self._conversations[client]
        conversation.rest += data
        conversation.waits = True
        self._add(self._statements(conversation.rest), 0, len(data))
        return super()._request(client, server, data)

    def _reply(self, client: socket, server: socket, data: bytes) -> bool:
        conversation = self._conversations[client]
        # The first bytes of a reply end a wait; a long reply arrives in parts.
        self._add(0, int(conversation.waits), 0)
        conversation.waits = False
        return super()._reply(client, server, data)

    def _add(self, *more: int) -> None:
        self.traffic = Traffic(*map(sum, zip(self.traffic, more, strict=True)))


class RelayMeter:
    """Counts at a relay before the server of a URL."""

    def __init__(self, url: str, statements: Statements) -> None:
        server = make_url(url)
        assert server.port is not None
        self._relay = CountingRelay(server.port, statements)
        self.url = server.set(port=self._relay.port).render_as_string(hide_password=False)

    def read(self) -> Traffic:
        """The sum until now."""
        return self._relay.traffic

    def close(self) -> None:
        """Accept no more connections."""
        self._relay.close()


class SQLiteMeter:
    """Counts the statements of every SQLite connection that this process opens from now on."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._statements = 0
        self._connect = sqlite3.connect
        self._set(self._watched)

    def read(self) -> Traffic:
        """The sum until now."""
        return Traffic(self._statements, 0, 0)

    def close(self) -> None:
        """Count no connection that is opened from now on."""
        self._set(self._connect)

    def _set(self, connect: Callable[..., sqlite3.Connection]) -> None:
        # Whichever layer opens a connection: SQLAlchemy uses the second name.
        for module in (sqlite3, sqlite3.dbapi2):
            module.connect = connect  # type: ignore[attr-defined]

    def _watched(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = self._connect(*arguments, **options)
        connection.set_trace_callback(self._count)
        return connection

    def _count(self, statement: str) -> None:
        self._statements += 1


def meter_of(store: str, url: str) -> Meter:
    """Start to count; the application must use the meter's URL."""
    match store:
        case "sqlite":
            return SQLiteMeter(url)
        case "postgresql":
            return RelayMeter(url, postgresql_statements)
    return RelayMeter(url, redis_commands)
