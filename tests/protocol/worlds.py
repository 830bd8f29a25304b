"""An authorization server without HTTP, with a clock that the test sets."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.protocol.authorization.authorization_request import AuthorizationRequest
from pyramid_oauth2.protocol.authorization.response_types import CodeResponse, TokenResponse
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.client_authentication.basic import ClientSecretBasic
from pyramid_oauth2.protocol.client_authentication.none import NoAuthentication
from pyramid_oauth2.protocol.client_authentication.post import ClientSecretPost
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.grant_types.authorization_code import AuthorizationCode
from pyramid_oauth2.protocol.grant_types.client_credentials import ClientCredentials
from pyramid_oauth2.protocol.grant_types.password import Password
from pyramid_oauth2.protocol.grant_types.refresh_token import RefreshToken
from pyramid_oauth2.protocol.lifetimes import Lifetimes
from pyramid_oauth2.protocol.plug_ins import Factories
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.resources import Resources
from pyramid_oauth2.protocol.scopes import KnownScope
from pyramid_oauth2.protocol.throttling import Limit, Throttle, Uncounted
from pyramid_oauth2.protocol.token.opaque import OpaqueAccessToken

LIMIT = Limit(10, "minute")
NOW = 1_800_000_000
LIFETIMES = Lifetimes(
    access_token=3600,
    public_access_token=1800,
    refresh_token=7200,
    refresh_token_grace=30,
    authorization_code=60,
    authorization_code_grace=0,
    interaction=600,
    consent=100_000,
    grant=86400,
)


FACTORIES = Factories(
    grant_types={
        "authorization_code": AuthorizationCode,
        "client_credentials": ClientCredentials,
        "password": Password,
        "refresh_token": RefreshToken,
    },
    client_authentications={
        "client_secret_basic": ClientSecretBasic,
        "client_secret_post": ClientSecretPost,
        "none": NoAuthentication,
    },
    access_token_formats={"opaque": OpaqueAccessToken},
    response_types={"code": CodeResponse, "token": TokenResponse},
)


class Clock:
    """A clock that only the test moves."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def make_server(clock: Callable[[], int] | None = None, **changes: Any) -> AuthorizationServer:
    backend = MemoryBackend()
    scopes: Mapping[str, Any] = {name: KnownScope(name, name) for name in ("read", "write")}
    parts: dict[str, Any] = {
        "issuer": "https://auth.example.com",
        "resources": Resources("https://auth.example.com", "https://auth.example.com"),
        "require_https": True,
        "scopes": scopes,
        "default_scopes": None,
        "response_types": frozenset({"code"}),
        "require_pkce": True,
        "single_access_token": False,
        "lifetimes": LIFETIMES,
        "grant_types": frozenset(FACTORIES.grant_types),
        "client_authentications": frozenset(FACTORIES.client_authentications),
        "factories": FACTORIES,
        "clients": ClientCache(backend.clients, 0, clock or Clock()),
        "grants": backend.grants,
        "consents": backend.consents,
        "throttle": Throttle(LIMIT, LIMIT, LIMIT, LIMIT, LIMIT, Uncounted()),
        "is_active": lambda subject: True,
        "subject_exists": lambda subject: False,
        "clock": clock or Clock(),
        "random": os.urandom,
        "url": "https://auth.example.com/oauth2/".__add__,
        "entry_store": lambda: backend.entries,
    }
    return AuthorizationServer(**parts | changes)


VERIFIER = "a-verifier-of-43-characters-is-long-enough.~"
CHALLENGE = "CTWM-GI6UCeFNHGMTnH6GkGLchDJERRXVi7bKFalxWQ"
BACK = "https://client.example/back"


def make_client(**changes: Any) -> Client:
    """A confidential client of the code flow, with *changes*."""
    usual: dict[str, Any] = {
        "client_id": "web",
        "redirect_uris": (BACK,),
        "grant_types": ("authorization_code", "refresh_token"),
        "scope": frozenset({"read", "write"}),
    }
    return Client(**usual | changes)


def make_request(**changes: Any) -> AuthorizationRequest:
    """A validated request of that client, with *changes*."""
    usual: dict[str, Any] = {
        "client_id": "web",
        "redirect_uri": BACK,
        "redirect_uri_named": True,
        "response_type": "code",
        "response_mode": "query",
        "scope": frozenset({"read"}),
        "state": "xyz",
        "code_challenge": CHALLENGE,
    }
    return AuthorizationRequest(**usual | changes)
