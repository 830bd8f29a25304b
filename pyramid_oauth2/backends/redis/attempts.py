"""Attempts, counted for the throttle of all processes. The keys are the throttle's own."""

from __future__ import annotations

import time

from .scripts import COUNT_ATTEMPT
from .server import Server


class RedisAttemptStorage:
    """Counts in windows of time, each a key that ends by itself.

    The two methods are those that the throttle uses of a ``Storage`` of the
    limits library, here over the connections of the stores.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def incr(self, key: str, expiry: int) -> int:
        """Count one more; the first begins a window of *expiry* seconds.

        :return: how many there are in it.
        :raises StoreUnavailable: the server does not answer.
        """
        # Counted twice after a lost answer is better than not at all.
        return int(self._server.run(COUNT_ATTEMPT, [key], expiry * 1000, repeatable=True))

    def get_expiry(self, key: str) -> float:
        """When the window ends, as ``time.time()`` counts; now if there is none.

        :raises StoreUnavailable: the server does not answer.
        """
        (left,) = self._server.many([("PTTL", key)])
        return time.time() + max(int(left), 0) / 1000
