"""The keys by which the server signs: kept in the entry store, sealed, and changed by the clock.

Every process reads the same records and computes from them and the time which key signs. So
keys are changed without a restart, and without processes that speak to each other.
"""

from __future__ import annotations

from typing import Any

from ..interfaces import IServer, ISettings, ISigner
from ..protocol.server_secret import ServerSecret
from ..settings import Settings
from .endpoint import JWKSEndpoint, JWKSMetadata
from .schedule import Schedule
from .settings import KeySettings


def includeme(config: Any) -> None:
    """Add the key set of the server, and its settings."""
    config.add_oauth2_settings("keys", KeySettings)
    config.add_oauth2_endpoint("jwks", JWKSEndpoint, metadata=None)
    config.add_oauth2_server_metadata("jwks", JWKSMetadata)
    secret = config.registry.getUtility(ISettings).secret
    if secret:
        config.set_oauth2_signer(make_ring)


def make_ring(server: IServer, settings: Settings) -> ISigner:
    """The key ring that the settings want."""
    # Not imported without a secret: 3 ms of a start.
    from .ring import KeyRing

    keys = settings.of(KeySettings)
    schedule = Schedule(
        rotation=keys.rotation, announced=keys.announced, recognised=settings.recognised_for
    )
    expected = settings.signing_algorithms
    return KeyRing(server, ServerSecret(settings.secret), schedule, expected=expected)
