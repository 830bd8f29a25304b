"""Applications under test, each made once for all tests that want the same: making takes long."""

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
    """What an application is made of.

    :param configure: called with its configurator, after the add-on is included.
    """

    def __init__(self, settings: dict[str, Any], configure: Sequence[Configure]) -> None:
        self.settings = settings
        self.configure = configure

    def make(self) -> Router:
        """Make the application."""
        config = Configurator(settings=self.settings)
        config.include("pyramid_oauth2")
        # As an include, so that a test's own users override them.
        config.include(host.users)
        for step in self.configure:
            step(config)
        return config.make_wsgi_app()

    def matches(self, other: Recipe) -> bool:
        """Whether *other* makes the same."""
        return (self.settings, self.configure) == (other.settings, other.configure)

    @property
    def lasting(self) -> bool:
        """Whether another test can want the same: not if a step is a function of its own."""
        return all(
            isinstance(step, FunctionType) and "<" not in step.__qualname__
            for step in self.configure
        )


class Idle:
    """Applications that were stopped and may be started anew, the longest unused first."""

    def __init__(self) -> None:
        self._kept: list[tuple[Recipe, Router]] = []

    def take(self, recipe: Recipe) -> Router | None:
        """The application of that recipe, which is its taker's until it is kept again."""
        for number, (kept, app) in enumerate(self._kept):
            if kept.matches(recipe):
                del self._kept[number]
                return app
        return None

    def forget(self) -> None:
        """Keep none of them."""
        self._kept.clear()

    def keep(self, recipe: Recipe | None, app: Router) -> None:
        """Keep a stopped application."""
        if recipe is not None and recipe.lasting:
            self._kept.append((recipe, app))
            del self._kept[:-KEPT]
