"""Keeps a server that does not answer from holding every thread of this process."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from .protocol.records import StoreUnavailable

SLOW_SECONDS = 1.0  # An attempt that fails sooner holds no thread.


class CircuitBreaker:
    """While a server does not answer, one request at a time waits for it; others are refused.

    Without it, each of a few threads would wait until its deadline again and again, and
    no other view of the application would be served. It opens when an attempt took
    :data:`SLOW_SECONDS` without a result, while no other attempt had one, and closes
    with the first result.

    :param server: its name, for the message.
    :param trial: seconds within which an attempt ends.
    :param rest: seconds between two attempts while it is open.
    :param clock: returns the time in seconds.
    """

    def __init__(
        self, server: str, trial: float, rest: float = 0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._server = server
        self._trial_seconds = trial
        self._rest = rest
        self._clock = clock
        # Without a lock, which might be held at a fork: a race lets one more request try.
        self._is_open = False
        self._waits_until = 0.0
        self._trial = 0.0  # when the attempt began for which the others are refused
        self._answered_at = float("-inf")

    def check(self) -> float:
        """Begin an attempt; return when it began.

        :raises StoreUnavailable: the server did not answer, and another attempt is in progress.
        """
        now = self._clock()
        if self._is_open:
            if now < self._waits_until:
                raise StoreUnavailable(f"{self._server} did not answer a moment ago.")
            self._trial, self._waits_until = now, now + self._trial_seconds
        return now

    def answered(self) -> None:
        """End an attempt: there was a response, even if it was an error."""
        self._answered_at = self._clock()
        self._is_open = False

    def failed(self, began: float) -> None:
        """End an attempt without a response.

        :param began: as returned by :meth:`check`.
        """
        now = self._clock()
        if self._is_open:
            # Not at the end of one that began before: each would be replaced by another.
            if began == self._trial:
                self._waits_until = now + self._rest
        elif now - began >= SLOW_SECONDS and self._answered_at < began:
            self._is_open, self._waits_until = True, now + self._rest

    def ended(self, began: float) -> None:
        """End an attempt in any case, also after an error that says nothing of the server.

        Called at the end of each attempt: otherwise such an error would leave the others
        refused for as long as a trial may take.

        :param began: as returned by :meth:`check`.
        """
        if self._is_open and began == self._trial:
            self._waits_until = min(self._waits_until, self._clock() + self._rest)
