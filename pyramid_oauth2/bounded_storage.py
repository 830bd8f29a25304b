"""A storage of the limits library that is waited for no longer than a given time.

Its client libraries limit single reads or nothing at all, and their sockets cannot be
reached from here. So each operation runs in a thread of its own, which is left behind
if it takes too long.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from limits.storage import Storage

SECONDS = 2.0
# Threads at a time. One that is left behind counts until its library gives up.
MOST = 20

Result = TypeVar("Result", int, float)


class BoundedStorage:
    """Counts in *storage*; every method raises :exc:`TimeoutError` after :data:`SECONDS`."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._free = threading.BoundedSemaphore(MOST)

    def incr(self, key: str, expiry: int) -> int:
        """Count one more attempt; the first one begins a window of *expiry* seconds."""
        return self._run(partial(self._storage.incr, key, expiry))

    def get_expiry(self, key: str) -> float:
        """When the window ends, on the clock of ``time.time()``."""
        return self._run(partial(self._storage.get_expiry, key))

    def _run(self, operation: Callable[[], Result]) -> Result:
        if not self._free.acquire(timeout=SECONDS):
            raise TimeoutError("too many operations are in progress")
        results: SimpleQueue[Result | Exception] = SimpleQueue()
        try:
            threading.Thread(target=self._finish, args=(operation, results), daemon=True).start()
        except BaseException:
            self._free.release()
            raise
        try:
            result = results.get(timeout=SECONDS)
        except Empty:
            raise TimeoutError(f"no answer within {SECONDS} seconds") from None
        if isinstance(result, Exception):
            raise result
        return result

    def _finish(
        self, operation: Callable[[], Result], results: SimpleQueue[Result | Exception]
    ) -> None:
        try:
            results.put(operation())
        except Exception as error:
            results.put(error)
        finally:
            self._free.release()
