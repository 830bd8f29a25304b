"""PgBouncer in front of a PostgreSQL server, where it is installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL, make_url

from tests import programs
from tests.ports import HOST, free_port

from .daemons import Daemon, give, new_directory
from .databases import DatabaseServer

# Fewer server connections than any test opens to it, so that they change hands.
SERVER_CONNECTIONS = 3

INI = """
[databases]
* = host={host} port={server_port} user={user} {password}
[pgbouncer]
listen_addr = {listen}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 300
"""


class PgBouncer:
    """A running PgBouncer: any user may connect, and is the user of *server*.

    :param port: where it listens.
    """

    def __init__(self, port: int) -> None:
        self.port = port

    def through(self, url: str | URL) -> str:
        """Return the URL of a database of the server, by way of PgBouncer."""
        behind = make_url(url).set(host=HOST, port=self.port)
        return behind.render_as_string(hide_password=False)


@contextmanager
def pgbouncer(server: DatabaseServer, mode: str = "transaction") -> Iterator[PgBouncer]:
    """Run PgBouncer until the block ends.

    :param mode: its ``pool_mode``: for how long a client keeps a server connection.
    """
    program = programs.need("pgbouncer")
    directory, port = new_directory(), free_port()
    ini = directory / "pgbouncer.ini"
    password = f"password={server.url.password}" if server.url.password else ""
    ini.write_text(
        INI.format(
            host=server.url.host,
            server_port=server.url.port,
            user=server.url.username,
            password=password,
            listen=HOST,
            port=port,
            mode=mode,
            size=SERVER_CONNECTIONS,
        )
    )
    give(ini)
    daemon = Daemon([program, ini], directory)
    running = PgBouncer(port)
    try:
        daemon.start()
        daemon.wait(lambda: _connect(running.through(server.url)))
        yield running
    finally:
        daemon.stop()
        shutil.rmtree(directory, ignore_errors=True)


def _connect(url: str) -> None:
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    psycopg.connect(plain).close()
