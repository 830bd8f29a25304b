"""An answer that only its receiver can read again: for a client that lost it on the way.

The key is derived from the token that was spent for the answer, which the
store does not have. So a copy of the store opens nothing, and neither does
the token alone once the sealed answer is cleared.
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

KEY_LENGTH = 32
NONCE_LENGTH = 12
PURPOSE = b"pyramid_oauth2 sealed answer"


@dataclass(frozen=True, slots=True)
class Seal:
    """What closes an answer, and opens it for the same question only."""

    key: bytes = field(repr=False)
    question: bytes = field(repr=False)

    def close(self, answer: bytes, random: RandomBytes) -> bytes:
        """*answer*, encrypted and authenticated."""
        # Several tries to spend one token share the key: a nonce each.
        nonce = random(NONCE_LENGTH)
        return nonce + AESGCM(self.key).encrypt(nonce, answer, self.question)

    def open(self, sealed: bytes) -> bytes | None:
        """The answer, None if it was closed for another question."""
        nonce, body = sealed[:NONCE_LENGTH], sealed[NONCE_LENGTH:]
        try:
            return AESGCM(self.key).decrypt(nonce, body, self.question)
        except (InvalidTag, ValueError):
            return None


def seal_for(spent: str, client_id: str, family: str, scope: frozenset[str]) -> Seal:
    """The seal of the answer to one question.

    :param spent: the token string that is spent for the answer.
    :param scope: what was asked for, as a set: its order is no difference.
    """
    # RFC 5869; the token has 256 random bits, so it needs no salt and no slow hash.
    kdf = HKDF(SHA256(), KEY_LENGTH, salt=None, info=PURPOSE)
    question = json.dumps([client_id, family, format_scope(scope)]).encode()
    return Seal(kdf.derive(spent.encode()), question)
