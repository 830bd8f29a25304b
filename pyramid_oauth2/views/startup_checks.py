"""Start-up checks of the application's route and templates that the settings name.

A typo stops the application at its start, and causes no error for its first user.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.interfaces import IRoutesMapper
from pyramid.renderers import RendererHelper

from ..interfaces import ISettings
from ..settings import Settings, setting_fields

RENDERER = "renderer."


def includeme(config: Any) -> None:
    """Check when the application is complete: its routes may be added after the add-on."""
    config.add_subscriber(_check_names, ApplicationCreated)


def _check_names(event: Any) -> None:
    registry = event.app.registry
    settings = registry.getUtility(ISettings)
    if found := [*_route_mistakes(registry, settings), *_template_mistakes(registry, settings)]:
        raise ConfigurationError("\n".join(found))


def _route_mistakes(registry: Any, settings: Settings) -> Iterator[str]:
    name = settings.login_route
    mapper = registry.queryUtility(IRoutesMapper)
    names = [route.name for route in mapper.get_routes(include_static=True)] if mapper else []
    if name is not None and name not in names:
        near = difflib.get_close_matches(name, names, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        yield f"oauth2.login_route = {name}: the application has no such route.{hint}"


def _template_mistakes(registry: Any, settings: Settings) -> Iterator[str]:
    for key, field in setting_fields().items():
        name = getattr(settings, field.name)
        # Our own exist, and are compiled when they are first used.
        if not key.startswith(RENDERER) or name == field.metadata["default"]:
            continue
        try:
            renderer = RendererHelper(name, registry=registry).renderer
            # pyramid_jinja2 reads the file only when a page is rendered.
            load = getattr(renderer, "template_loader", None)
            if load is not None:
                load()
        except Exception as error:
            # Each template engine has exceptions of its own.
            yield f"oauth2.{key} = {name} cannot be used: {type(error).__name__}: {error}"
