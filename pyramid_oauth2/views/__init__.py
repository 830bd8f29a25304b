"""The HTTP endpoints, one file for each, and their routes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.tweens import EXCVIEW
from pyramid.viewderivers import DefaultViewMapper

from ..interfaces import ISettings
from ..protection.protected_resources import WELL_KNOWN
from ..protection.request import Request
from ..settings.types import RESOURCE_SERVER
from . import authorize, introspect, metadata, protected_resource, revoke, token, user_grants
from .endpoint import Endpoint

METADATA_PATH = "/.well-known/oauth-authorization-server"

# Below ``oauth2.path``, by name.
ENDPOINTS: dict[str, Endpoint] = {
    "authorize": authorize.authorize,
    "token": token.token,
    "access_token": token.token,
    "revoke": revoke.revoke,
    "introspect": introspect.introspect,
    "authorizations": user_grants.authorizations,
}


def includeme(config: Any) -> None:
    """Add the routes and views of every endpoint."""
    settings = config.registry.getUtility(ISettings)
    config.add_tween(
        "pyramid_oauth2.views.undecodable.undecodable_tween",
        # pyramid_tm reads the user. The order in which both are included does not matter.
        over=("pyramid_tm.tm_tween_factory", EXCVIEW),
    )
    _add_protected_resource(config)
    if settings.mode == RESOURCE_SERVER:
        return
    for name, endpoint in ENDPOINTS.items():
        _add_endpoint(config, name, f"{settings.path}/{name}", endpoint)
        # A separate route: with an optional slash in the pattern every call of
        # route_url would have to supply it.
        _add_endpoint(config, f"{name}.slash", f"{settings.path}/{name}/", endpoint)
    _add_metadata(config, settings)
    _add_pages(config, settings)
    config.include(".clients")
    config.include(".startup_checks")


def _add_pages(config: Any, settings: Any) -> None:
    # A renderer of our own: the application's might not escape, or might have other
    # delimiters or another translation domain.
    config.include("pyramid_jinja2")
    config.add_jinja2_renderer(
        ".oauth2",
        settings_prefix="pyramid_oauth2.jinja2.",
        # The package's name is also the translation domain.
        package=config.maybe_dotted("pyramid_oauth2"),
    )
    config.add_translation_dirs("pyramid_oauth2:locale")
    config.add_static_view(f"{settings.path.lstrip('/')}/static", "pyramid_oauth2:static")


def _add_metadata(config: Any, settings: Any) -> None:
    # RFC 8414 section 3.1: the well-known path is inserted between the host and
    # the issuer's path.
    path = METADATA_PATH + urlsplit(settings.issuer or "").path
    with _at_the_root(config):
        _add_endpoint(config, "metadata", path, metadata.metadata)


def _add_protected_resource(config: Any) -> None:
    resource = protected_resource.protected_resource
    with _at_the_root(config):
        _add_endpoint(config, "protected_resource.root", WELL_KNOWN, resource)
        _add_endpoint(config, "protected_resource", f"{WELL_KNOWN}/*path", resource)


@contextmanager
def _at_the_root(config: Any) -> Iterator[None]:
    """Add routes that are not below the prefix of the include."""
    prefix, config.route_prefix = config.route_prefix, None
    try:
        yield
    finally:
        config.route_prefix = prefix


class _Context:
    """The context of the endpoints, which need none."""

    def __init__(self, request: Request) -> None:
        pass


def _add_endpoint(config: Any, name: str, path: str, endpoint: Endpoint) -> None:
    # A factory of our own: the application's might refuse users who are not signed in.
    config.add_route(f"oauth2.{name}", path, factory=_Context)
    config.add_view(
        endpoint,
        route_name=f"oauth2.{name}",
        # Explicit, because the application may have defaults for all three.
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
        mapper=DefaultViewMapper,
        oauth2_endpoint=True,
    )
