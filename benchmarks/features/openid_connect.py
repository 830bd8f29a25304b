"""OpenID Connect: the exchange of a code with an ID token, and the userinfo endpoint.

``make bench BENCH="--feature benchmarks.features.openid_connect"``
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from .. import addon
from ..site import CLIENT_ID, SCOPE, Environ, Site, environ
from ..workloads import exchange, workload

RS256, ES256 = f"{CLIENT_ID}-rs256", f"{CLIENT_ID}-id-es256"
ALGORITHMS = {RS256: "RS256", ES256: "ES256"}
REQUEST = {"scope": f"openid email {SCOPE}", "nonce": "n-0S6_WzA2Mj"}
SETTINGS = {"oauth2.openid": "true", "oauth2.secret": "s" * 43}


class Users(addon.Users):
    """The same user, of whom the application says what OpenID Connect needs."""

    def authenticated_at(self, request: Any) -> int:
        """Long ago."""
        return 1_700_000_000

    def claims(self, subject: str, names: Collection[str]) -> dict[str, Any]:
        """What costs the application nothing."""
        return {"email": f"{subject}@example.org", "email_verified": True}


USERS = Users()


def includeme(config: Any) -> None:
    """Nothing: the settings switch it on."""


def beside(site: Site) -> Site:
    """The server with clients of OpenID Connect."""
    others = {}
    for client_id, algorithm in ALGORITHMS.items():
        extra = {"id_token_signed_response_alg": algorithm}
        others[client_id] = addon.register_client(site.service, client_id, extra=extra)
        scope = frozenset(REQUEST["scope"].split())
        site.service.clients.edit(client_id, scope=scope)
    return replace(site, others=others)


@workload("O1", beside="W4")
def code_with_id_token_rs256(site: Site) -> Environ:
    """The exchange of a code, with PKCE, for tokens and an ID token that is signed with RS256."""
    return exchange(site.by(RS256), **REQUEST)


@workload("O2", beside="W4")
def code_with_id_token_es256(site: Site) -> Environ:
    """The same with ES256."""
    return exchange(site.by(ES256), **REQUEST)


@workload("O3", beside="W5")
def userinfo(site: Site) -> Environ:
    """The userinfo endpoint, with an opaque access token."""
    issued = site.ask(exchange(site.by(RS256), **REQUEST)).json
    bearer = f"Bearer {issued['access_token']}"
    return environ("GET", "/oauth2/userinfo", HTTP_AUTHORIZATION=bearer)
