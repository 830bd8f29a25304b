"""Access tokens as JWTs (RFC 9068): an API elsewhere can read them, and this server has a record.

The record is found by the digest of the whole string, as that of an opaque token is. So here
nothing depends on what the string says: a changed one has another digest, and is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from zope.interface import implementer

from ...interfaces.access_token_format import IAccessTokenFormat
from ...interfaces.server import IServer
from ...interfaces.signer import ISigner
from ...jose.compact import access_token_of
from ...jose.signing import sign
from ...jose.uses import ACCESS_TOKEN as USE
from ...protocol.access import Access
from ...protocol.clients.extra import value_of
from ...protocol.errors import InvalidScope
from ...protocol.records import ACCESS_TOKEN, Client, TokenRef
from ...protocol.refusal import Refusal
from ...protocol.token.recognised import RecognisedToken
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

    def recognise(self, value: str) -> RecognisedToken | None:
        """What looks like an access token that this server has signed.

        The family of its record is in its ``jti``.
        """
        jwt = access_token_of(self._server.issuer, value)
        jti = None if jwt is None else jwt.claims.get("jti")
        if jwt is None or not isinstance(jti, str) or not _has_form(jti):
            return None
        ref = TokenRef(ACCESS_TOKEN, jti[:FAMILY_LENGTH], digest(value))
        return RecognisedJWT(ref, jwt.kid, self._server.signer)


@dataclass(frozen=True, slots=True)
class RecognisedJWT(RecognisedToken):
    """A JWT that names this server as its issuer.

    :param kid: of its header, which is the one that was signed if the record is found: that is
        by the digest of the whole string.
    """

    kid: str | None
    signer: ISigner | None = field(repr=False)

    def refusal(self) -> Refusal | None:
        """The refusal of a token whose key is revoked."""
        if self.kid is None or self.signer is None or not self.signer.is_revoked(self.kid):
            return None
        return REVOKED_KEY.comparing(kid=self.kid)


def _has_form(jti: str) -> bool:
    return len(jti) == FAMILY_LENGTH + RANDOM_LENGTH and jti.isascii() and jti.isalnum()
