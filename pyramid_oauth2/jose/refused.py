"""Why a JWT is refused: for the audit log, and never for the party that sent it."""

from __future__ import annotations

from ..protocol.refusal import Refusal


class JWTRefused(Exception):
    """A JWT cannot be trusted.

    Every refusal looks alike to the sender: which check failed would help to forge one. The
    message completes a sentence that begins with "the JWT"; it repeats nothing of it.

    :ivar refusal: the check, for the audit log.
    """

    def __init__(self, refusal: Refusal, message: str) -> None:
        super().__init__(message)
        self.refusal = refusal


class KeyRefused(ValueError):
    """A public key cannot be used. The message completes a sentence that begins with "the key"."""


class KeyUnsuited(KeyRefused):
    """It is a key for something else, such as encryption: it may stand in a set beside others."""
