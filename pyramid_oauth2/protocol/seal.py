"""Bytes that are stored encrypted and authenticated, by a key that the store does not have."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from .token_strings import RandomBytes

KEY_LENGTH = 32
NONCE_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Seal:
    """Encrypts bytes, and decrypts them for the same question only."""

    key: bytes = field(repr=False)
    question: bytes = field(repr=False)

    def close(self, data: bytes, random: RandomBytes) -> bytes:
        """*data*, encrypted and authenticated."""
        # What is sealed by one key may be several values, so each has a nonce.
        nonce = random(NONCE_LENGTH)
        return nonce + AESGCM(self.key).encrypt(nonce, data, self.question)

    def open(self, sealed: bytes) -> bytes | None:
        """What was sealed; None if that was for another question."""
        nonce, body = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
        try:
            return AESGCM(self.key).decrypt(nonce, body, self.question)
        except (InvalidTag, ValueError):
            return None


def derived_seal(secret: str, purpose: bytes, question: list[str]) -> Seal:
    """A seal whose key is derived from a secret that the store does not have (RFC 5869).

    :param secret: text with 256 random bits, so it needs no salt and no slow hash.
    :param purpose: keeps the keys of different uses of one secret apart.
    :param question: what must be the same when it is opened.
    """
    kdf = HKDF(SHA256(), KEY_LENGTH, salt=None, info=purpose)
    return Seal(kdf.derive(secret.encode()), json.dumps(question).encode())
