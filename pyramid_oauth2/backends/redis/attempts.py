"""Counts of attempts, shared by the throttles of all processes. The throttle names the keys."""

from __future__ import annotations

import time

from .scripts import COUNT_ATTEMPT
from .server import Server


class RedisAttemptStorage:
    """Counts in windows of time, each of which is a key that expires.

    The two methods are those that the throttle calls on a ``Storage`` of the
    limits library; here they use the connections of the stores.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    def incr(self, key: str, expiry: int) -> int:
        """Count one more attempt; the first one begins a window of *expiry* seconds.

        :return: how many there are in the window.
        :raises StoreUnavailable: the server does not answer.
        """
        # If the reply is lost, it is better to count an attempt twice than not at all.
        return int(self._server.run(COUNT_ATTEMPT, [key], expiry * 1000, repeatable=True))

    def get_expiry(self, key: str) -> float:
        """When the window ends, on the clock of ``time.time()``; now if there is none.

        :raises StoreUnavailable: the server does not answer.
        """
        (left,) = self._server.many([("PTTL", key)])
        return time.time() + max(int(left), 0) / 1000
