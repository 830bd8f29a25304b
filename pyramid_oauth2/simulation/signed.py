"""A client that signs its token requests (``private_key_jwt``, RFC 7523 section 2.2).

Its key is made here, and its public part is in the place of what its document names.
"""

from __future__ import annotations

import json
import secrets
import threading
from functools import cache
from time import time
from typing import TYPE_CHECKING

from ..known_clients import KnownClient
from ..per_process import PerProcess

if TYPE_CHECKING:
    from ..jose.signing import PrivateKey

METHOD = "private_key_jwt"
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFETIME = 60  # seconds

_making = PerProcess(threading.Lock)


def published(client: KnownClient) -> dict[str, bytes]:
    """The key set of a client, by the URL at which its document says that it is."""
    url = (client.document or {}).get("jwks_uri")
    if METHOD not in client.methods or url is None:
        return {}
    return {str(url): json.dumps({"keys": [dict(_key(_algorithm(client)).public)]}).encode()}


def assertion(client: KnownClient, client_id: str, issuer: str) -> dict[str, str]:
    """The parameters by which it authenticates once."""
    from ..jose.signing import signed_jwt, signing_input

    key, now = _key(_algorithm(client)), int(time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": secrets.token_urlsafe(16),
        "iat": now,
        "exp": now + LIFETIME,
    }
    signed = signing_input({"alg": key.algorithm, "typ": "JWT", "kid": key.kid}, claims)
    jwt = signed_jwt(signed, key.signature(signed.encode()))
    return {"client_assertion_type": TYPE, "client_assertion": jwt}


def _algorithm(client: KnownClient) -> str:
    return str((client.document or {}).get("token_endpoint_auth_signing_alg", "RS256"))


def _key(algorithm: str) -> PrivateKey:
    # What one thread publishes, another may sign with.
    with _making():
        return _made(algorithm)


# One in a process: to make one of RSA takes longer than all steps of a client.
@cache
def _made(algorithm: str) -> PrivateKey:
    from ..jose.signing import PrivateKey

    return PrivateKey.made(algorithm)
