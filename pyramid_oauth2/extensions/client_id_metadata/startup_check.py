"""What the start says of a profile: which of its clients are not pinned yet."""

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

NOT_PINNED = (
    "oauth2.profile = %s: not pinned yet, and so refused with their documents, are the clients "
    "%s: poauth2 INI client pin NAME, or --known for all."
)


def includeme(config: Any) -> None:
    """Look when the application is complete."""
    config.add_subscriber(_report, ApplicationCreated)


def _report(event: Any) -> None:
    registry = event.app.registry
    profile = profile_of(registry.getUtility(ISettings))
    if profile is None:
        return
    service = registry.getUtility(IService)
    try:
        missing = list(_not_pinned(service.server, profile.clients))
    except StoreUnavailable:
        return  # The start says it elsewhere.
    finally:
        # A server that forks its workers from here would leave them these connections.
        service.close()
    if missing:
        log.info(NOT_PINNED, profile.name, ", ".join(missing))


def _not_pinned(server: Any, clients: Mapping[str, str]) -> Iterator[str]:
    resolver = server.plug_ins.client_resolvers[NAME]
    for name, url in clients.items():
        pinned = resolver.is_pinned(url, server.clients.get(url))
        if not pinned and not server.clients.was_deleted(url):
            yield name
