"""A key ring on a memory store, with a clock that the test moves."""

from __future__ import annotations

import os
from typing import Any

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.keys.ring import KeyRing
from pyramid_oauth2.keys.rotation import Rotation
from pyramid_oauth2.keys.schedule import Schedule
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.protocol.server_secret import ServerSecret

SECRET, OTHER_SECRET = "a" * 43, "b" * 43
NOW = 1_800_000_000


class World:
    """What a key ring sees of its server: its store, and the time."""

    random = staticmethod(os.urandom)

    def __init__(self, entries: Any = None, schedule: Schedule | None = None) -> None:
        self.store = entries or MemoryBackend().entries
        self.schedule = schedule or Schedule()
        self.now: float = NOW
        self.away = False
        self.reads = 0

    @property
    def entries(self) -> Any:
        self.reads += 1
        if self.away:
            raise StoreUnavailable("The store is away.")
        return self.store

    def ring(self, *secrets: str) -> KeyRing:
        """A process."""
        secret = ServerSecret(secrets or (SECRET,))
        return KeyRing(self, secret, self.schedule, clock=lambda: self.now)  # type: ignore[arg-type]

    def rotation(self, *secrets: str) -> Rotation:
        secret = ServerSecret(secrets or (SECRET,))
        return Rotation(self.store, secret, self.schedule, os.urandom)

    def names(self) -> list[str]:
        """The records in the store."""
        return [key.name for key in self.rotation().read().keys]
