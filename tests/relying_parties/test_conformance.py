"""The conformance tool of the Model Context Protocol finds nothing, not even to warn of."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import requests

from tests.live import LiveServer
from tests.ports import free_port
from tests.serving import environment
from tests.visitor import Visitor

from .environment import newer_node_with, script_of

TOOL = "@modelcontextprotocol/conformance"
CHECKS = (
    "authorization-server-metadata",
    "authorization-server-metadata-cimd",
    "authorization-code-grant",
)


def test_the_mode_for_authorization_servers(
    server: LiveServer, mcp_url: str, tmp_path: Path
) -> None:
    port = free_port()
    client = server.add_client(
        *("--name", "Conformance", "--kind", "native", "--scope", "read"),
        *("--redirect-uri", "http://127.0.0.1/callback"),
    )
    command = [
        *(str(newer_node_with(TOOL)), str(script_of(TOOL, "conformance")), "authorization"),
        *("--url", server.issuer, "--client-id", client.id, "--resource", mcp_url),
        *("--port", str(port), "--output-dir", str(tmp_path)),
    ]
    with subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as tool:
        try:
            assert tool.stdout is not None
            printed = iter(tool.stdout.readline, "")
            url = next(line.strip() for line in printed if line.startswith("http"))
            assert requests.get(Visitor().send(url), timeout=60).ok
            summary, _ = tool.communicate(timeout=60)
        finally:
            tool.kill()
    assert tool.returncode == 0, summary
    files = tmp_path.glob("*/checks.json")
    checks = {
        check["id"]: check["status"] for file in files for check in json.loads(file.read_text())
    }
    assert checks == dict.fromkeys(CHECKS, "SUCCESS")
