"""What JWTs are used for here, and what those of each use must look like: one table.

A JWT that was made for one use must be refused for every other (RFC 8725 sections 2.8 and
3.11), so each use has its own ``typ``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..protocol.records import CLIENT_ID_LENGTH

KILOBYTE = 1024


@dataclass(frozen=True, slots=True)
class Use:
    """The rules for the JWTs of one use.

    :param name: as the audit log says it.
    :param typ: the value of ``typ`` in lower case, without ``application/``.
    :param max_length: in characters.
    :param untyped: whether ``typ`` may also be absent or ``JWT``: for uses that are older
        than the rule that each has a type.
    :param required: the claims without which it is refused.
    :param key_embedded: whether its header has the key, as RFC 9449 section 4.2 wants it.
    :param ends: whether ``exp`` counts; in a hint it does not.
    :param longest_subject: of ``sub``, in characters.
    """

    name: str
    typ: str
    max_length: int = 16 * KILOBYTE
    untyped: bool = False
    required: tuple[str, ...] = ("iss", "aud", "exp")
    key_embedded: bool = False
    ends: bool = True
    longest_subject: int = 255


# RFC 9068 sections 2.1 and 2.2.
ACCESS_TOKEN = Use(
    "access token",
    "at+jwt",
    8 * KILOBYTE,
    required=("iss", "aud", "exp", "iat", "sub", "client_id", "jti"),
)
# RFC 7523 section 3. Libraries that are older than the type send none.
CLIENT_ASSERTION = Use(
    "client assertion",
    "client-authentication+jwt",
    untyped=True,
    required=("iss", "sub", "aud", "exp", "jti"),
    longest_subject=CLIENT_ID_LENGTH,
)
# RFC 9101 sections 4 and 10.8.
REQUEST_OBJECT = Use("request object", "oauth-authz-req+jwt", untyped=True)
# RFC 9449 section 4.2. It has no party to whom it speaks, and no end.
DPOP_PROOF = Use(
    "DPoP proof",
    "dpop+jwt",
    8 * KILOBYTE,
    required=("jti", "htm", "htu", "iat"),
    key_embedded=True,
)
# Identity Assertion Authorization Grant, section 3.1.
IDENTITY_ASSERTION = Use(
    "identity assertion", "oauth-id-jag+jwt", required=("iss", "sub", "aud", "exp", "jti")
)
# RFC 7523 section 3.
ASSERTION = Use("assertion", "jwt", untyped=True, required=("iss", "sub", "aud", "exp"))
# RFC 7591 section 2.3. It may have no end; by its "software_id" it is no ID token.
SOFTWARE_STATEMENT = Use("software statement", "jwt", untyped=True, required=("iss", "software_id"))
# OpenID Connect Core section 2, as its client verifies it. It is older than the rule, so its type
# is that of every JWT: what else distinguishes it is what it must have.
ID_TOKEN = Use("ID token", "jwt", untyped=True, required=("iss", "sub", "aud", "exp", "iat"))
# OpenID Connect Core section 2. As a hint it counts also after its end (section 3.1.2.1).
ID_TOKEN_HINT = Use(
    "ID token hint", "jwt", untyped=True, required=("iss", "sub", "aud", "iat"), ends=False
)
# OpenID Connect Back-Channel Logout section 2.4.
LOGOUT_TOKEN = Use("logout token", "logout+jwt", required=("iss", "aud", "exp", "iat", "jti"))
# OpenID Connect Core section 5.3.2. Without a time, so that it is no ID token and no hint.
USERINFO_RESPONSE = Use("userinfo response", "jwt", 64 * KILOBYTE, True, ("iss", "aud", "sub"))
# RFC 9701 section 5: without "exp" at the top, so that it is no access token.
INTROSPECTION_RESPONSE = Use(
    "introspection response",
    "token-introspection+jwt",
    64 * KILOBYTE,
    required=("iss", "aud", "iat", "token_introspection"),
)

USES: Mapping[str, Use] = {
    use.name: use
    for use in (
        ACCESS_TOKEN,
        CLIENT_ASSERTION,
        REQUEST_OBJECT,
        DPOP_PROOF,
        IDENTITY_ASSERTION,
        ASSERTION,
        SOFTWARE_STATEMENT,
        ID_TOKEN,
        ID_TOKEN_HINT,
        LOGOUT_TOKEN,
        USERINFO_RESPONSE,
        INTROSPECTION_RESPONSE,
    )
}
"""Every use, by name."""
