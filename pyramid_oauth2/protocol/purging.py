"""Housekeeping without cron: issuing tokens also removes a bounded number of expired records."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

from ..interfaces.entries import IEntryStore
from ..interfaces.storage import IConsentStore, IGrantStore
from ..per_process import PerProcess
from .follow_up import follow_up

Store: TypeAlias = IGrantStore | IConsentStore | IEntryStore

# One issuance creates two to four records, so this removes more than is created;
# the request that happens to purge takes a few milliseconds longer.
EVERY = 50
# Also by time, for a server that issues little or runs many processes: a sealed
# answer, for example, must be removed soon after its end.
PAUSE = 60  # seconds
LIMIT = 500


class Purger:
    """Purges the stores after every :data:`EVERY` issuances of this process, or after a pause.

    :param clock: returns the time in UTC seconds.
    """

    def __init__(
        self, grants: IGrantStore, consents: IConsentStore, clock: Callable[[], int]
    ) -> None:
        self._stores: tuple[Store, ...] = ()
        self._clock = clock
        self._lock = PerProcess(threading.Lock)
        self._issued = 0
        self._purged_at = clock()
        self.include(grants)
        self.include(consents)

    def include(self, store: Store) -> None:
        """Purge *store* too, once, unless it removes expired records by itself."""
        # A purge on Redis scans all keys, which is too slow to do within a request.
        if getattr(store, "expires_itself", False):
            return
        with self._lock():
            if store not in self._stores:
                self._stores += (store,)

    def after_issue(self) -> None:
        """Count an issuance, and purge if it is time. Never raises: a token was just issued."""
        now = self._clock()
        with self._lock():
            self._issued += 1
            if self._issued % EVERY and 0 <= now - self._purged_at < PAUSE:
                return
            self._purged_at = now
        for store in self._stores:
            with follow_up("Expired records were not swept"):
                store.purge(now, LIMIT)
