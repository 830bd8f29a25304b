"""The HTTP endpoints, one file for each, and their routes."""

from __future__ import annotations

from typing import Any

from ..interfaces import ISettings
from ..protection.protected_resources import WELL_KNOWN
from ..protection.request import END_SESSION
from ..protocol.server_metadata import metadata_path
from ..settings.types import RESOURCE_SERVER
from . import authorize, browser_session, metadata, protected_resource, sign_out, user_grants
from .endpoint import Endpoint
from .page_renderer import EXTENSION, PageRenderers
from .routes import add_endpoint, add_with_slash, route_prefix

# The pages below ``oauth2.path``, by name. The endpoints for clients are registered.
PAGES: dict[str, Endpoint] = {
    "authorize": authorize.authorize,
    "authorizations": user_grants.authorizations,
    "sign_out": sign_out.sign_out,
}


def includeme(config: Any) -> None:
    """Add the routes and views of every endpoint that is not registered by a directive."""
    settings = config.registry.getUtility(ISettings)
    config.include(".tweens")
    config.registry[END_SESSION] = browser_session.end_session
    _add_protected_resource(config)
    if settings.mode == RESOURCE_SERVER:
        return
    for name, page in PAGES.items():
        add_with_slash(config, name, f"{settings.path}/{name}", page)
    _add_metadata(config, settings)
    _add_pages(config, settings)
    if settings.admin or settings.self_service:
        # Not imported otherwise: 12 ms of a start.
        config.include(".clients")
    config.include(".startup_checks")


def _add_pages(config: Any, settings: Any) -> None:
    config.add_renderer(EXTENSION, PageRenderers(config.registry.settings))
    config.add_translation_dirs("pyramid_oauth2:locale")
    config.add_static_view(f"{settings.path.lstrip('/')}/static", "pyramid_oauth2:static")


def _add_metadata(config: Any, settings: Any) -> None:
    with route_prefix(config, None):
        add_endpoint(config, "metadata", metadata_path(settings.issuer or ""), metadata.metadata)


def _add_protected_resource(config: Any) -> None:
    resource = protected_resource.protected_resource
    with route_prefix(config, None):
        add_endpoint(config, "protected_resource.root", WELL_KNOWN, resource)
        add_endpoint(config, "protected_resource", f"{WELL_KNOWN}/*path", resource)
