"""An MCP client: it calls a tool for a user, who signs in with the browser.

It knows only the URL of the MCP server. Where users sign in, it reads there; and it is
registered by itself (RFC 7591).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import webbrowser
from asyncio.subprocess import Process
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken

MCP_URL = os.environ.get("MCP_URL", "http://localhost:6546/mcp")
SERVER = Path(__file__).with_name("mcp_server.py")
TIMEOUT = 30  # seconds, for the response of a server


class Memory:
    """Where the SDK puts the registration and the tokens; a real client keeps both."""

    client: OAuthClientInformationFull | None = None
    tokens: OAuthToken | None = None

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """The registration."""
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Remember the registration."""
        self.client = client_info

    async def get_tokens(self) -> OAuthToken | None:
        """The tokens."""
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Remember the tokens."""
        self.tokens = tokens


class Loopback(HTTPServer):
    """Receives the browser on a port that the system chooses (RFC 8252 section 7.3)."""

    timeout = 1  # seconds, after which it can be interrupted

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Callback)
        self.redirect_uri = f"http://127.0.0.1:{self.server_port}/callback"
        self.response: dict[str, str] = {}

    async def send(self, url: str) -> None:
        """Open the browser."""
        print(f"Sign in with your browser. If it does not open, go to\n\n{url}\n", flush=True)
        webbrowser.open(url)

    async def receive(self) -> AuthorizationCodeResult:
        """Wait for the response; the SDK checks its state, and its issuer (RFC 9207)."""
        while not self.response:
            await asyncio.to_thread(self.handle_request)
        if "code" not in self.response:
            sys.exit(f"You were not signed in: {self.response['error']}")
        return AuthorizationCodeResult(
            **{name: self.response.get(name) for name in ("code", "state", "iss")}
        )


class Callback(BaseHTTPRequestHandler):
    """The last page that the user sees."""

    server: Loopback

    def do_GET(self) -> None:
        """Pass the response on."""
        path, _, query = self.path.partition("?")
        response = dict(parse_qsl(query))
        if path != "/callback" or not response.keys() & {"code", "error"}:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Back</title><p>Go on in the terminal.")
        self.server.response = response

    def log_message(self, format: str, *args: Any) -> None:
        """Write no log, since the line would contain the code."""


async def use_server() -> None:
    """Connect, and call each tool."""
    with Loopback() as loopback:
        metadata = OAuthClientMetadata(
            client_name="The MCP example",
            redirect_uris=[loopback.redirect_uri],
            token_endpoint_auth_method="none",
        )
        provider = OAuthClientProvider(MCP_URL, metadata, Memory(), loopback.send, loopback.receive)
        async with (
            httpx2.AsyncClient(auth=provider, timeout=TIMEOUT) as http,
            Client(streamable_http_client(MCP_URL, http_client=http)) as client,
        ):
            tools = await client.list_tools()
            print("Tools:", ", ".join(tool.name for tool in tools.tools))
            result = await client.call_tool("greet", {"greeting": "Hello"})
            print("greet:", result.content[0].text, flush=True)


async def listening(server: Process) -> None:
    """Wait until the MCP server accepts connections."""
    address = urlsplit(MCP_URL)
    while server.returncode is None:
        try:
            _, writer = await asyncio.open_connection(address.hostname, address.port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    sys.exit("The MCP server did not start.")


async def main() -> None:
    """Start the server, use it once, and leave it running for other clients."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    server = await asyncio.create_subprocess_exec(sys.executable, str(SERVER))
    try:
        await listening(server)
        await use_server()
        print(f"Connect other clients to {MCP_URL}. Ctrl-C ends the server.", flush=True)
        await server.wait()
    finally:
        if server.returncode is None:
            server.terminate()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(130)
