"""Clients that register themselves (RFC 7591), and change their registration (RFC 7592).

Off until ``oauth2.registration`` says who may. Nothing else is imported before.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ...interfaces import ISettings
from ...protocol.events import ConsentGiven
from ...settings.types import AUTHORIZATION_SERVER
from ...startup_error import StartupError
from .settings import SCOPE, SCOPE_DESCRIPTION, USER, RegistrationSettings


def includeme(config: Any) -> None:
    """Declare the settings; add both endpoints if they are on."""
    config.add_oauth2_settings("registration", RegistrationSettings)
    settings = config.registry.getUtility(ISettings)
    own = settings.of(RegistrationSettings)
    who = own.who
    if settings.mode != AUTHORIZATION_SERVER or who is None:
        return
    if own.software_issuers:
        _check_library()
    from .configuration_endpoint import ClientConfigurationEndpoint
    from .registration_endpoint import RegistrationEndpoint
    from .use import note

    config.add_oauth2_endpoint("registration", RegistrationEndpoint)
    config.add_oauth2_endpoint("client_configuration", ClientConfigurationEndpoint, metadata=None)
    config.add_subscriber(partial(note, config.registry), ConsentGiven)
    if who == USER and SCOPE not in settings.scopes:
        config.add_oauth2_scope(SCOPE, SCOPE_DESCRIPTION)


def _check_library() -> None:
    try:
        from . import issuer_keys  # noqa: F401
    except ImportError as error:
        raise StartupError(
            "oauth2.registration.software_issuers needs a package that is not installed: "
            "pip install urllib3"
        ) from error
