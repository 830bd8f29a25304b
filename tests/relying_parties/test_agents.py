"""Clients of the Model Context Protocol, which no operator registered, call an API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.live import LiveServer, live_server
from tests.visitor import Visitor

from .agent import Agent, agent
from .environment import HERE, node_with, python_with

SCRIPTS = HERE / "agents"


def node(package: str, module: str) -> Callable[[], list[str]]:
    return lambda: [str(node_with(package)), str(SCRIPTS / "with_node.js"), package + module]


CLIENTS: dict[str, Callable[[], list[str]]] = {
    "node": node("@modelcontextprotocol/client", ""),
    "node, version 1": node("@modelcontextprotocol/sdk", "/client/auth.js"),
    "python": lambda: [str(python_with("mcp")), str(SCRIPTS / "with_mcp.py")],
}
BACK = "http://localhost:33418/callback"
DOCUMENT = "https://agent.example/client.json"


@pytest.mark.parametrize("name", CLIENTS)
def test_it_registers_itself(name: str, server: LiveServer, tmp_path: Path) -> None:
    """Again, once the server has removed it, except for the SDK for Python."""
    with agent([*CLIENTS[name](), server.me, BACK, ""], tmp_path) as client:
        client_id = use(client, server)
        assert client_id.startswith("oci_")
        server.run("client", "delete", client_id, "--yes")
        client.is_given("removed")
        assert (client_of(client.says()["go"]) == client_id) == (name == "python")


@pytest.mark.parametrize("name", CLIENTS)
def test_it_brings_a_document(name: str, server: LiveServer, tmp_path: Path) -> None:
    """The port of its redirect URI is free, and its document is pinned."""
    pin(server, tmp_path)
    with agent([*CLIENTS[name](), server.me, BACK, DOCUMENT], tmp_path) as client:
        assert use(client, server) == DOCUMENT


def test_version_1_names_no_api_whose_document_it_cannot_read(
    server: LiveServer, tmp_path: Path
) -> None:
    nothing = f"{server.issuer}/nothing"
    command = [*CLIENTS["node, version 1"](), server.me, BACK, "", nothing]
    with agent(command, tmp_path) as client:
        assert use(client, server, names_the_api=False).startswith("oci_")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server for MCP below a path, which signs in no users for other applications."""
    settings = {
        "client_cache": "0",
        "openid": "false",
        "profile": "mcp",
        # Those of the demo, without what the profile refuses.
        "grant_types": "authorization_code refresh_token client_credentials",
    }
    with live_server(tmp_path_factory.mktemp("elsewhere"), settings, path="/auth") as server:
        yield server


@pytest.mark.parametrize("name", CLIENTS)
def test_below_a_path_with_the_profile_for_mcp(
    name: str, elsewhere: LiveServer, tmp_path: Path
) -> None:
    with agent([*CLIENTS[name](), elsewhere.me, BACK, ""], tmp_path) as client:
        assert use(client, elsewhere).startswith("oci_")


def pin(server: LiveServer, folder: Path) -> None:
    document = {
        "client_id": DOCUMENT,
        "client_name": "An agent",
        "redirect_uris": ["http://localhost/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
    }
    file = folder / "client.json"
    file.write_text(json.dumps(document))
    server.run("client", "pin", DOCUMENT, str(file))


def use(client: Agent, server: LiveServer, names_the_api: bool = True) -> str:
    """Sign in, call, refresh, withdraw what was allowed, and sign in again; the client_id."""
    url = client.says()["go"]
    client_id = client_of(url)
    assert ("resource" in parse_qs(urlsplit(url).query)) == names_the_api
    client.is_given(Visitor().send(url))
    first = client.says()
    client.is_given("expired")
    refreshed = client.says()
    for answer in (first, refreshed):
        assert (answer["status"], answer["body"]["user"]) == (200, "alice")
    assert first["token"] != refreshed["token"]
    server.run("grant", "revoke", "--client", client_id)
    client.is_given("withdrawn")
    url = client.says()["go"]
    assert client_of(url) == client_id, "the registration stays"
    client.is_given(Visitor().send(url))
    assert client.says()["status"] == 200
    return client_id


def client_of(url: str) -> str:
    """The client that sends its user to a URL."""
    (client_id,) = parse_qs(urlsplit(url).query)["client_id"]
    return client_id
