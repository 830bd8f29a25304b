"""The settings of access tokens that are JWTs."""

from __future__ import annotations

from dataclasses import dataclass

from ...jose.algorithms import ALGORITHMS, ES256
from ...settings.declaration import setting
from ...settings.types import AUTHORIZATION_SERVER, BadValue, signed_lifetime

MINUTE = 60


def algorithm(value: str) -> str:
    """A signature algorithm: ES256, PS256, RS256, Ed25519 or EdDSA."""
    name = value.strip()
    if name not in ALGORITHMS:
        raise BadValue(f"choose one of {', '.join(ALGORITHMS)}")
    return name


@dataclass(frozen=True)
class JWTAccessTokenSettings:
    """Access tokens that are JWTs, for the clients that are registered for them."""

    algorithm: str = setting(
        algorithm,
        ES256,
        "The algorithm by which they are signed. Every application that validates them must "
        "support it.",
        mode=AUTHORIZATION_SERVER,
        signed=True,
    )
    lifetime: int = setting(
        signed_lifetime,
        10 * MINUTE,
        "How long they live at most, unless the client has a lifetime of its own. An application "
        "elsewhere accepts a token that was revoked until then.",
        mode=AUTHORIZATION_SERVER,
        signed=True,
    )
