"""The application of a test."""

from __future__ import annotations

from typing import Any


def registry_of(app: Any) -> Any:
    """The registry of an application.

    :param app: what ``make_wsgi_app`` returned, or its registry.
    :raises TypeError: it is something else; the message says what is wanted.
    """
    registry = getattr(app, "registry", app)
    if not hasattr(registry, "queryUtility"):
        raise TypeError(
            "This takes the application that make_wsgi_app() returned, or its registry. A "
            f"{type(app).__name__} is neither: keep the application from before it was wrapped."
        )
    return registry
