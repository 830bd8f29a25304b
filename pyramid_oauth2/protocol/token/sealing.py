"""A response that is stored so that only its client can open it: for a response that was lost.

The key is derived from the token that was redeemed, which the store does not have.
So a copy of the store opens nothing, and neither does the token alone after the
sealed answer was cleared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ..scopes import format_scope
from ..token_strings import RandomBytes
from .confirmation import Confirmation

KEY_LENGTH = 32
NONCE_LENGTH = 12
PURPOSE = b"pyramid_oauth2 sealed answer"


@dataclass(frozen=True, slots=True)
class Seal:
    """Encrypts a response, and decrypts it for the same request only."""

    key: bytes = field(repr=False)
    question: bytes = field(repr=False)

    def close(self, response: bytes, random: RandomBytes) -> bytes:
        """*response*, encrypted and authenticated."""
        # Several attempts to redeem one token share the key, so each has a nonce.
        nonce = random(NONCE_LENGTH)
        return nonce + AESGCM(self.key).encrypt(nonce, response, self.question)

    def open(self, sealed: bytes) -> bytes | None:
        """The response; None if it was sealed for another request."""
        nonce, body = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
        try:
            return AESGCM(self.key).decrypt(nonce, body, self.question)
        except (InvalidTag, ValueError):
            return None


def derived_seal(secret: str, purpose: bytes, question: list[str]) -> Seal:
    """A seal whose key is derived from a secret that the store does not have (RFC 5869).

    :param secret: text with 256 random bits, so it needs no salt and no slow hash.
    :param purpose: keeps the keys of different uses of one secret apart.
    :param question: what must be the same when the response is opened.
    """
    kdf = HKDF(SHA256(), KEY_LENGTH, salt=None, info=purpose)
    return Seal(kdf.derive(secret.encode()), json.dumps(question).encode())


def seal_for(
    spent: str,
    client_id: str,
    family: str,
    scope: frozenset[str],
    confirmation: Confirmation | None = None,
) -> Seal:
    """The seal of the response to one request.

    :param spent: the token string that is redeemed.
    :param scope: the requested scope, as a set: its order makes no difference.
    :param confirmation: the key that the request proves: a request with another gets nothing.
    """
    question = [client_id, family, format_scope(scope)]
    if confirmation is not None:
        question += [f"{name}={value}" for name, value in sorted(confirmation.methods.items())]
    return derived_seal(spent, PURPOSE, question)
