"""What the start says of a profile: how its clients come, of which some are perhaps pinned."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from pyramid.events import ApplicationCreated

from ...interfaces import IService, ISettings
from ...protocol.records import StoreUnavailable
from ...settings.profiles import profile_of
from . import NAME

log = logging.getLogger(__name__)

NONE_PINNED = (
    "oauth2.profile = %s: no document is pinned, so every client registers itself. To know those "
    "that have one by it: poauth2 INI client pin NAME, or --known for all."
)
NO_WAY = (
    "oauth2.profile = %s: no document is pinned, and oauth2.registration is not open, so no client "
    "comes by itself: poauth2 INI client pin NAME, or --known for all."
)
SOME_PINNED = (
    "oauth2.profile = %s: documents are pinned, so every client that has one uses it. Refused "
    "until they are pinned too are %s: poauth2 INI client pin NAME, or --known for all."
)


def includeme(config: Any) -> None:
    """Look when the application is complete."""
    config.add_subscriber(_report, ApplicationCreated)


def _report(event: Any) -> None:
    registry = event.app.registry
    settings = registry.getUtility(ISettings)
    profile = profile_of(settings)
    if profile is None:
        return
    service = registry.getUtility(IService)
    try:
        missing = list(_not_pinned(service.server, profile.clients))
        if not service.server.plug_ins.server_metadata[NAME].members():
            is_open = settings.values()["registration"] == "open"
            log.info(NONE_PINNED if is_open else NO_WAY, profile.name)
        elif missing:
            log.info(SOME_PINNED, profile.name, ", ".join(missing))
    except StoreUnavailable:
        return  # The start says it elsewhere.
    finally:
        # A server that forks its workers from here would leave them these connections.
        service.close()


def _not_pinned(server: Any, clients: Mapping[str, str]) -> Iterator[str]:
    resolver = server.plug_ins.client_resolvers[NAME]
    for name, url in clients.items():
        pinned = resolver.is_pinned(url, server.clients.get(url))
        if not pinned and not server.clients.was_deleted(url):
            yield name
