"""A proof of possession in the manner of RFC 9449, as a plug-in: one header, signed by a key.

``Proof: <payload>.<signature>``, both base64url. The payload is JSON: the key (``key``), the
method and URL (``htm``, ``htu``), an identifier that is used once (``jti``), the server's nonce
(``nonce``), and at a resource the digest of the access token (``ath``).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from zope.interface import implementer

from pyramid_oauth2.extension import (
    Client,
    Confirmation,
    HTTPRequest,
    InvalidRequest,
    InvalidToken,
    ISenderConstraint,
    IServer,
    OAuth2Error,
    Parameter,
    Presentation,
    Proof,
    SingleUse,
)

WINDOW = 60  # seconds
MEMBER = "kt"


class UseNonce(OAuth2Error):
    """The proof lacks the server's nonce (RFC 9449 section 8)."""

    code, status = "use_proof_nonce", 400


class InvalidProof(OAuth2Error):
    """The proof is wrong (RFC 9449 section 5)."""

    code, status = "invalid_proof", 400


def digest(value: bytes) -> str:
    """The SHA-256 of a value, as text."""
    return base64.urlsafe_b64encode(hashlib.sha256(value).digest()).decode().rstrip("=")


@implementer(ISenderConstraint)
class ProofOfPossession:
    """Binds access tokens, codes and the refresh tokens of public clients to a key."""

    scheme = "PoP"
    members = (MEMBER,)
    parameters = (Parameter("proof_kt"),)

    def __init__(self, server: IServer, settings: object) -> None:
        self._server = server
        self._secret = server.random(32)

    def required(self, client: Client) -> bool:
        """No: a client chooses by sending a proof."""
        return False

    def confirm(self, http: HTTPRequest, client: Client) -> Proof | None:
        """The proof of a request to an endpoint for clients."""
        if "proof" not in http.headers:
            return None
        return self._checked(http, 400)

    def requested(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The key to which the client wants its code bound (RFC 9449 section 10)."""
        if "proof_kt" not in parameters:
            return {}
        if len(parameters["proof_kt"]) != 43:
            raise InvalidRequest("proof_kt is not the digest of a key.")
        return {MEMBER: parameters["proof_kt"]}

    def check(self, confirmation: Confirmation, presentation: Presentation) -> Proof:
        """The proof of a request to a protected resource."""
        if "proof" not in presentation.http.headers:
            raise InvalidToken("The access token is bound to a key: send a proof.")
        return self._checked(presentation.http, 401, presentation.value)

    def mismatch(self, presentation: Presentation | None) -> OAuth2Error:
        """Another key, or none."""
        status = 400 if presentation is None else 401
        text = "The proof is missing, or it is not of the key that is required."
        return InvalidProof(text, status=status)

    def challenge(self) -> Mapping[str, str]:
        """What a client must be able to do."""
        return {"algs": "Ed25519"}

    def _checked(self, http: HTTPRequest, status: int, token: str | None = None) -> Proof:
        claims = self._verified(http.headers["proof"])
        now, fresh = self._server.clock(), {"Proof-Nonce": self._nonce()}
        if claims.get("nonce") not in (self._nonce(), self._nonce(WINDOW)):
            raise UseNonce("Use the nonce of the header.", status=status, headers=fresh)
        if (claims.get("htm"), claims.get("htu")) != (http.method, http.url):
            raise InvalidProof("The proof is for another request.", status=status)
        if token is not None and claims.get("ath") != digest(token.encode()):
            raise InvalidProof("The proof is for another access token.", status=status)
        used = InvalidProof("The proof was used before.", status=status)
        once = SingleUse.of("proof", str(claims.get("jti")), now + 2 * WINDOW, used)
        return Proof({MEMBER: digest(claims["key"].encode())}, (once,), fresh)

    def _verified(self, proof: str) -> dict[str, Any]:
        try:
            payload, signature = (
                base64.urlsafe_b64decode(f"{part}==") for part in proof.split(".")
            )
            claims: dict[str, Any] = json.loads(payload)
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(claims["key"]))
            key.verify(signature, payload)
        except (ValueError, KeyError, TypeError, InvalidSignature):
            raise InvalidProof("The proof cannot be verified.") from None
        return claims

    def _nonce(self, age: int = 0) -> str:
        window = (self._server.clock() - age) // WINDOW
        return hmac.new(self._secret, str(window).encode(), hashlib.sha256).hexdigest()


def includeme(config: Any) -> None:
    """Register it."""
    config.add_oauth2_sender_constraint("proof of possession", ProofOfPossession)
