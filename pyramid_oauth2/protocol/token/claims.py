"""What an access token says: the one place for introspection, and for what else describes it."""

from __future__ import annotations

from typing import Any

from ..scopes import format_scope
from ..server import Server
from .access_token import AccessToken

AUTHENTICATION = ("auth_time", "acr", "amr")


def claims_of(server: Server, token: AccessToken) -> dict[str, Any]:
    """The claims of a valid access token, by the names of RFC 7662 section 2.2 and RFC 9068.

    Of a limit, a key, an actor or an authentication that it does not have, there is no claim.
    """
    claims: dict[str, Any] = {
        "scope": format_scope(token.scope),
        "client_id": token.client.client_id,
        "exp": token.expires_at,
        "iat": token.issued_at,
        "iss": server.issuer,
    }
    if token.subject is not None:
        public = server.resources.has_public_subjects(token.access.resources)
        claims["sub"] = token.subject if public else server.subject_for(token.client, token.subject)
    if token.access.resources:
        audience = [server.resources.uri(each) for each in token.access.resources]
        # RFC 7519 section 4.1.3: one is as well a single string, which every reader knows.
        claims["aud"] = audience if len(audience) > 1 else audience[0]
    if token.access.details:
        claims["authorization_details"] = list(token.access.details)
    if token.authentication is not None:
        # RFC 9068 section 2.2.1, RFC 9470 section 6.
        said = token.authentication.members()
        claims |= {name: said[name] for name in AUTHENTICATION if name in said}
    if token.confirmation is not None:
        claims["cnf"] = dict(token.confirmation.methods)
    if token.actor is not None:
        claims["act"] = dict(token.actor)
    return claims
