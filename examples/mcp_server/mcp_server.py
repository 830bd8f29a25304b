"""An MCP server whose tokens another server issues, which it asks about each (RFC 7662).

It has one tool. The SDK refuses what comes without a token, and names the server that issues
tokens (RFC 9728).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from mcp.server.auth.middleware.auth_context import get_access_token
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.mcpserver import MCPServer

ISSUER = os.environ.get("ISSUER", "http://localhost:6543")
# The URL that users give to their clients, and one of oauth2.resources at the issuer.
MCP_URL = os.environ.get("MCP_URL", "http://localhost:6546/mcp")
CLIENT_ID = "demo-mcp"
SECRET_FILE = Path(__file__).parents[2] / "demo-client-mcp.secret"
TIMEOUT = 10  # seconds, for the response of the issuer


class Introspection:
    """Validates tokens: it is what the SDK calls a ``TokenVerifier``."""

    def __init__(self, secret: str) -> None:
        self._issuer = httpx2.AsyncClient(auth=(CLIENT_ID, secret), timeout=TIMEOUT)

    async def verify_token(self, token: str) -> AccessToken | None:
        """What the issuer knows about a token; None if it is not active."""
        response = await self._issuer.post(f"{ISSUER}/oauth2/introspect", data={"token": token})
        response.raise_for_status()
        known = response.json()
        if not known["active"]:
            return None
        return AccessToken(
            token=token,
            client_id=known["client_id"],
            scopes=known["scope"].split(),
            expires_at=known["exp"],
            subject=known.get("sub"),
            # The SDK compares it with the server's own URL (RFC 8707 section 2).
            resource=MCP_URL if MCP_URL in audience(known) else None,
        )


def audience(known: dict[str, Any]) -> list[str]:
    """The APIs that a token is for (RFC 7519 section 4.1.3: a list, or a single one)."""
    value: str | list[str] = known.get("aud", [])
    return [value] if isinstance(value, str) else value


def greet(greeting: str) -> str:
    """Greet the user."""
    token = get_access_token()
    return f"{greeting}, {token and token.subject}"


def main() -> None:
    """Serve MCP_URL until Ctrl-C."""
    secret = os.environ.get("CLIENT_SECRET") or SECRET_FILE.read_text().strip()
    server = MCPServer(
        "Greetings",
        token_verifier=Introspection(secret),
        auth=AuthSettings(
            issuer_url=ISSUER,
            resource_server_url=MCP_URL,
            required_scopes=["read"],
            validate_token_resource=True,
        ),
        log_level="WARNING",
    )
    server.add_tool(greet)
    address = urlsplit(MCP_URL)
    server.run(
        "streamable-http",
        host=address.hostname,
        port=address.port,
        streamable_http_path=address.path,
    )


if __name__ == "__main__":
    try:
        main()
    except FileNotFoundError:
        sys.exit(f"There is no {SECRET_FILE.name}: `make demo` writes it. Or set CLIENT_SECRET.")
    except KeyboardInterrupt:
        sys.exit(130)
