"""How many requests there may be at a time, and when a URL that failed is asked again."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from ..per_process import PerProcess
from .responses import Busy, FetchError, Response

OF_HOST = 4
IN_ALL = 10
REST = 60.0  # seconds after a failure
MOST_FAILURES = 1000  # that are remembered
PATIENCE = 10.0  # seconds; longer than any request takes


@dataclass(eq=False)
class _Flight:
    ended: threading.Event = field(default_factory=threading.Event)
    response: Response | None = None
    failure: FetchError | None = None

    def result(self) -> Response:
        if self.response is None:
            raise FetchError(str(self.failure)) if self.failure else Busy("is not asked now")
        return self.response


@dataclass(eq=False)
class _Now:
    """What is going on in a process."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    flights: dict[str, _Flight] = field(default_factory=dict)
    of_host: Counter[str] = field(default_factory=Counter)
    failed: dict[str, tuple[float, FetchError]] = field(default_factory=dict)


class Flights:
    """Sends one request for a URL at a time, few for a host, and few in all.

    :param clock: returns the time in seconds; it never goes back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._now = PerProcess(_Now)

    def __call__(self, url: str, host: str, fetch: Callable[[], Response]) -> Response:
        """What *fetch* returns, called by this thread or by the one that calls it now.

        :raises Busy: there are too many requests at this moment.
        :raises FetchError: it failed, or failed a moment ago.
        """
        now = self._now()
        with now.lock:
            flight = now.flights.get(url)
            if flight is None:
                self._refuse(now, url, host)
                own = now.flights[url] = _Flight()
                now.of_host[host] += 1
        if flight is not None:
            flight.ended.wait(PATIENCE)
            return flight.result()
        try:
            own.response = fetch()
        except FetchError as error:
            own.failure = error
            raise
        finally:
            self._land(now, url, host, own)
        return own.response

    def _refuse(self, now: _Now, url: str, host: str) -> None:
        until, failure = now.failed.get(url, (0.0, None))
        if failure is not None and self._clock() < until:
            # Not the same object, which would collect the tracebacks of all its readers.
            raise FetchError(str(failure))
        if len(now.flights) >= IN_ALL or now.of_host[host] >= OF_HOST:
            raise Busy("is not asked now: too many requests are on their way")

    def _land(self, now: _Now, url: str, host: str, own: _Flight) -> None:
        with now.lock:
            del now.flights[url]
            now.of_host[host] -= 1
            if not now.of_host[host]:
                del now.of_host[host]
            now.failed.pop(url, None)
            if own.failure is not None and not isinstance(own.failure, Busy):
                if len(now.failed) >= MOST_FAILURES:
                    del now.failed[next(iter(now.failed))]
                now.failed[url] = self._clock() + REST, own.failure
        own.ended.set()
