"""Access tokens as JWTs (RFC 9068), and introspection responses as JWTs (RFC 9701).

For clients whose tokens are presented to APIs elsewhere, which then need no request to this
server for each token. Every other client gets opaque tokens, which say nothing to a stranger and
end at once when they are revoked.
"""

from __future__ import annotations

from typing import Any

from ...interfaces import ISettings
from .client_fields import INTROSPECTION_SIGNED_RESPONSE_ALG, access_token_format
from .jwt_format import JWTAccessToken
from .settings import JWTAccessTokenSettings
from .signed_introspection import SignableIntrospection, SignedIntrospectionMetadata


def includeme(config: Any) -> None:
    """Add the format, the fields of a client that choose it, and its settings."""
    config.add_oauth2_settings("jwt_access_tokens", JWTAccessTokenSettings)
    settings = config.registry.getUtility(ISettings).of(JWTAccessTokenSettings)
    config.add_oauth2_access_token_format("jwt", JWTAccessToken)
    config.add_oauth2_client_field(access_token_format(settings.algorithm))
    config.add_oauth2_client_field(INTROSPECTION_SIGNED_RESPONSE_ALG)
    config.add_oauth2_endpoint("introspect", SignableIntrospection, metadata=None)
    config.add_oauth2_server_metadata("signed introspection", SignedIntrospectionMetadata)
    config.include(".startup_check")
