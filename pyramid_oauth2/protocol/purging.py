"""Housekeeping that needs no cron: issuing removes a bounded part of what has expired."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ..interfaces.storage import IConsentStore, IGrantStore
from ..per_process import PerProcess
from .records import StoreUnavailable

log = logging.getLogger(__name__)

# One issue leaves two to four records, so this removes more than is made, and
# the request that happens to sweep is a few milliseconds slower.
EVERY = 50
# And where little is issued, or many processes share it: a sealed answer, say,
# is to be gone soon after its end.
PAUSE = 60  # seconds
LIMIT = 500


class Purger:
    """Sweeps the stores at every so many tokens that this process issues, or after a pause.

    :param clock: the time in UTC seconds.
    """

    def __init__(
        self, grants: IGrantStore, consents: IConsentStore, clock: Callable[[], int]
    ) -> None:
        # On Redis a purge walks through all keys, which is nothing for a request's way.
        stores: tuple[IGrantStore | IConsentStore, ...] = (grants, consents)
        self._stores = [store for store in stores if not getattr(store, "expires_itself", False)]
        self._clock = clock
        self._lock = PerProcess(threading.Lock)
        self._issued = 0
        self._swept_at = clock()

    def after_issue(self) -> None:
        """Count an issue, and sweep if it is its turn. Never fails: a token was just issued."""
        now = self._clock()
        with self._lock():
            self._issued += 1
            if self._issued % EVERY and 0 <= now - self._swept_at < PAUSE:
                return
            self._swept_at = now
        try:
            for store in self._stores:
                store.purge(now, LIMIT)
        except StoreUnavailable as unavailable:
            log.warning("Expired records were not swept: %s", unavailable)
