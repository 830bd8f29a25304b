"""The fields of a client for OpenID Connect (OpenID Connect Dynamic Client Registration 1.0)."""

from __future__ import annotations

from ..jose.algorithms import ALGORITHMS, RS256
from ..protocol.clients.codecs import Codec
from ..protocol.clients.field import ClientField, Control, Option
from ..protocol.messages import message as _

# Registration section 2: the default is RS256, which every client can verify. Never "none",
# which is for clients without a token endpoint.
ID_TOKEN_SIGNED_RESPONSE_ALG = ClientField(
    "id_token_signed_response_alg",
    Codec.TEXT,
    "The algorithm by which its ID tokens are signed.",
    RS256,
    control=Control(
        "choice",
        _("ID tokens"),
        _("RS256, unless the client demands another one."),
        choices=tuple((name, name) for name in dict.fromkeys((RS256, *ALGORITHMS))),
        folded=True,
    ),
    option=Option("--id-token-signed-response-alg", choices=tuple(ALGORITHMS)),
    for_users=True,
    signed_by=str,
)

UNSIGNED = ""

USERINFO_SIGNED_RESPONSE_ALG = ClientField(
    "userinfo_signed_response_alg",
    Codec.TEXT,
    "The algorithm by which responses of the userinfo endpoint to it are signed; none: they are "
    "plain JSON.",
    UNSIGNED,
    control=Control(
        "choice",
        _("Signed userinfo"),
        choices=((UNSIGNED, _("not signed")), *((name, name) for name in ALGORITHMS)),
        folded=True,
    ),
    option=Option("--userinfo-signed-response-alg", choices=tuple(ALGORITHMS)),
    for_users=True,
    signed_by=str,
)

FIELDS = (ID_TOKEN_SIGNED_RESPONSE_ALG, USERINFO_SIGNED_RESPONSE_ALG)
"""Every field, as it is registered."""
