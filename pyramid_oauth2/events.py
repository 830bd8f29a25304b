"""How subscribers are told what happened; the events themselves are plain values.

They are sent after the store committed, so nothing that a subscriber does can
take back what was issued.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from zope.interface import providedBy

from .protocol.events import (
    ClientAuthenticationFailed,
    ClientChanged,
    CodeReplayed,
    ConsentGiven,
    ConsentWithdrawn,
    GrantRevoked,
    OAuth2Event,
    RefreshRepeated,
    RefreshReused,
    TokenIssued,
    TokenRefused,
    TokenRevoked,
)

__all__ = [
    "ClientAuthenticationFailed",
    "ClientChanged",
    "CodeReplayed",
    "ConsentGiven",
    "ConsentWithdrawn",
    "GrantRevoked",
    "OAuth2Event",
    "RefreshRepeated",
    "RefreshReused",
    "TokenIssued",
    "TokenRefused",
    "TokenRevoked",
    "notify",
]

log = logging.getLogger(__name__)


def notify(registry: Any, event: OAuth2Event, request: Any = None) -> None:
    """Tell every subscriber; one that fails is logged and changes no answer.

    The request's transaction is then rolled back, as it would be if the
    exception had escaped, and with it what other subscribers wrote in it. They
    are told all the same, for what they do elsewhere.

    :param request: the request that it happened in, None at the command line.
    """
    event = replace(event, request=request)
    # registry.notify would stop at the first that fails.
    for subscriber in registry.adapters.subscriptions([providedBy(event)], None):
        try:
            subscriber(event)
        except Exception:
            log.exception("A subscriber of %s failed", type(event).__name__)
            # A session that failed within a flush cannot be committed: left
            # alone, the commit would turn the answer into a 500.
            if request is not None and "tm.active" in request.environ:
                request.tm.doom()
