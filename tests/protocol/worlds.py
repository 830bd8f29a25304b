"""An authorization server without any web, with a clock that the test moves."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.protocol.client_authentication.basic import ClientSecretBasic
from pyramid_oauth2.protocol.client_authentication.none import NoAuthentication
from pyramid_oauth2.protocol.client_authentication.post import ClientSecretPost
from pyramid_oauth2.protocol.grant_types.client_credentials import ClientCredentials
from pyramid_oauth2.protocol.grant_types.password import Password
from pyramid_oauth2.protocol.scopes import KnownScope
from pyramid_oauth2.protocol.server import AuthorizationServer, Lifetimes

NOW = 1_800_000_000


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def make_server(clock: Callable[[], int] | None = None, **changes: Any) -> AuthorizationServer:
    backend = MemoryBackend()
    scopes: Mapping[str, Any] = {name: KnownScope(name, name) for name in ("read", "write")}
    facts: dict[str, Any] = {
        "issuer": "https://auth.example.com",
        "require_https": True,
        "scopes": scopes,
        "default_scopes": None,
        "lifetimes": Lifetimes(access_token=3600, public_access_token=1800, grant=86400),
        "grant_types": {"client_credentials": ClientCredentials(), "password": Password()},
        "client_authentications": {
            "client_secret_basic": ClientSecretBasic(),
            "client_secret_post": ClientSecretPost(),
            "none": NoAuthentication(),
        },
        "clients": backend.clients,
        "grants": backend.grants,
        "consents": backend.consents,
        "clock": clock or Clock(),
        "random": os.urandom,
    }
    return AuthorizationServer(**facts | changes)
