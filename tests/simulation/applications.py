"""Applications that MCP clients connect to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router

from pyramid_oauth2.testing import memory_backend

ISSUER = "https://app.example"
API = f"{ISSUER}/mcp"
HOSTS = "claude.ai chatgpt.com vscode.dev grok.com zed.dev opencode.ai"
SETTINGS: Mapping[str, str] = {
    "issuer": ISSUER,
    "scopes": "read = Read\nwrite = Write",
    "default_scopes": "read",
    "login_route": "login",
    "resources": f"{API} = read",
    "client_id_metadata": "allowed",
    "client_id_metadata.hosts": HOSTS,
    "registration": "open",
    "private_schemes": "cursor jetbrains vscode vscode-insiders",
}


class Users:
    """The users of the application, by number; there is no other one."""

    known = frozenset({"7"})

    def userid(self, subject: str) -> int:
        return int(subject)

    def authenticated_at(self, request: Any) -> int:
        raise LookupError("no user is signed in")

    def claims(self, subject: str, names: Collection[str]) -> dict[str, str]:
        return {"name": "Bob"}

    def is_active(self, subject: str) -> bool:
        return subject in self.known


def make(configure: Callable[[Any], None] | None = None, **changes: str | None) -> Router:
    """An application; a setting that is None is left out."""
    return main({}, configure, **memory_backend(with_prefix(changes)))


def with_prefix(changes: Mapping[str, str | None]) -> dict[str, str]:
    """The settings of the ini, with changes."""
    chosen = {**SETTINGS, **changes}
    return {f"oauth2.{name}": value for name, value in chosen.items() if value is not None}


def main(
    global_config: Any, configure: Callable[[Any], None] | None = None, **settings: Any
) -> Router:
    """The application of an ini."""
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    config.set_oauth2_resource_owners(Users())
    config.add_route("login", "/login")
    config.add_route("mcp", "/mcp")
    config.add_view(
        lambda request: {"user": request.authenticated_userid},
        route_name="mcp",
        renderer="json",
        oauth2_scope="read",
    )
    if configure is not None:
        configure(config)
    return config.make_wsgi_app()
