"""The size of a grant, and the cost of an operation, on each SQL store.

``python -m tests.backends.measure_sizes [GRANTS]`` starts the servers, fills
each with that many grants (5000), each with a spent code, a spent refresh token
and its sealed answer, a refresh token and two access tokens, and prints the
bytes on disk for each grant and the time of each operation in milliseconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import create_engine

from pyramid_oauth2.backends.contract.factories import (
    DAY,
    HOUR,
    NOW,
    new_answer,
    new_attempt,
    new_digest,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from pyramid_oauth2.protocol.records import ACCESS_TOKEN, AUTHORIZATION_CODE, REFRESH_TOKEN
from tests.servers import databases

from .server_databases import new_database, open_backend
from .sqlite_databases import empty_database

SIZE = {
    "sqlite": "SELECT (page_count - freelist_count) * page_size"
    " FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
    "postgresql": "SELECT sum(pg_total_relation_size(oid)) FROM pg_class"
    " WHERE relkind = 'r' AND relname LIKE 'oauth2_%%'",
    "mysql": "SELECT sum(data_length + index_length) FROM information_schema.tables"
    " WHERE table_schema = database()",
}


class Stopwatch:
    """Sums up the time of each operation by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}

    def __call__(self, name: str, operation: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        started = time.perf_counter()
        result = operation(*args, **kwargs)
        self.seconds.setdefault(name, []).append(time.perf_counter() - started)
        return result

    def report(self) -> str:
        """The median time of each operation, in milliseconds."""
        medians = {name: sorted(times)[len(times) // 2] for name, times in self.seconds.items()}
        return ", ".join(f"{name} {median * 1000:.2f}" for name, median in medians.items())


def live_a_life(backend: SQLAlchemyBackend, timed: Stopwatch, number: int) -> None:
    """Redeem a code, then its refresh token; find, add and reserve in between."""
    grants = backend.grants
    grant = new_grant(subject=f"user-{number}", data=b"{}")
    code = new_token(AUTHORIZATION_CODE, grant, data=bytes(200))
    timed("open", grants.open, grant, [code], NOW)
    timed("find", grants.find, code.ref)
    token = code
    for _ in range(2):
        kinds = (REFRESH_TOKEN, ACCESS_TOKEN)
        fruits = [new_token(kind, grant, parent=token.digest, data=bytes(60)) for kind in kinds]
        timed(
            "redeem",
            grants.redeem,
            token,
            NOW,
            new_attempt(),
            fruits,
            grant_expires_at=NOW + DAY,
            sealed_answer=replace(new_answer(), data=bytes(300)),
        )
        token = fruits[0]
    if number % 10 == 0:
        timed("open one", grants.open, None, [new_token(expires_at=NOW + 1)], NOW)
        timed("add", grants.add, grant.id, [new_token(grant=grant, expires_at=NOW + 1)], NOW)
        timed("reserve", grants.reserve, "jti", new_digest(), NOW + 1, NOW)


def measure(url: str, number: int) -> str:
    """Fill the database and report the cost."""
    backend, timed = open_backend(url), Stopwatch()
    empty = size_of(url)
    for each in range(number):
        live_a_life(backend, timed, each)
    backend.grants.purge(NOW + 1, limit=10 * number)
    bytes_each = (size_of(url) - empty) / number
    timed("revoke", backend.grants.revoke_subject, "user-7", NOW, "test")
    purges = range(0, 10 * number, 1000)
    started = time.perf_counter()
    removed = sum(backend.grants.purge(NOW + 2 * DAY + HOUR).removed for _ in purges)
    each_removed = (time.perf_counter() - started) / removed
    backend.close()
    return (
        f"{bytes_each:.0f} bytes a grant; {timed.report()}, purge {each_removed * 1000:.3f} a row"
    )


def size_of(url: str) -> int:
    """The bytes of tables and indexes on disk."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if engine.dialect.name == "mysql":
            tables = "oauth2_grant, oauth2_token, oauth2_reservation"
            connection.exec_driver_sql(f"ANALYZE TABLE {tables}").all()
        size = int(connection.exec_driver_sql(SIZE[engine.dialect.name]).scalar_one())
    engine.dispose()
    return size


@contextmanager
def stores() -> Iterator[dict[str, str]]:
    """The URL of an empty database by store."""
    with TemporaryDirectory() as directory, databases.postgresql() as postgresql:
        file = Path(directory, "oauth2.sqlite")
        file.write_bytes(empty_database())
        urls = {"SQLite": f"sqlite:///{file}", "PostgreSQL": new_database(postgresql)}
        program = databases.mariadb_program()
        if program is None:
            yield urls
            return
        with databases.mariadb(program) as mariadb:
            yield urls | {"MariaDB": new_database(mariadb)}


def main(number: int = 5000) -> None:
    """Print a line for each store."""
    with stores() as urls:
        for name, url in urls.items():
            print(f"{name}: {measure(url, number)}", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
