"""What a client got by a proof of its own is used by a proof.

A client may be registered for ``none`` and for a signed JWT, and the document of another may name
``none`` one day: its client_id alone would then be enough for what it got before. A client that
proves more than it did is not refused.
"""

from __future__ import annotations

from ..errors import InvalidGrant
from ..records import Client, Token
from ..refusal import Refusal
from .confirmation import Proof, authenticated_by

SAME = Refusal("client_proof_of_grant", "RFC 6749 section 10.4", decided_by="token")


def check_client_proof(client: Client, token: Token, proof: Proof) -> None:
    """Refuse a public client that did not prove itself, for a token that it got by a proof.

    The client is who it says, so this is not ``invalid_client``, at which some give up their
    registration; nothing is revoked, since anyone knows a client_id.

    :raises InvalidGrant: it did not prove itself as before.
    """
    if proof.authenticated_by or not client.public:
        return
    before = authenticated_by(token.data)
    if before is not None:
        raise InvalidGrant(
            f"The token was issued to the client that authenticated by {before}: authenticate by "
            "it again.",
            refusal=SAME.comparing(used=client.token_endpoint_auth_method, before=before),
        )
