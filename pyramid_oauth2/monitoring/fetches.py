"""Writes which documents the server has fetched, for ``poauth2 fetched``."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from pyramid.exceptions import ConfigurationError

from ..events import DocumentFetched
from ..interfaces import IService
from ..protocol.fetched_documents import note
from ..protocol.records import StoreUnavailable

log = logging.getLogger(__name__)


def includeme(config: Any) -> None:
    """Subscribe to the event."""
    config.add_subscriber(partial(_note, config.registry), DocumentFetched)


def _note(registry: Any, event: DocumentFetched) -> None:
    service = registry.queryUtility(IService)
    if service is None:
        return
    try:
        note(service.server.entries, event, service.server.clock())
    except StoreUnavailable as unavailable:
        log.warning("That %s was fetched is not in the list: %s", event.url, unavailable)
    except ConfigurationError:
        # A backend without a store for entries: the event alone has it.
        return
