"""The renderer of our templates: a Jinja2 environment that is made for the first page.

pyramid_jinja2 is not included: that takes 20 ms at each start, since it looks for its includer
in the source code of the callers, and a later include by the application would have no effect.
"""

from __future__ import annotations

from typing import Any

from pyramid.path import DottedNameResolver

EXTENSION = ".oauth2"
PREFIX = "pyramid_oauth2.jinja2."


class PageRenderers:
    """The renderer factory of :data:`EXTENSION`.

    A renderer of our own: the application's might not escape, or might have other
    delimiters or another translation domain.

    :param settings: those of the application.
    """

    def __init__(self, settings: Any) -> None:
        self._settings = settings
        self._made: Any = None

    def __call__(self, info: Any) -> Any:
        """Return the renderer of a template."""
        if self._made is None:
            # Threads whose first pages coincide make equal ones, and each may be the last.
            self._made = self._make()
        return self._made(info)

    def _make(self) -> Any:
        # Not imported at the start, which takes 18 ms less; without pages it is never needed.
        from pyramid_jinja2 import Jinja2RendererFactory, create_environment_from_options
        from pyramid_jinja2.settings import (
            parse_env_options_from_settings,
            parse_loader_options_from_settings,
        )

        # The package's name is also the translation domain.
        resolver = DottedNameResolver("pyramid_oauth2")
        given = (self._settings, PREFIX, resolver.maybe_resolve, resolver.get_package())
        factory = Jinja2RendererFactory()
        factory.environment = create_environment_from_options(
            parse_env_options_from_settings(*given), parse_loader_options_from_settings(*given)
        )
        return factory
