"""The documents that a process has fetched, for as long as they count as fresh."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from ...per_process import PerProcess

# However the headers read: many documents are served with no-store.
SHORTEST, LONGEST = 300, 86_400  # seconds
REST = 60.0  # seconds after a document that cannot be used
MOST = 200
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age=\"?(\d{1,9})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """A document.

    :param fetched_at: in UTC seconds.
    :param problem: why it cannot be used; None if it can.
    :param etag: by which it is asked for again; empty if there is none.
    """

    body: bytes
    fetched_at: int
    problem: str | None = None
    etag: str = ""


class KnownDocuments:
    """A bounded cache.

    :param clock: returns the time in seconds; it never goes back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = PerProcess(threading.Lock)
        self._known: OrderedDict[str, tuple[float, Known]] = OrderedDict()

    def get(self, url: str) -> Known | None:
        """The document of that URL; None if it is to be fetched."""
        until, known = self._known.get(url, (0.0, None))
        return known if self._clock() < until else None

    def earlier(self, url: str) -> Known | None:
        """The document of that URL also if it is to be fetched; None if it is of no more use."""
        _, known = self._known.get(url, (0.0, None))
        return known if known is not None and known.problem is None else None

    def put(self, url: str, known: Known, cache_control: str) -> None:
        """Keep a document as long as the header says, within limits of our own (RFC 9111)."""
        found = _MAX_AGE.search(cache_control)
        wanted = int(found[1]) if found else SHORTEST
        seconds = REST if known.problem else min(max(wanted, SHORTEST), LONGEST)
        with self._lock():
            self._known.pop(url, None)
            while len(self._known) >= MOST:
                self._known.popitem(last=False)
            self._known[url] = (self._clock() + seconds, known)
