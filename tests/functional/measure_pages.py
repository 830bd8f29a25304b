"""How long the pages take with many clients and grants, and that no statement reads a whole table.

``python -m tests.functional.measure_pages [CLIENTS [GRANTS]]`` starts
PostgreSQL and Valkey, fills each with that many clients (100000) and grants
(1000000), and prints the seconds for each page. On PostgreSQL every statement of
a page is explained too; a statement that scans a table is printed.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from pyramid.config import Configurator
from sqlalchemy import Engine, create_engine, event, insert
from webtest import TestApp

from pyramid_oauth2 import Client, get_service
from pyramid_oauth2.backends.sqlalchemy.rows import client_values, grant_values
from pyramid_oauth2.backends.sqlalchemy.schema import client_table, grant_table, metadata
from pyramid_oauth2.protocol.records import Grant
from pyramid_oauth2.protocol.token_strings import ALPHABET
from tests.backends.server_databases import new_database
from tests.servers import databases, valkey

from . import host

BATCH = 5_000
BUSY_CLIENT, BUSY_USER = "client-7", "bob"
# One grant out of this many belongs to the busy client, and one to the busy user.
SHARE = 100


def clients(number: int) -> Iterator[Client]:
    """Clients with random names."""
    for each in range(number):
        name = "".join(random.choices(ALPHABET, k=12))
        yield Client(
            f"client-{each}",
            client_name=name,
            redirect_uris=("https://client.example/back",),
            grant_types=("authorization_code", "refresh_token"),
            scope=frozenset({"read"}),
            created_at=1_700_000_000 + each,
        )


def grants(number: int, of_clients: int) -> Iterator[Grant]:
    """Grants of many users; some of one client, and some of one user."""
    now = int(time.time())
    for each in range(number):
        client_id = BUSY_CLIENT if each % SHARE == 0 else f"client-{each % of_clients}"
        subject = BUSY_USER if each % SHARE == 1 else f"user-{each % 200_000}"
        yield Grant(
            f"{each:016d}",
            client_id,
            0,
            subject,
            frozenset({"read"}),
            created_at=now - each % 86400,
            expires_at=now + 30 * 86400,
            absolute_end=now + 365 * 86400,
        )


def batches(records: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(records)
    while batch := list(islice(left, BATCH)):
        yield batch


def fill_sql(url: str, of_clients: int, of_grants: int) -> None:
    """With plain inserts, since those of the store would take an hour."""
    engine = create_engine(url)
    metadata.create_all(engine)
    with engine.begin() as connection:
        for batch in batches(clients(of_clients)):
            connection.execute(insert(client_table), list(map(client_values, batch)))
        for batch in batches(grants(of_grants, of_clients)):
            connection.execute(insert(grant_table), list(map(grant_values, batch)))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def fill(app: Any, of_clients: int, of_grants: int) -> None:
    """With the store's own import."""
    server = get_service(app.registry).server
    for batch in batches(clients(of_clients)):
        server.clients.import_(batch)
    for batch in batches(grants(of_grants, of_clients)):
        server.grants.import_(batch)


def application(**settings: str) -> Any:
    """The host application, with bob as an administrator."""
    usual = {
        "oauth2.issuer": "http://localhost",
        "oauth2.scopes": "read = Read your data\nwrite = Change it",
        "oauth2.admin": "true",
        "oauth2.admin_principals": "bob",
    }
    config = Configurator(settings=usual | settings)
    config.include("pyramid_oauth2")
    host.pages(config)
    return config.make_wsgi_app()


def pages(browser: TestApp) -> Iterator[tuple[str, float]]:
    """The seconds for each page."""
    admin = "/oauth2/admin/clients"

    def timed(url: str) -> tuple[Any, float]:
        began = time.perf_counter()
        page = browser.get(url, status=200)
        return page, time.perf_counter() - began

    for name, url in (
        ("clients by name", admin),
        ("clients by date", f"{admin}?sort=created_at"),
        ("beginning of a name", f"{admin}?q=ab"),
        ("a client_id", f"{admin}?q=client-99"),
        ("one client", f"{admin}/client?client_id={BUSY_CLIENT}"),
        ("its form", f"{admin}/edit?client_id={BUSY_CLIENT}"),
        ("its grants", f"{admin}/grants?client_id={BUSY_CLIENT}"),
        ("a user's own page", "/oauth2/authorizations"),
    ):
        yield name, timed(url)[1]
    for name, url in (
        ("clients, 20 pages on", admin),
        ("grants, 20 pages on", f"{admin}/grants?client_id={BUSY_CLIENT}"),
    ):
        page, seconds = timed(url)
        for _ in range(20):
            page, seconds = timed(page.html.find("a", rel="next")["href"])
        yield name, seconds


@contextmanager
def watched(url: str) -> Iterator[set[str]]:
    """The statements that scan a table, of all that the engine runs within the block."""
    scans: set[str] = set()
    seen: dict[str, Any] = {}

    def remember(conn: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.startswith("SELECT"):
            seen.setdefault(statement, parameters)

    event.listen(Engine, "before_cursor_execute", remember)
    yield scans
    event.remove(Engine, "before_cursor_execute", remember)
    engine = create_engine(url)
    with engine.connect() as connection:
        # An empty table is always scanned; with this setting a scan means that no index fits.
        connection.exec_driver_sql("SET enable_seqscan = off")
        for statement, parameters in seen.items():
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars().all()
            if any("Seq Scan" in line for line in plan):
                scans.add(statement)
    engine.dispose()


def measure(app: Any) -> None:
    """Print the seconds for each page."""
    browser = TestApp(app, extra_environ={"HTTP_HOST": "localhost"})
    browser.get("/login?user=bob", status=200)
    list(pages(browser))  # Warm up connections, statements and templates.
    for name, seconds in pages(browser):
        print(f"  {name:<22} {seconds * 1000:8.1f} ms", flush=True)
    get_service(app.registry).close()


def main(of_clients: int = 100_000, of_grants: int = 1_000_000) -> None:
    """Print a table for each store."""
    print(f"{of_clients} clients, {of_grants} grants")
    with databases.postgresql() as postgresql:
        url = new_database(postgresql)
        fill_sql(url, of_clients, of_grants)
        print("PostgreSQL", flush=True)
        with watched(url) as scans:
            measure(application(**{"oauth2.backend": "sqlalchemy", "oauth2.sqlalchemy.url": url}))
        print(*(scans or ["  no statement scans a table"]), sep="\n  scans: ")
    with valkey.single() as node:
        app = application(**{"oauth2.backend": "redis", "oauth2.redis.url": node.url})
        began = time.perf_counter()
        fill(app, of_clients, of_grants)
        print(f"Valkey (filled in {time.perf_counter() - began:.0f} s)", flush=True)
        measure(app)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
