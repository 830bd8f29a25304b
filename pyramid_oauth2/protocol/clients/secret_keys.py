"""Which keys of a JWK Set are secret: what is published with a client is none."""

from __future__ import annotations

from typing import Any

# RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 8037 section 2, and those of coming key types.
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"})


def has_secret_key(jwks: Any) -> bool:
    """Whether a value that should be a JWK Set has a private or a symmetric key."""
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    return any(
        bool(PRIVATE_MEMBERS & key.keys()) or key.get("kty") == "oct"
        for key in (keys if isinstance(keys, list) else ())
        if isinstance(key, dict)
    )
