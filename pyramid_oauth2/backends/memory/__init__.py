"""All state in this process's memory, lost when it ends: for tests, and for a first try.

It is also the reference for the other backends: one lock per store, plain
dictionaries, and every operation written as its contract reads.
"""

from __future__ import annotations

from typing import Any

from zope.interface import implementer

from pyramid_oauth2.interfaces import IBackend

from .clients import MemoryClientStore
from .consents import MemoryConsentStore
from .entries import MemoryEntryStore
from .grants import MemoryGrantStore

__all__ = ["MemoryBackend", "includeme"]


@implementer(IBackend)
class MemoryBackend:
    """All four stores, empty at first, shared by all threads of this process."""

    def __init__(self) -> None:
        self.clients = MemoryClientStore()
        self.grants = MemoryGrantStore()
        self.consents = MemoryConsentStore()
        self.entries = MemoryEntryStore()

    def check(self) -> tuple[str, ...]:
        """Warn that the state is not persistent."""
        return ("Everything is in this process's memory, and gone when it ends.",)

    def close(self) -> None:
        """Do nothing: there are no connections, and the records are kept."""


def includeme(config: Any) -> None:
    """Register it as ``oauth2.backend = memory``."""
    config.add_oauth2_backend("memory", lambda settings: MemoryBackend())
