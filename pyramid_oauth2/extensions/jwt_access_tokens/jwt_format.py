"""Access tokens as JWTs (RFC 9068): an API elsewhere can read them, and this server has a record.

The record is found by the digest of the whole string, as that of an opaque token is. So here
nothing depends on what the string says: a changed one has another digest, and is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from zope.interface import implementer

from ...interfaces.access_token_format import IAccessTokenFormat
from ...interfaces.server import IServer
from ...jose.compact import CompactJWT, access_token_of
from ...jose.signing import sign
from ...jose.uses import ACCESS_TOKEN as USE
from ...protocol.access import Access
from ...protocol.clients.extra import value_of
from ...protocol.errors import InvalidScope
from ...protocol.records import ACCESS_TOKEN, Client, TokenRef
from ...protocol.refusal import Refusal
from ...protocol.token_strings import FAMILY_LENGTH, NewToken, digest, random_text
from ...settings import Settings
from .client_fields import ACCESS_TOKEN_FORMAT, JWT
from .settings import JWTAccessTokenSettings

RANDOM_LENGTH = 22  # 131 bits
MAX_LENGTH = 4096
"""Characters of a token. Servers limit the length of a header, which has it."""

REVOKED_KEY = Refusal("signing_key_revoked", "RFC 9068 section 4", decided_by="signing_key")
LENGTH = Refusal("jwt_access_token_length", "RFC 9068 section 2", decided_by="request")


@implementer(IAccessTokenFormat)
class JWTAccessToken:
    """The format of the access tokens of clients that are registered for it."""

    def __init__(self, server: IServer, settings: Settings) -> None:
        self._server = server
        self._settings = settings.of(JWTAccessTokenSettings)
        self.lifetime = self._settings.lifetime

    def suits(self, client: Client, access: Access) -> bool:
        """Whether the client is registered for it."""
        return bool(value_of(ACCESS_TOKEN_FORMAT, client) == JWT)

    def recognises(self, value: str) -> bool:
        """Whether it looks like an access token that this server has signed; proves nothing."""
        return self._parsed(value) is not None

    def make(self, family: str, claims: Callable[[], Mapping[str, Any]]) -> NewToken:
        """Sign what the token says.

        :raises InvalidScope: it would say too much for a header.
        :raises StoreUnavailable: there is no key now.
        """
        said = dict(claims())
        said["jti"] = family + random_text(RANDOM_LENGTH, self._server.random)
        # RFC 9068 section 2.2: of a client that acts for itself, the subject is the client.
        said.setdefault("sub", said["client_id"])
        # RFC 9068 section 3: there is always an audience.
        said.setdefault("aud", self._server.area)
        value = sign(self._server, USE.typ, said, self._settings.algorithm)
        if len(value) > MAX_LENGTH:
            raise InvalidScope(
                f"The access token would be longer than {MAX_LENGTH} characters: request fewer "
                "scopes.",
                refusal=LENGTH.comparing(length=len(value), scope=str(said.get("scope"))),
            )
        return NewToken(value, TokenRef(ACCESS_TOKEN, family, digest(value)))

    def reference(self, value: str) -> TokenRef | None:
        """Where its record is: the family is in its ``jti``, and proves nothing."""
        jwt = self._parsed(value)
        if jwt is None:
            return None
        family = jwt.claims["jti"][:FAMILY_LENGTH]
        return TokenRef(ACCESS_TOKEN, family, digest(value))

    def refuses(self, value: str) -> Refusal | None:
        """The refusal of a token whose key is revoked.

        The digest of the whole string was found, so its header is the one that was signed.
        """
        jwt, signer = self._parsed(value), self._server.signer
        if jwt is None or jwt.kid is None or signer is None or not signer.is_revoked(jwt.kid):
            return None
        return REVOKED_KEY.comparing(kid=jwt.kid)

    def _parsed(self, value: str) -> CompactJWT | None:
        jwt = access_token_of(self._server.issuer, value)
        jti = None if jwt is None else jwt.claims.get("jti")
        if not isinstance(jti, str) or len(jti) != FAMILY_LENGTH + RANDOM_LENGTH:
            return None
        return jwt if jti.isascii() and jti.isalnum() else None
