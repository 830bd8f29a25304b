"""Proof Key for Code Exchange: S256, and nothing weaker (RFC 7636, RFC 9700 section 2.1.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import replace

from ..errors import InvalidRequest
from ..http import Parameters
from ..records import Client
from ..refusal import Refusal
from ..server import Server

# code-verifier = 43*128unreserved; a challenge has the same grammar.
_GRAMMAR = re.compile(r"[A-Za-z0-9._~-]{43,128}")

CHALLENGE = Refusal("code_challenge_sent", "RFC 9700 section 2.1.1")
METHOD = Refusal("code_challenge_method", "RFC 7636 section 4.3")
CHALLENGE_SYNTAX = Refusal("code_challenge_syntax", "RFC 7636 section 4.2")
VERIFIER_SYNTAX = Refusal("code_verifier_syntax", "RFC 7636 section 4.1")


def code_challenge(server: Server, client: Client, parameters: Parameters) -> str | None:
    """The challenge of an authorization request for a code; None if none is needed, nor sent.

    :raises InvalidRequest: it is missing or malformed, or its method is not S256.
    """
    challenge, method = parameters.once("code_challenge"), parameters.once("code_challenge_method")
    if challenge is not None:
        check_challenge(challenge, method)
    elif client.public or (server.require_pkce and client.require_pkce):
        # RFC 9700 section 2.1.1: "Public clients MUST use PKCE [...] For
        # confidential clients, the use of PKCE is RECOMMENDED".
        raise InvalidRequest(
            "The parameter code_challenge is missing (PKCE with S256).",
            refusal=_needed_by(client),
        )
    elif method is not None:
        raise InvalidRequest(
            "There is a code_challenge_method, but no code_challenge.", refusal=CHALLENGE
        )
    return challenge


def _needed_by(client: Client) -> Refusal:
    # A setting frees confidential clients only.
    method = client.token_endpoint_auth_method
    decided_by = "client.token_endpoint_auth_method" if client.public else "oauth2.require_pkce"
    return replace(CHALLENGE, decided_by=decided_by).comparing(token_endpoint_auth_method=method)


def check_challenge(challenge: str, method: str | None) -> None:
    """Refuse a challenge for which no verifier would be a proof.

    :raises InvalidRequest: it is malformed, or its method is not S256.
    """
    # RFC 7636 section 4.3: the method "defaults to plain if not present", and
    # plain does not protect against an attacker who saw the request.
    if method != "S256":
        raise InvalidRequest(
            "Send code_challenge_method=S256; plain is not supported.",
            refusal=METHOD.comparing(code_challenge_method=method),
        )
    if not _GRAMMAR.fullmatch(challenge):
        raise InvalidRequest(
            "The code_challenge is not base64url of a SHA-256 digest.",
            refusal=CHALLENGE_SYNTAX.comparing(characters=len(challenge)),
        )


def check_verifier(verifier: str) -> None:
    """Refuse a verifier that is too short to be a secret (RFC 7636 section 4.1).

    :raises InvalidRequest: it does not follow the grammar.
    """
    if not _GRAMMAR.fullmatch(verifier):
        raise InvalidRequest(
            "The code_verifier has 43 to 128 letters, digits, '-', '.', '_', '~'.",
            refusal=VERIFIER_SYNTAX.comparing(code_verifier=verifier),
        )


def proves(verifier: str, challenge: str) -> bool:
    """Whether *challenge* was made from *verifier* by S256 (RFC 7636 section 4.6)."""
    return hmac.compare_digest(s256(verifier).encode(), challenge.encode())


def s256(verifier: str) -> str:
    """The challenge of a verifier (RFC 7636 section 4.2)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
