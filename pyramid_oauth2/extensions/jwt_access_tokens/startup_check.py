"""Start-up check of the APIs whose access tokens are JWTs, whichever client requests them."""

from __future__ import annotations

from typing import Any

from pyramid.events import ApplicationCreated

from ...interfaces import IService, ISettings
from ...settings.types import AUTHORIZATION_SERVER
from ...startup_error import StartupError
from .client_fields import JWT
from .settings import JWTAccessTokenSettings


def includeme(config: Any) -> None:
    """Check when the application is complete."""
    config.add_subscriber(_check, ApplicationCreated)


def _check(event: Any) -> None:
    settings = event.app.registry.getUtility(ISettings)
    if settings.mode != AUTHORIZATION_SERVER:
        return
    server = event.app.registry.getUtility(IService).server
    signed = [each.uri for each in server.resources.known.values() if each.token_format == JWT]
    if signed and not server.can_sign:
        raise StartupError(
            f"The token_format of {signed[0]} is jwt, and this server cannot sign: write what "
            "'poauth2 secret' prints into oauth2.secret."
        )
    if signed:
        # Others cache the key set, so the key is in it before the first token.
        server.announce_key(settings.of(JWTAccessTokenSettings).algorithm)
