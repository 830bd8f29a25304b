"""The settings of access tokens that are JWTs."""

from __future__ import annotations

from dataclasses import dataclass

from ...jose.algorithms import ALGORITHMS, ES256
from ...jose.signing import LONGEST
from ...settings.declaration import setting
from ...settings.types import AUTHORIZATION_SERVER, BadValue, lifetime

MINUTE = 60


def algorithm(value: str) -> str:
    """A signature algorithm: ES256, PS256, RS256, Ed25519 or EdDSA."""
    name = value.strip()
    if name not in ALGORITHMS:
        raise BadValue(f"choose one of {', '.join(ALGORITHMS)}")
    return name


def signed_lifetime(value: str | int) -> int:
    """``600``, ``60s``, ``10m``, ``1h``: seconds, at least one, at most a day."""
    seconds = lifetime(value)
    if seconds > LONGEST:
        # A key is kept for no longer after it last signed, also if the settings are changed.
        raise BadValue("choose a day at most")
    return seconds


@dataclass(frozen=True)
class JWTAccessTokenSettings:
    """Access tokens that are JWTs, for the clients that are registered for them."""

    algorithm: str = setting(
        algorithm,
        ES256,
        "The algorithm by which they are signed. Every application that validates them must "
        "support it.",
        mode=AUTHORIZATION_SERVER,
    )
    lifetime: int = setting(
        signed_lifetime,
        10 * MINUTE,
        "How long they live at most, unless the client has a lifetime of its own. An application "
        "elsewhere accepts a token that was revoked until then.",
        mode=AUTHORIZATION_SERVER,
    )
