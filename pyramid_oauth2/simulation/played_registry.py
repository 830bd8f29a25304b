"""The registry of an application, with other utilities for one simulation."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from functools import partial
from typing import Any

from zope.interface.registry import Components

from ..interfaces import IOAuth2Event, IPlugInFactory


def played_registry(registry: Any) -> Any:
    """A registry with everything of another one, which stays as it is.

    What is registered in it counts for the requests of a simulation alone: the application may
    serve others meanwhile, and nothing has to be put back. No event of ours reaches a subscriber.
    """
    played = copy(registry)
    Components.__init__(played, registry.__name__, (registry,))
    # Pyramid looks for views in the adapters of a registry itself, and not in those of its bases.
    played.adapters = _Adapters(registry.adapters)
    # It may be bound to the other registry (listeners.py); without it, Pyramid's own counts.
    vars(played).pop("notify", None)
    for name, factory in registry.getUtilitiesFor(IPlugInFactory):
        # A plug-in that looks for a fetcher finds that of the simulation.
        if isinstance(factory, partial) and factory.keywords.get("registry") is registry:
            played.registerUtility(partial(factory, registry=played), IPlugInFactory, name)
    return played


class _Adapters:
    """The adapters of a registry, without the subscribers of our events."""

    def __init__(self, adapters: Any) -> None:
        self._adapters = adapters

    def __getattr__(self, name: str) -> Any:
        return getattr(self._adapters, name)

    def subscriptions(self, required: Sequence[Any], provided: Any) -> Sequence[Any]:
        if any(each.isOrExtends(IOAuth2Event) for each in required):
            return ()
        found: Sequence[Any] = self._adapters.subscriptions(required, provided)
        return found
