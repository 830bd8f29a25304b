"""The logout token, by which a client learns that a session has ended (Back-Channel Logout 1.0)."""

from __future__ import annotations

from ..interfaces.server import IServer
from ..jose.signing import sign
from ..jose.uses import LOGOUT_TOKEN
from ..protocol.clients.extra import value_of
from ..protocol.records import Client
from .client_fields import ID_TOKEN_SIGNED_RESPONSE_ALG

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME = 120  # seconds; section 4 recommends at most two minutes
RANDOM = 16


def logout_token(server: IServer, client: Client, subject: str, sid: str) -> str:
    """A logout token for a client (Back-Channel Logout 1.0 section 2.4).

    Each has its own ``jti``, also when it is sent again: a client may refuse one that it has had.

    :param sid: as this client knows it (:class:`~.sids.Sids`).
    :raises StoreUnavailable: there is no key now, or the identifier of the user is not known.
    """
    now = server.clock()
    claims = {
        "iss": server.issuer,
        "aud": client.client_id,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": server.random(RANDOM).hex(),
        "events": {EVENT: {}},
        "sub": server.subject_for(client, subject),
        "sid": sid,
        # Never "nonce": so that no client takes it for an ID token.
    }
    algorithm = value_of(ID_TOKEN_SIGNED_RESPONSE_ALG, client)
    return sign(server, LOGOUT_TOKEN.typ, claims, algorithm)
