"""A client that authenticates by a JWT that it signs (RFC 7523), beside one with a secret.

``make bench BENCH="--feature benchmarks.features.private_key_jwt"``
"""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from functools import cache
from typing import Any

from ..addon import register_client
from ..site import CLIENT_ID, ISSUER, SCOPE, Environ, Site
from ..workloads import workload

ES256, RS256 = f"{CLIENT_ID}-es256", f"{CLIENT_ID}-rs256"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# Those of one run never have the identifier of an earlier one, whose store may be left.
_numbers = itertools.count(time.time_ns())


def includeme(config: Any) -> None:
    """Nothing: it is on by default."""


def beside(site: Site) -> Site:
    """The same server with clients that sign."""
    clients = site.service.clients
    for client_id, algorithm in ((ES256, "ES256"), (RS256, "RS256")):
        keys = {"keys": [_key(algorithm).as_dict(private=False)]}
        if site.service.server.clients.get(client_id) is not None:
            # Of an earlier start, whose key is gone.
            clients.edit(client_id, jwks=keys)
            continue
        method = {"token_endpoint_auth_method": "private_key_jwt", "jwks": keys}
        register_client(site.service, client_id, **method)
    return replace(site, others={ES256: "", RS256: ""})


@cache
def _key(algorithm: str) -> Any:
    from joserfc.jwk import ECKey, RSAKey

    named: Any = {"kid": algorithm}
    if algorithm == "ES256":
        return ECKey.generate_key("P-256", named)
    return RSAKey.generate_key(2048, named)


def _assertion(client_id: str, algorithm: str) -> str:
    from joserfc import jwt

    claims = {
        **{"iss": client_id, "sub": client_id, "aud": ISSUER},
        **{"exp": int(time.time()) + 300, "jti": str(next(_numbers))},
    }
    return str(jwt.encode({"alg": algorithm, "kid": algorithm}, claims, _key(algorithm)))


def _token(site: Site, client_id: str, algorithm: str) -> Environ:
    assertion = _assertion(client_id, algorithm)
    credentials = {"client_assertion_type": TYPE, "client_assertion": assertion}
    return site.by(client_id).form(
        "/oauth2/token", grant_type="client_credentials", scope=SCOPE, **credentials
    )


@workload("P1", beside="W1")
def token_by_es256(site: Site) -> Environ:
    """A token for the client itself, which proves itself by ES256."""
    return _token(site, ES256, "ES256")


@workload("P2", beside="W1")
def token_by_rs256(site: Site) -> Environ:
    """The same with RS256 and a key of 2048 bits."""
    return _token(site, RS256, "RS256")
