"""A question to a store that every request of the metadata would ask: asked once a minute."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from ...protocol.records import StoreUnavailable
from ...single_flight import SingleFlight

log = logging.getLogger(__name__)

SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Asked:
    answer: bool
    at: float


class RecentAnswer:
    """The answer of a store, as it was at most :data:`SECONDS` ago.

    While one thread asks again, the others have the answer before.

    :param ask: asks the store.
    :param clock: returns the time in seconds.
    """

    def __init__(self, ask: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._ask, self._clock = ask, clock
        self._flight = SingleFlight[_Asked]()
        self._known: _Asked | None = None

    def __call__(self) -> bool:
        """The answer; if the store has none now, the one before, and False without one."""
        known = self._known
        if known is not None and 0 <= self._clock() - known.at < SECONDS:
            return known.answer
        return self._flight(lambda: self._newer(known), known).answer

    def _newer(self, known: _Asked | None) -> _Asked:
        # Also if it fails: a store that is away is not asked by each request.
        now = self._clock()
        try:
            answer = self._ask()
        except StoreUnavailable as unavailable:
            log.warning("It is not known now whether a document is pinned: %s", unavailable)
            answer = known is not None and known.answer
        self._known = _Asked(answer, now)
        return self._known
