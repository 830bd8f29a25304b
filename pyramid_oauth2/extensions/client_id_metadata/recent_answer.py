"""A question to a store that every request of the metadata would ask: asked once a minute."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ...per_process import PerProcess
from ...protocol.records import StoreUnavailable

log = logging.getLogger(__name__)

SECONDS = 60


class RecentAnswer:
    """The answer of a store, as it was at most :data:`SECONDS` ago.

    :param ask: asks the store.
    :param clock: returns the time in seconds.
    """

    def __init__(self, ask: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._lock = PerProcess(threading.Lock)
        self._asked_at: float | None = None
        self._answer = False

    def __call__(self) -> bool:
        """The answer; if the store has none now, the one before, and False without one."""
        with self._lock():
            now = self._clock()
            if self._asked_at is None or not 0 <= now - self._asked_at < SECONDS:
                # Also if it fails: a store that is away is not asked by each request.
                self._asked_at = now
                try:
                    self._answer = self._ask()
                except StoreUnavailable as unavailable:
                    log.warning("It is not known now whether a document is pinned: %s", unavailable)
            return self._answer
