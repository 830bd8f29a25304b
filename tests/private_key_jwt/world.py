"""A server at which clients authenticate by signed JWTs, and what fetches their keys."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

from pyramid_oauth2.extensions.private_key_jwt.client_fields import (
    LEGACY_ASSERTION_AUDIENCE,
    TOKEN_ENDPOINT_AUTH_SIGNING_ALG,
)
from pyramid_oauth2.extensions.private_key_jwt.method import PrivateKeyJWT
from pyramid_oauth2.extensions.private_key_jwt.names import JWT_BEARER, NAME
from pyramid_oauth2.fetching.responses import Response
from pyramid_oauth2.interfaces import IFetcher
from pyramid_oauth2.interfaces.fetcher import Report
from pyramid_oauth2.protocol.client_authentication import authenticate_client
from pyramid_oauth2.protocol.clients.authentication_methods import METHODS
from pyramid_oauth2.protocol.clients.metadata import BY_NAME
from pyramid_oauth2.protocol.http import HTTPRequest
from pyramid_oauth2.protocol.single_use import SingleUse
from tests.jose.forgeries import Honest, public
from tests.protocol.worlds import FACTORIES, Clock, make_client, make_server

ISSUER = "https://auth.example.com"
TOKEN = f"{ISSUER}/oauth2/token"
KEY = ECKey.generate_key("P-256")
KEYS = {
    "ES256": KEY,
    "RS256": RSAKey.generate_key(2048),
    "Ed25519": OKPKey.generate_key("Ed25519"),
}
KEYS |= {"PS256": KEYS["RS256"], "EdDSA": KEYS["Ed25519"]}


def key_set(**keys: Any) -> dict[str, Any]:
    """A JWK Set, by the names of its keys."""
    return {"keys": [{**public(key), "kid": kid} for kid, key in keys.items()]}


class Registry:
    """The registry of an application that has nothing but a fetcher."""

    def __init__(self, fetcher: Any) -> None:
        self.fetcher = fetcher

    def queryUtility(self, interface: Any) -> Any:
        assert interface is IFetcher
        return self.fetcher


class Publisher:
    """Key sets at URLs, and who asked for them."""

    def __init__(self) -> None:
        self.sets: dict[str, Any] = {}
        self.fetched: list[str] = []
        self.fails: Exception | None = None

    def get(self, url: str, most: int, report: Report) -> Response:
        self.fetched.append(url)
        report(url, None if self.fails is None else str(self.fails))
        if self.fails is not None:
            raise self.fails
        found = self.sets[url]
        return Response(200, found if isinstance(found, bytes) else json.dumps(found).encode())


class World:
    """A server with one client that signs; more can be added."""

    def __init__(self, fetcher: Any = None, **changes: Any) -> None:
        self.events: list[Any] = []
        self.publisher = Publisher()
        self._fetcher = fetcher or self.publisher
        self.clock = Clock()
        methods = {**FACTORIES.client_authentications, NAME: self._method}
        added = (LEGACY_ASSERTION_AUDIENCE, TOKEN_ENDPOINT_AUTH_SIGNING_ALG, METHODS)
        self.server = make_server(
            self.clock,
            factories=replace(FACTORIES, client_authentications=methods),
            client_authentications=frozenset(methods),
            client_fields={**BY_NAME, **{field.name: field for field in added}},
            **changes,
        )
        if self.server.clients.get("web") is None:
            self.add("web", jwks=key_set(one=KEY))

    def _method(self, server: Any) -> PrivateKeyJWT:
        return PrivateKeyJWT(server, registry=Registry(self._fetcher), emit=self.events.append)

    def add(self, client_id: str, **changes: Any) -> None:
        usual = {"client_id": client_id, "token_endpoint_auth_method": NAME}
        self.server.clients.add(make_client(**usual | changes))

    def honest(self, client_id: str = "web", alg: str = "ES256", **claims: Any) -> Honest:
        """A good assertion of a client."""
        now = self.clock()
        usual = {
            "iss": client_id,
            "sub": client_id,
            "aud": ISSUER,
            "iat": now,
            "exp": now + 60,
            "jti": "one",
        }
        return Honest({"alg": alg, "kid": "one", "typ": "JWT"}, usual | claims, KEYS[alg], now)

    def authenticate(
        self, assertion: str, headers: dict[str, str] | None = None, url: str = TOKEN, **form: str
    ) -> tuple[str, tuple[SingleUse, ...]]:
        """The client_id, and what is to be reserved."""
        http = HTTPRequest("POST", url, headers=headers or {}, remote_addr="192.0.2.1")
        form = {"client_assertion_type": JWT_BEARER, "client_assertion": assertion, **form}
        found = authenticate_client(self.server, http, form, self.events.append)
        return found[0].client_id, found[1].reservations

    def checks(self) -> list[str]:
        """The names of the checks that refused, for the operator."""
        return [each.refusal.check for each in self.events if hasattr(each, "refusal")]
