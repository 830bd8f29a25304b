"""mcp-remote, as an assistant starts it: a local MCP server that stands for a remote one."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.serving import environment

from .environment import node_with, script_of

PACKAGE = "mcp-remote"
GO = "Please authorize this client by visiting:"
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "An assistant", "version": "1"},
}


@dataclass(frozen=True)
class Remote:
    """Its process, which speaks JSON-RPC by standard input and output.

    :ivar folder: where it keeps its registration and its tokens.
    """

    process: subprocess.Popen[str]
    folder: Path
    numbers: count[int]

    def send(self, method: str, **params: Any) -> None:
        """Send a request, or a notification."""
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        if not method.startswith("notifications/"):
            message["id"] = next(self.numbers)
        print(json.dumps(message), file=self.process.stdin, flush=True)

    def result(self) -> dict[str, Any]:
        """The next response."""
        assert self.process.stdout is not None
        response = json.loads(self.process.stdout.readline())
        result: dict[str, Any] = response["result"]
        return result

    def url(self) -> str:
        """The URL to which it sends its user."""
        log = self.process.stderr
        assert log is not None
        passed = []
        for line in log:
            if GO in line:
                return next(log).strip()
            passed.append(line)
        raise AssertionError("".join(passed))

    def stored(self, name: str, member: str) -> str | None:
        """A member of what it has stored; None if it has not."""
        for file in self.folder.glob(f"*/*_{name}.json"):
            with contextlib.suppress(ValueError, FileNotFoundError):  # It is writing it.
                value: str = json.loads(file.read_text())[member]
                return value
        return None

    def connect(self) -> None:
        """Finish the handshake, once its user has signed in."""
        self.result()
        self.send("notifications/initialized")

    def call(self, tool: str, **arguments: str) -> None:
        """Send a request to call a tool."""
        self.send("tools/call", name=tool, arguments=arguments)


@contextlib.contextmanager
def remote(server: str, folder: Path) -> Iterator[Remote]:
    """Start it for an MCP server.

    :param folder: for its files.
    """
    command = [str(node_with(PACKAGE)), str(script_of(PACKAGE, PACKAGE)), server]
    kept = folder / "kept"
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment(BROWSER="true", MCP_REMOTE_CONFIG_DIR=str(kept)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            running = Remote(process, kept, count(1))
            running.send("initialize", **HELLO)
            yield running
        finally:
            process.kill()
