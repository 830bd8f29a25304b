"""A running server on each of the main storages, and insecure http allowed on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live import MAIN_STORAGES, LiveServer, live_server, storage_settings
from tests.servers import postgresql_server, redis_url  # noqa: F401


@pytest.fixture(scope="session", params=MAIN_STORAGES)
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
