"""What a subscriber hears, and how it is told.

Events are sent after the store committed, so nothing that a subscriber does
can take back what was issued. None of them carries a token or a secret.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

from zope.interface import implementer, providedBy

from .interfaces import ITokenIssued

log = logging.getLogger(__name__)


@implementer(ITokenIssued)
@dataclass(frozen=True, slots=True)
class TokenIssued:
    """Tokens were issued at the token endpoint. ``expires_in`` is in seconds."""

    request: Any = field(repr=False)
    client_id: str
    grant_type: str
    subject: str | None
    scope: frozenset[str]
    expires_in: int


def notify(request: Any, event: object) -> None:
    """Tell every subscriber; one that fails is logged and changes no answer.

    The request's transaction is then rolled back, as it would be if the
    exception had escaped, and with it what other subscribers wrote in it. They
    are told all the same, for what they do elsewhere.
    """
    # registry.notify would stop at the first that fails.
    for subscriber in request.registry.adapters.subscriptions([providedBy(event)], None):
        try:
            subscriber(event)
        except Exception:
            log.exception("A subscriber of %s failed", type(event).__name__)
            # A session that failed within a flush cannot be committed: left
            # alone, the commit would turn the answer into a 500.
            if "tm.active" in request.environ:
                request.tm.doom()
