"""A server that signs users in, with a token endpoint that a test can make lie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.live import LiveServer, live_server
from tests.ports import free_port
from tests.serving import running

from .catalog import PARTIES
from .dishonest import FILE
from .environment import ROOT, python_with
from .parties import Party, party_of

APPLICATION = "call:tests.relying_parties.dishonest:main"
PINNED = "https://pinned.example/client.json"

MCP_SERVER = ROOT / "examples" / "mcp_server" / "mcp_server.py"


@pytest.fixture(scope="session")
def mcp_url() -> str:
    """Of the MCP server for which the server issues tokens."""
    return f"http://localhost:{free_port()}/mcp"


@pytest.fixture(scope="session")
def server(mcp_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    # No cache: clients are registered while it runs.
    folder = tmp_path_factory.mktemp("provider")
    documents = tmp_path_factory.mktemp("documents")
    # One is pinned from the start: the metadata say for a minute that there is none.
    (documents / "client.json").write_text(json.dumps({"client_id": PINNED}))
    settings = {
        "client_cache": "0",
        "openid.pairwise_salt": "of all who share a sector",
        "registration": "open",
        "registration.scopes": "openid read",
        "client_id_metadata": "pinned",
        "client_id_metadata.pinned": str(documents),
        "client_id_metadata.scopes": "read write",
        "resources": f"{mcp_url} = read",
    }
    with live_server(folder, settings, application=APPLICATION) as server:
        yield server


@pytest.fixture(scope="session")
def mcp_server(
    server: LiveServer, mcp_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of the running example of an MCP server, which knows the tokens of the server."""
    log = tmp_path_factory.mktemp("mcp") / "mcp.log"
    command = [str(python_with("mcp")), str(MCP_SERVER)]
    variables = {
        "ISSUER": server.issuer,
        "MCP_URL": mcp_url,
        "CLIENT_SECRET": (server.ini.parent / "demo-client-mcp.secret").read_text().strip(),
    }
    with running(command, log, urlsplit(mcp_url).port, **variables):
        yield mcp_url


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
