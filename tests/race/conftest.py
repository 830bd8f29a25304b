"""One authorization server with four processes, on each storage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import LiveServer, live_server, storage_settings
from tests.servers import postgresql_server, redis_url  # noqa: F401

PROCESSES = 4
# A file, a database and a server of keys, each of which decides a race in its own way.
STORAGES = ("sqlite", "postgresql", "redis")


@pytest.fixture(scope="session", params=STORAGES)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    apis = "http://localhost:6543/bills\n    http://localhost:6543/photos"
    settings = {**storage_settings(request.param, request), "resources": f"\n    {apis}"}
    folder = tmp_path_factory.mktemp(request.param)
    with live_server(folder, settings, PROCESSES, "call:tests.race.clock:main") as server:
        yield server
