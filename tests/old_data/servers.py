"""A server on a store that an earlier version may have filled, at a time when nothing expired."""

from __future__ import annotations

from typing import Any

from tests.functional import host
from tests.functional.applications import Recipe
from tests.functional.flow import SETTINGS
from tests.functional.openid_provider import PROVIDER, provider
from tests.functional.server import Server
from tests.quick_templates import COMPILED

NOW = 1_800_000_000  # UTC seconds
STORES = ("sqlite", "postgresql", "redis")


def settings(store: str, url: str) -> dict[str, str]:
    """The settings of the application."""
    backend = "redis" if store == "redis" else "sqlalchemy"
    return {
        **SETTINGS,
        "oauth2.issuer": "http://localhost",
        "oauth2.scopes": "read = Read your data\nwrite = Change your data",
        "oauth2.backend": backend,
        f"oauth2.{backend}.url": url,
    }


class LaterServer(Server):
    """A server whose clients exist already.

    :param secrets: the secrets of the clients.
    :param openid: whether it is a provider of OpenID Connect.
    """

    def __init__(self, store: str, url: str, secrets: dict[str, str], openid: bool = False) -> None:
        chosen, steps = {**settings(store, url), **COMPILED}, [host.pages]
        if openid:
            chosen |= {f"oauth2.{name}": value for name, value in PROVIDER.items()}
            steps.append(provider)
        self.app = Recipe(chosen, steps).make()
        self.registry = self.app.registry
        self._heard: list[Any] = []
        self.secrets = secrets
        self.browser = self.fresh_browser()
        self.set_clock(lambda: NOW)
