"""A server with OpenID Connect, its users, and what a client reads of an ID token."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Collection
from typing import Any

from pyramid_oauth2 import Authentication
from tests.jose import judges

from . import host
from .flow import Flow

ISSUER = "http://localhost"
SIGNED_IN_AT = 1_700_000_000
PROVIDER = {"openid": "true", "secret": "s" * 43}
SCOPE = frozenset({"openid", "profile", "email", "address", "phone", "offline_access", "read"})

CLAIMS: dict[str, Any] = {
    "name": "Bob Builder",
    "given_name": "Bob",
    "family_name": "Builder",
    "preferred_username": "bob",
    "middle_name": None,
    "nickname": "",
    "updated_at": SIGNED_IN_AT,
    "email": "bob@example.org",
    "email_verified": False,
    "address": {"locality": "Bonn", "country": "Germany", "region": ""},
    "phone_number": "+49 228 0",
    "phone_number_verified": True,
    "https://example.org/department": "Roofs",
}


class Users(host.Users):
    """Users of whom the application knows more, and remembers what it was asked for."""

    asked: list[frozenset[str]] = []
    says: dict[str, Any] = CLAIMS
    claim_descriptions = {"https://example.org/department": "Where you work <b>now</b>"}

    def authentication(self, request: Any) -> Authentication:
        return Authentication(SIGNED_IN_AT, "gold", ("pwd", "otp"))

    def claims(self, subject: str, names: Collection[str]) -> dict[str, Any]:
        self.asked.append(frozenset(names))
        return self.says


def provider(config: Any) -> None:
    """The application's part of an OpenID provider."""
    config.set_oauth2_resource_owners(Users())


def give_scopes(flow: Flow, **changes: Any) -> Flow:
    """Let the client of a flow request every scope of OpenID Connect."""
    clients = flow.server.service.clients
    client = flow.server.service.server.clients.get(flow.client_id)
    clients.edit(flow.client_id, client.version, **{"scope": SCOPE, **changes})
    return flow


def parts(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a JWT; no signature is verified."""
    header, payload, _ = token.split(".")
    decoded = [urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in (header, payload)]
    return json.loads(decoded[0]), json.loads(decoded[1])


def claims_of(flow: Flow, token: str) -> dict[str, Any]:
    """The claims of an ID token, as PyJWT verifies it for the client of the flow."""
    jwks = flow.server.get("/oauth2/jwks").json
    return judges.by_pyjwt(token, jwks, flow.client_id)
