"""OpenID Connect: other applications sign their users in here (OpenID Connect Core).

Off until ``oauth2.openid = true``. Nothing of it is registered before.
"""

from __future__ import annotations

from typing import Any

from ..interfaces import ISettings
from ..settings.types import AUTHORIZATION_SERVER
from .settings import OpenIDSettings


def includeme(config: Any) -> None:
    """Declare the settings; add everything else if they switch it on."""
    config.add_oauth2_settings("openid", OpenIDSettings)
    settings = config.registry.getUtility(ISettings)
    if settings.mode == AUTHORIZATION_SERVER and settings.of(OpenIDSettings).enabled:
        # Not imported otherwise: 8 ms of a start.
        config.include(".provider")
