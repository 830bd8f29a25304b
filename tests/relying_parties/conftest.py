"""A server that signs users in, with a token endpoint that a test can make lie."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import LiveServer, live_server

from .catalog import PARTIES
from .dishonest import FILE
from .parties import Party, party_of

APPLICATION = "call:tests.relying_parties.dishonest:main"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    # No cache: clients are registered while it runs.
    folder = tmp_path_factory.mktemp("provider")
    settings = {
        "client_cache": "0",
        "openid.pairwise_salt": "of all who share a sector",
        "registration": "open",
        "client_id_metadata": "pinned",
        "client_id_metadata.scopes": "read write",
    }
    with live_server(folder, settings, application=APPLICATION) as server:
        yield server


@pytest.fixture(scope="module")
def party(
    request: pytest.FixtureRequest, server: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Party]:
    """The relying party of that name in the catalog."""
    folder = tmp_path_factory.mktemp("party")
    with party_of(PARTIES[request.param], server, folder) as party:
        yield party


@pytest.fixture
def dishonesty(server: LiveServer) -> Iterator[Path]:
    """The file with the lie of the server; it is honest again after the test."""
    file = server.ini.parent / FILE
    yield file
    file.unlink(missing_ok=True)
