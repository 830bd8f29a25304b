"""Clients open an MCP server for a user, which they know by its URL alone."""

from __future__ import annotations

import time
from pathlib import Path

import requests

from tests.live import LiveServer
from tests.visitor import Visitor

from .agent import Agent, agent
from .environment import HERE, python_with
from .remote import Remote, remote
from .test_agents import DOCUMENT, client_of, pin

GREETING = "Hello, alice"


def sign_in(url: str) -> str:
    """Allow what a client wants, and return to the port on which it waits; its client_id."""
    assert requests.get(Visitor().send(url), timeout=60).ok
    return client_of(url)


class TestFastMCP:
    def start(self, *arguments: str) -> list[str]:
        python = python_with("fastmcp-slim")
        return [str(python), str(HERE / "agents" / "with_fastmcp.py"), *arguments]

    def use(self, client: Agent, server: LiveServer) -> str:
        """Sign in, call, refresh, and withdraw what was allowed; the client_id."""
        client_id = sign_in(client.says()["go"])
        first = client.says()
        client.is_given("expired")
        refreshed = client.says()
        assert first["answer"] == refreshed["answer"] == GREETING
        assert first["token"] != refreshed["token"]
        server.run("grant", "revoke", "--client", client_id)
        client.is_given("withdrawn")
        assert sign_in(client.says()["go"]) == client_id, "the registration stays"
        assert client.says()["answer"] == GREETING
        return client_id

    def test_it_registers_itself(self, server: LiveServer, mcp_server: str, tmp_path: Path) -> None:
        """Again, once the server has removed it: it asks before it opens the browser."""
        with agent(self.start(mcp_server, ""), tmp_path) as client:
            client_id = self.use(client, server)
            assert client_id.startswith("oci_")
            server.run("client", "delete", client_id, "--yes")
            client.is_given("removed")
            assert sign_in(client.says()["go"]) != client_id
            assert client.says()["answer"] == GREETING

    def test_it_brings_a_document(
        self, server: LiveServer, mcp_server: str, tmp_path: Path
    ) -> None:
        pin(server, tmp_path)
        with agent(self.start(mcp_server, DOCUMENT), tmp_path) as client:
            assert self.use(client, server) == DOCUMENT


class TestMcpRemote:
    def greeting(self, client: Remote) -> str:
        client.call("greet", greeting="Hello")
        (part,) = client.result()["content"]
        text: str = part["text"]
        return text

    def test_it_registers_itself(self, server: LiveServer, mcp_server: str, tmp_path: Path) -> None:
        with remote(mcp_server, tmp_path) as client:
            client_id = sign_in(client.url())
            client.connect()
            assert self.greeting(client) == GREETING
            token = client.stored("tokens", "access_token")
            form = {"token": token, "client_id": client_id}
            requests.post(server.revoke, form, timeout=60).raise_for_status()
            assert self.greeting(client) == GREETING
            assert client.stored("tokens", "access_token") != token, "it has refreshed"
            server.run("grant", "revoke", "--client", client_id)
            client.call("greet", greeting="Hello")
            assert client_of(client.url()) == client_id, "the registration stays"
        server.run("client", "delete", client_id, "--yes")
        with remote(mcp_server, tmp_path) as client:
            assert client_of(client.url()) == client_id
            # It asks there before it opens the browser. It registers again, and then waits for a
            # sign-in that it does not start: version 0.15.1 takes it for one that is under way.
            while client.stored("client_info", "client_id") in (client_id, None):
                time.sleep(0.05)
        with remote(mcp_server, tmp_path) as client:
            assert sign_in(client.url()) != client_id
            client.connect()
            assert self.greeting(client) == GREETING
