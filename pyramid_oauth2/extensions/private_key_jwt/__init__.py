"""Client authentication by a signed JWT: ``private_key_jwt`` (RFC 7521 section 4.2, RFC 7523).

A client has a key pair, and the server knows the public key only: there is no secret that the
server could lose, and none that is sent. On by default: only the clients that are registered for
it use it. What verifies an assertion is imported with the first one.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...events import notify
from .client_fields import LEGACY_ASSERTION_AUDIENCE, TOKEN_ENDPOINT_AUTH_SIGNING_ALG
from .method import PrivateKeyJWT
from .names import NAME
from .server_metadata import SigningAlgorithms


def includeme(config: Any) -> None:
    """Add the method, the fields of a client that belong to it, and the algorithms."""
    emit = partial(notify, config.registry)
    method = partial(PrivateKeyJWT, registry=config.registry, emit=emit)
    config.add_oauth2_client_authentication(NAME, method)
    config.add_oauth2_client_field(TOKEN_ENDPOINT_AUTH_SIGNING_ALG)
    config.add_oauth2_client_field(LEGACY_ASSERTION_AUDIENCE)
    config.add_oauth2_server_metadata(NAME, SigningAlgorithms)
