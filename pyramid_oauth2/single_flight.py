"""One thread at a time fetches what many want; the others take what it brings, or its failure.

With a lock alone, each thread that has waited would try again by itself: while the other side
does not answer, they would wait one after the other, each for its own time limit.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from .per_process import PerProcess
from .protocol.records import StoreUnavailable

Value = TypeVar("Value")


class NotShared(StoreUnavailable):
    """The caller itself may not fetch: those who wait for it try by themselves."""


class _Flight(Generic[Value]):
    def __init__(self) -> None:
        self.ended = threading.Event()
        self.is_shared = True
        self.value: Value | None = None
        self.failure: str | None = None


class SingleFlight(Generic[Value]):
    """Shares one call among the threads that want its result at the same time."""

    def __init__(self) -> None:
        self._lock = PerProcess(threading.Lock)
        # Of each process: the thread that a flight of the parent waits for is not in the child.
        self._flights: PerProcess[list[_Flight[Value]]] = PerProcess(list)

    def __call__(self, fetch: Callable[[], Value], known: Value | None = None) -> Value:
        """The result of *fetch*, called by this thread or by the one that calls it now.

        :param known: what is returned at once while another thread calls it; None: wait for that.
        :raises StoreUnavailable: the call failed.
        """
        flights = self._flights()
        while True:
            with self._lock():
                flight = flights[0] if flights else None
                if flight is None:
                    own: _Flight[Value] = _Flight()
                    flights.append(own)
            if flight is None:
                return self._fly(own, flights, fetch)
            if known is not None:
                return known
            flight.ended.wait()
            if flight.is_shared:
                break
        if flight.failure is not None or flight.value is None:
            raise StoreUnavailable(flight.failure or "It could not be fetched.")
        return flight.value

    def _fly(
        self, own: _Flight[Value], flights: list[_Flight[Value]], fetch: Callable[[], Value]
    ) -> Value:
        try:
            own.value = fetch()
            return own.value
        except NotShared:
            own.is_shared = False
            raise
        except StoreUnavailable as error:
            own.failure = str(error)
            raise
        finally:
            with self._lock():
                flights.remove(own)
            own.ended.set()
