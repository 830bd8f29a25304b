"""Proof Key for Code Exchange: S256, and nothing weaker (RFC 7636, RFC 9700 section 2.1.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from ..errors import InvalidRequest

# code-verifier = 43*128unreserved; a challenge has the same grammar.
_GRAMMAR = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def check_challenge(challenge: str, method: str | None) -> None:
    """Refuse a challenge for which no verifier would be a proof.

    :raises InvalidRequest: it is malformed, or its method is not S256.
    """
    # RFC 7636 section 4.3: the method "defaults to plain if not present", and
    # plain does not protect against an attacker who saw the request.
    if method != "S256":
        raise InvalidRequest("Send code_challenge_method=S256; plain is not supported.")
    if not _GRAMMAR.fullmatch(challenge):
        raise InvalidRequest("The code_challenge is not base64url of a SHA-256 digest.")


def check_verifier(verifier: str) -> None:
    """Refuse a verifier that is too short to be a secret (RFC 7636 section 4.1).

    :raises InvalidRequest: it does not follow the grammar.
    """
    if not _GRAMMAR.fullmatch(verifier):
        raise InvalidRequest("The code_verifier has 43 to 128 letters, digits, '-', '.', '_', '~'.")


def proves(verifier: str, challenge: str) -> bool:
    """Whether *challenge* was made from *verifier* by S256 (RFC 7636 section 4.6)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return hmac.compare_digest(expected, challenge.encode())
