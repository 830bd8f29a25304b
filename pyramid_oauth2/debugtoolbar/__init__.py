"""A panel for pyramid_debugtoolbar, which also hides credentials in all panels.

::

    pyramid.includes = pyramid_debugtoolbar
    debugtoolbar.includes = pyramid_oauth2.debugtoolbar
"""

from __future__ import annotations

from typing import Any

from pyramid.interfaces import IRoutesMapper

from ..interfaces import ISettings
from ..startup_error import StartupError
from .panel import OAuth2Panel

EXCLUDED = "debugtoolbar.exclude_prefixes"


def includeme(config: Any) -> None:
    """Add the panel to the toolbar, and mask credentials in all of its panels.

    :param config: the configurator of the toolbar's own application.
    """
    config.add_debugtoolbar_panel(OAuth2Panel)
    config.add_tween(f"{__name__}.masking.masking_tween")
    config.inject_parent_action(_leave_endpoints_out)


def _leave_endpoints_out(config: Any) -> None:
    """Exclude our endpoints from the toolbar, since all that clients send to them is secret.

    :param config: the configurator of the debugged application.
    """
    if config.registry.queryUtility(ISettings) is None:
        raise StartupError(
            f"debugtoolbar.includes names {__name__}, but the application does not include "
            "pyramid_oauth2. Add config.include('pyramid_oauth2')."
        )
    routes = config.registry.getUtility(IRoutesMapper).get_routes()
    ours = ["/" + route.pattern.lstrip("/") for route in routes if route.name.startswith("oauth2.")]
    settings = config.registry.settings
    settings[EXCLUDED] = [*settings[EXCLUDED], *ours]
