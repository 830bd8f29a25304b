"""The ID token as the sample client reads it: taken apart, and checked.

It came straight from the server, so its origin is known without its signature (OpenID Connect
Core section 3.1.3.7, rule 6). A client that gets one by another way has to verify that, too: use a
library.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

from .code_flow import Attempt, CodeFlowClient

LEEWAY = 60  # seconds by which two clocks may differ


@dataclass(frozen=True)
class IDToken:
    """An ID token.

    :ivar value: as it was received.
    :ivar header: which key signed it, and how.
    :ivar claims: what it says.
    """

    value: str = field(repr=False)
    header: dict[str, Any]
    claims: dict[str, Any]

    @classmethod
    def parsed(cls, value: str) -> IDToken:
        """Take a JWT apart (RFC 7515 section 3.1).

        :raises ValueError: it is none.
        """
        header, payload, _signature = value.split(".")
        try:
            return cls(value, _decoded(header), _decoded(payload))
        except (TypeError, RecursionError) as error:
            raise ValueError("it is no JWT") from error

    def shown(self) -> tuple[str, str]:
        """Header and claims, one member per line."""
        header, claims = (
            json.dumps(part, indent=2, ensure_ascii=False) for part in (self.header, self.claims)
        )
        return header, claims

    def problem(self, client: CodeFlowClient, attempt: Attempt) -> str | None:
        """Why the client does not accept it; None if it does (OpenID Connect Core 3.1.3.7)."""
        claims, now = self.claims, time.time()
        if claims.get("iss") != client.issuer:
            return "its iss is not the server that was asked"
        if claims.get("aud") not in (client.client_id, [client.client_id]):
            return "its aud is not this client"
        if not isinstance(claims.get("exp"), int) or claims["exp"] + LEEWAY < now:
            return "it has expired"
        if claims.get("nonce") != attempt.nonce:
            return "its nonce is not the one that was sent"
        return None


def _decoded(part: str) -> dict[str, Any]:
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))
