"""Keeps the subscribers of this add-on from slowing down every request of the application.

Pyramid notifies of four events in each request, five with a renderer, once anything at all has
subscribed to anything. The subscribers of this add-on are for other events.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pyramid.events import ApplicationCreated
from zope.interface import implementedBy

from .interfaces import IOAuth2Event

PACKAGE = __name__.partition(".")[0]


def includeme(config: Any) -> None:
    """Look at the subscribers when the application is complete."""
    config.add_subscriber(_look, ApplicationCreated)


def _look(event: Any) -> None:
    registry = event.app.registry
    listeners = [*registry.registeredHandlers(), *registry.registeredSubscriptionAdapters()]
    if all(map(_is_outside_requests, listeners)):
        # This saves two microseconds an event. A later subscriber is notified as well: the
        # registry sets it with each registration.
        registry.has_listeners = False
        registry.notify = partial(_notify, registry)


def _notify(registry: Any, *events: Any) -> None:
    # As Pyramid's, and for events of ours that the application makes: the audit log and the
    # metrics subscribe to them.
    if registry.has_listeners or any(map(IOAuth2Event.providedBy, events)):
        list(registry.subscribers(events, None))


def _is_outside_requests(listener: Any) -> bool:
    """Whether it is ours, for the start or for events that the add-on delivers itself."""
    # Not one of the application: it may notify of the same events itself, by the registry, as it
    # does for the start if the registry gets a second WSGI application.
    factory = listener.factory.func if isinstance(listener.factory, partial) else listener.factory
    module: str = getattr(factory, "__module__", "") or ""  # None of a built-in method.
    if module.partition(".")[0] != PACKAGE:
        return False
    (required, *_) = listener.required
    start = implementedBy(ApplicationCreated)  # type: ignore[no-untyped-call]
    return bool(required == start or required.isOrExtends(IOAuth2Event))
