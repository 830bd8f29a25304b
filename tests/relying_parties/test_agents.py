"""Clients of the Model Context Protocol, which no operator registered, get a token for an API."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live import LiveServer
from tests.serving import environment
from tests.visitor import Visitor

from .environment import HERE, node_with, python_with

SCRIPTS = HERE / "agents"
CLIENTS: dict[str, Callable[[], list[str]]] = {
    "node": lambda: [str(node_with("@modelcontextprotocol/client")), str(SCRIPTS / "with_node.js")],
    "python": lambda: [str(python_with("mcp")), str(SCRIPTS / "with_mcp.py")],
}
BACK = "http://localhost:33418/callback"
DOCUMENT = "https://agent.example/client.json"


@pytest.mark.parametrize("name", CLIENTS)
def test_it_registers_itself(name: str, server: LiveServer, tmp_path: Path) -> None:
    end = end_of(CLIENTS[name](), server, tmp_path)
    assert (end["status"], end["body"]["user"]) == (200, "alice")
    assert end["client_id"].startswith("oci_")


@pytest.mark.parametrize("name", CLIENTS)
def test_it_brings_a_document(name: str, server: LiveServer, tmp_path: Path) -> None:
    """The port of its redirect URI is free, and its document is pinned."""
    document = {
        "client_id": DOCUMENT,
        "client_name": "An agent",
        "redirect_uris": ["http://localhost/callback"],
    }
    file = tmp_path / "client.json"
    file.write_text(json.dumps(document))
    server.run("client", "pin", DOCUMENT, str(file))
    end = end_of(CLIENTS[name](), server, tmp_path, DOCUMENT)
    assert (end["status"], end["body"]["user"]) == (200, "alice")
    assert end["client_id"] == DOCUMENT


def end_of(
    command: list[str], server: LiveServer, folder: Path, document: str = ""
) -> dict[str, Any]:
    """What a client prints at its end, whose user alice allows what it asks for."""
    with subprocess.Popen(
        [*command, server.me, BACK, document],
        cwd=folder,
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as client:
        try:
            assert client.stdout is not None
            url = client.stdout.readline().strip()
            printed, errors = client.communicate(Visitor().send(url) if url else "", timeout=60)
        finally:
            client.kill()
    assert client.returncode == 0, errors
    end: dict[str, Any] = json.loads(printed)
    return end
