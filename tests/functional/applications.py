"""Applications under test, each created once for all tests that need the same one, to save time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from pyramid.config import Configurator
from pyramid.router import Router

from . import host

Configure = Callable[[Configurator], None]
KEPT = 30


class Recipe:
    """The settings and steps from which an application is created.

    :param configure: called with the configurator, after the add-on is included.
    """

    def __init__(self, settings: dict[str, Any], configure: Sequence[Configure]) -> None:
        self.settings = settings
        self.configure = configure

    def make(self) -> Router:
        """Create the application."""
        config = Configurator(settings=self.settings)
        config.include("pyramid_oauth2")
        # As an include, so that a test's own users override these.
        config.include(host.users)
        for step in self.configure:
            step(config)
        return config.make_wsgi_app()

    def matches(self, other: Recipe) -> bool:
        """Whether *other* creates the same application."""
        return (self.settings, self.configure) == (other.settings, other.configure)

    @property
    def lasting(self) -> bool:
        """Whether another test can need the same: not if a step is a local function."""
        return all(
            isinstance(step, FunctionType) and "<" not in step.__qualname__
            for step in self.configure
        )


class Idle:
    """Stopped applications that may be started again, the longest unused first."""

    def __init__(self) -> None:
        self._kept: list[tuple[Recipe, Router]] = []

    def take(self, recipe: Recipe) -> Router | None:
        """The application of that recipe, for exclusive use until it is returned by ``keep``."""
        for number, (kept, app) in enumerate(self._kept):
            if kept.matches(recipe):
                del self._kept[number]
                return app
        return None

    def forget(self) -> None:
        """Drop all of them."""
        self._kept.clear()

    def keep(self, recipe: Recipe | None, app: Router) -> None:
        """Store a stopped application."""
        if recipe is not None and recipe.lasting:
            self._kept.append((recipe, app))
            del self._kept[:-KEPT]
