"""A running server, and insecure http allowed on loopback. A client does not see the storage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import LiveServer, live_server, storage_settings
from tests.servers import postgresql_server, redis_url  # noqa: F401
from tests.storages import mostly


@pytest.fixture(scope="session", params=mostly("sqlite", also=("postgresql", "redis")))
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveServer]:
    settings = storage_settings(request.param, request)
    with live_server(tmp_path_factory.mktemp(request.param), settings) as server:
        yield server


@pytest.fixture(autouse=True)
def plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    """oauthlib refuses http even on loopback, unless this variable is set."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
