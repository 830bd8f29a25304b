"""The routes of endpoints, below ``oauth2.path`` and at the root."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.viewderivers import DefaultViewMapper

from ..interfaces import ISettings
from ..protection.request import Request
from ..settings.types import RESOURCE_SERVER
from .endpoint import Endpoint, RegisteredEndpoint

OWN_PREFIX = "pyramid_oauth2.route_prefix"


class _Context:
    """The context of the endpoints, which need none."""

    def __init__(self, request: Request) -> None:
        pass


def includeme(config: Any) -> None:
    """Store the route prefix of the include, for the registered endpoints."""
    config.registry[OWN_PREFIX] = config.route_prefix


def own_path(registry: Any) -> str:
    """The path below which the endpoints for clients and the pages are, with the route prefix."""
    path: str = registry.getUtility(ISettings).path
    prefix = registry[OWN_PREFIX]
    return f"/{prefix}{path}" if prefix else path


def add_registered_endpoint(config: Any, name: str) -> None:
    """Add the routes of a registered endpoint; none in an application that has no endpoints.

    They are added at once, not in an action, so that they precede the routes that the
    application adds later, such as one for every path.

    :raises pyramid.exceptions.ConfigurationError: the add-on is not included yet.
    """
    settings = config.registry.queryUtility(ISettings)
    if settings is None or OWN_PREFIX not in config.registry:
        raise ConfigurationError(
            f"The endpoint {name} needs pyramid_oauth2: config.include('pyramid_oauth2') first."
        )
    if settings.mode == RESOURCE_SERVER:
        return
    # A feature may have been included with a route prefix of its own.
    with route_prefix(config, config.registry[OWN_PREFIX]):
        add_with_slash(config, name, f"{settings.path}/{name}", RegisteredEndpoint(name))


def add_with_slash(config: Any, name: str, path: str, endpoint: Endpoint) -> None:
    """Add the routes of an endpoint: without a slash at the end, and with one."""
    add_endpoint(config, name, path, endpoint)
    # A separate route: with an optional slash in the pattern every call of
    # route_url would have to supply it.
    add_endpoint(config, f"{name}.slash", f"{path}/", endpoint)


def add_endpoint(config: Any, name: str, path: str, endpoint: Endpoint, **predicates: Any) -> None:
    """Add one route of an endpoint, and its view.

    :param predicates: of the route.
    """
    # A factory of our own: the application's might refuse users who are not signed in.
    config.add_route(f"oauth2.{name}", path, factory=_Context, **predicates)
    config.add_view(
        endpoint,
        route_name=f"oauth2.{name}",
        # Explicit, because the application may have defaults for all three.
        permission=NO_PERMISSION_REQUIRED,
        require_csrf=False,
        mapper=DefaultViewMapper,
        oauth2_endpoint=True,
    )


@contextmanager
def route_prefix(config: Any, prefix: str | None) -> Iterator[None]:
    """Add routes below a prefix, whichever that of the include is; below none if it is None."""
    earlier, config.route_prefix = config.route_prefix, prefix
    try:
        yield
    finally:
        config.route_prefix = earlier
