"""The token that a request to register, or to change a registration, presents (RFC 6750)."""

from __future__ import annotations

from ...protocol.http import HTTPRequest
from ...protocol.token.presentation import BEARER_SCHEME, credentials_in


def bearer_token(http: HTTPRequest) -> str | None:
    """The token in the Authorization header; None if there is none."""
    found = credentials_in(http.headers.get("authorization"), {BEARER_SCHEME})
    return None if found is None else found[1]
