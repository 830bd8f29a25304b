"""Where attempts are counted: in a storage shared by the processes, and in process memory."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial
from math import ceil, inf
from typing import Any, Protocol, TypeVar

from .bounded_storage import BoundedStorage
from .per_process import PerProcess
from .protocol.throttling import Throttle, Uncounted
from .settings import Settings
from .startup_error import StartupError

MOST_SOURCES = 20_000  # about 6 MB
PAUSE = 60  # seconds for which a storage that failed is not used again
# Without these the client libraries wait for ever, and a thread is lost with each of them.
TIMEOUTS: Mapping[str, Mapping[str, Any]] = {
    "redis": {"socket_timeout": 1.0, "socket_connect_timeout": 1.0},
    "valkey": {"socket_timeout": 1.0, "socket_connect_timeout": 1.0},
    "memcached": {"timeout": 1.0, "connect_timeout": 1.0},
}

log = logging.getLogger(__name__)

Answer = TypeVar("Answer", int, float)


class Storage(Protocol):
    """Counts in fixed windows: the part of a ``Storage`` of the limits library that is used."""

    def incr(self, key: str, expiry: int) -> int:
        """Count one more attempt; the first one begins a window of *expiry* seconds."""

    def get_expiry(self, key: str) -> float:
        """When the window ends, on the clock of ``time.time()``."""


class ProcessMemory:
    """A storage in this process that never holds more than *most* sources.

    The memory storage of the limits library has no such bound.

    :param clock: returns the time in seconds. One that a step of the system's clock does not
        change: a window must not become longer.
    """

    def __init__(self, clock: Callable[[], float], most: int = MOST_SOURCES) -> None:
        self._clock = clock
        self._most = most
        self._lock = PerProcess(threading.Lock)
        # By window length: windows of one length end in the order in which they
        # began, and a flood of short ones does not push out a long one.
        self._windows: dict[int, OrderedDict[str, tuple[int, float]]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._windows.values()))

    def incr(self, key: str, expiry: int) -> int:
        """See :class:`Storage`."""
        now = self._clock()
        with self._lock():
            windows = self._windows.setdefault(expiry, OrderedDict())
            count, ends = windows.get(key, (0, now))
            if ends <= now:
                windows.pop(key, None)
                self._make_room(windows, now)
                count, ends = 0, now + expiry
            windows[key] = (count + 1, ends)
            return count + 1

    def hold(self, key: str, expiry: int, seconds: int) -> None:
        """Begin a window, among those of length *expiry*, that ends after *seconds*."""
        now = self._clock()
        with self._lock():
            windows = self._windows.setdefault(expiry, OrderedDict())
            windows.pop(key, None)
            self._make_room(windows, now)
            windows[key] = (1, now + seconds)

    def get_expiry(self, key: str) -> float:
        """See :class:`Storage`; 0 if there is no window."""
        with self._lock():
            return max((w.get(key, (0, 0.0))[1] for w in self._windows.values()), default=0.0)

    def _make_room(self, windows: OrderedDict[str, tuple[int, float]], now: float) -> None:
        while windows:
            _, ends = next(iter(windows.values()))
            if ends > now and len(windows) < self._most:
                return
            windows.popitem(last=False)


class AttemptCounter:
    """The :class:`~pyramid_oauth2.protocol.throttling.Counter` of a running server.

    The storage is used only to count. Whether a source is blocked is known from
    the memory of this process. If the storage fails, the process counts alone
    for a while.

    :param storage: returns the storage for the current process; None to always
        count in this process.
    :param clock: returns the time in seconds, as ``time.time()`` does: that of the storage.
    :param monotonic: returns the time in seconds, as ``time.monotonic()`` does: how long a
        source is blocked does not change when the system's clock is set.
    """

    def __init__(
        self,
        storage: Callable[[], Storage] | None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._memory = ProcessMemory(monotonic)
        self._blocked = ProcessMemory(monotonic)
        self._storage = storage
        self._clock = clock
        self._monotonic = monotonic
        self._alone_until = -inf

    def blocked_for(self, key: str) -> int:
        """For how many seconds the source is blocked, 0 if it is not."""
        return ceil(max(self._blocked.get_expiry(key) - self._monotonic(), 0))

    def count(self, key: str, seconds: int) -> int:
        """Count an attempt; return how many there are in this window."""
        return self._asked(lambda storage, now: storage.incr(key, seconds))

    def block(self, key: str, seconds: int) -> int:
        """Block the source in this process until its window ends; return the seconds."""
        # The clock of a storage may be wrong, and may be set: no block is longer than a window.
        left = self._asked(lambda storage, now: storage.get_expiry(key) - now())
        held = min(max(ceil(left), 1), seconds)
        self._blocked.hold(key, seconds, held)
        return held

    def _asked(self, question: Callable[[Storage, Callable[[], float]], Answer]) -> Answer:
        if self._storage is not None and self._monotonic() >= self._alone_until:
            try:
                return question(self._storage(), self._clock)
            except Exception as error:
                # Each library has its own exceptions, and none of them justifies a 500.
                self._alone_until = self._monotonic() + PAUSE
                log.warning(
                    "The storage of the throttle fails, so this process counts attempts alone "
                    "for %d seconds: %s: %s",
                    PAUSE,
                    type(error).__name__,
                    error,
                )
        return question(self._memory, self._monotonic)


def make_throttle(settings: Settings, backend: Any) -> Throttle:
    """Return the throttle that the ini describes.

    :param backend: the backend of the grants; if it has ``attempt_storage()``,
        the processes share their counts through it.
    :raises pyramid.exceptions.ConfigurationError: ``oauth2.throttle_storage``
        cannot be used; the message does not repeat it, since it may hold a password.
    """
    counter = AttemptCounter(_storage(settings, backend)) if settings.throttle else None
    return Throttle(
        clients=settings.throttle_clients,
        passwords=settings.throttle_passwords,
        rotations=settings.throttle_rotations,
        interactions=settings.throttle_interactions,
        registrations=settings.throttle_registrations,
        client_registrations=settings.throttle_client_registrations,
        counter=counter or Uncounted(),
        # What is in front of the server does not see what it fetches itself.
        fetches=counter or AttemptCounter(None),
    )


def _storage(settings: Settings, backend: Any) -> Callable[[], Storage] | None:
    uri = settings.throttle_storage
    if uri is None:
        own: Callable[[], Storage] | None = getattr(backend, "attempt_storage", None)
        return PerProcess(own) if own else None
    if uri == "memory://":
        return None
    # Most storages of the limits library do not handle forks.
    storages = PerProcess(partial(_storage_of_limits, uri))
    storages()  # A mistake in the URI is reported at start-up.
    return storages


def _storage_of_limits(uri: str) -> Storage:
    # Only now, for it takes 30 ms of a start, and no store of ours needs it.
    import limits.storage

    try:
        options = next((TIMEOUTS[name] for name in TIMEOUTS if uri.startswith(name)), {})
        storage = limits.storage.storage_from_string(uri, **options)
    except Exception as error:
        reason = type(error).__name__
    else:
        if isinstance(storage, limits.storage.Storage):
            return BoundedStorage(storage)
        reason = "it is an asynchronous one"
    raise StartupError(
        f"oauth2.throttle_storage cannot be used ({reason}). Write memory://, or the URI of a "
        "storage of the limits library that is running, such as redis://localhost:6379/1 or "
        "memcached://localhost:11211, whose client library must be installed (redis, pymemcache)."
    )
