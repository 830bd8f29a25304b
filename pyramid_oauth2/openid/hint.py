"""An ID token that a client sends back, as a hint to its user (Core section 3.1.2.1).

Also at the end session endpoint (OpenID Connect RP-Initiated Logout 1.0 section 2).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..interfaces.server import IServer
from ..jose.claims import audience
from ..jose.compact import CompactJWT
from ..jose.public_keys import PublicKey, public_key
from ..jose.refused import JWTRefused
from ..jose.uses import ID_TOKEN_HINT
from ..jose.verification import verify
from ..protocol.records import Client
from ..protocol.refusal import Refusal

ISSUER = Refusal("hint_issuer", "OpenID Connect Core section 3.1.2.1", decided_by="jwt")
AUDIENCE = Refusal("hint_audience", "OpenID Connect Core section 3.1.2.1", decided_by="jwt")


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of this server says about the login in which it was issued.

    :param client_id: of the client that it is for.
    :param sub: the user, as that client knows them.
    :param sid: of the session; None for an ID token without one.
    """

    client_id: str
    sub: str = field(repr=False)
    sid: str | None = field(default=None, repr=False)

    def is_about(self, server: IServer, client: Client, subject: str) -> bool:
        """Whether its user is *subject*.

        :param client: that of :attr:`client_id`.
        :raises StoreUnavailable: it is not known now.
        """
        return server.subject_for(client, subject) == self.sub


def read_hint(server: IServer, value: str, client: Client | None = None) -> Hint:
    """The hint, if this server has issued it; it may have expired.

    :param client: that it has to be for; None: any client.
    :raises JWTRefused: it is no ID token of this server, its key is revoked or forgotten, or it is
        for another client.
    :raises StoreUnavailable: the keys are not known now.
    """
    claims = verify(value, ID_TOKEN_HINT, lambda jwt: _keys(server, jwt), server.clock()).claims
    if claims["iss"] != server.issuer:
        raise JWTRefused(ISSUER, "is of another issuer")
    # An ID token of this server has one audience: the client.
    named = audience(claims)
    if len(named) != 1 or (client is not None and client.client_id != named[0]):
        wanted = client.client_id if client else None
        raise JWTRefused(AUDIENCE.comparing(aud=named, client_id=wanted), "is for another client")
    return Hint(named[0], claims["sub"], claims.get("sid"))


def _keys(server: IServer, jwt: CompactJWT) -> tuple[PublicKey, ...]:
    """The key that has signed it, also one that is not published any more."""
    if server.signer is None or jwt.kid is None:
        return ()
    jwk = server.signer.public_key(jwt.kid)
    return () if jwk is None else (public_key(jwk),)
