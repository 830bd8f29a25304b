"""The contract's hooks for the memory backend, and for variants of its stores."""

from __future__ import annotations

import pickle

from pyramid_oauth2.backends.contract import BackendContract
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.backends.memory.clients import MemoryClientStore
from pyramid_oauth2.backends.memory.consents import MemoryConsentStore
from pyramid_oauth2.backends.memory.entries import MemoryEntryStore
from pyramid_oauth2.backends.memory.grants import MemoryGrantStore
from pyramid_oauth2.interfaces import IBackend


class MemoryContract(BackendContract):
    Grants = MemoryGrantStore
    Clients = MemoryClientStore
    Consents = MemoryConsentStore
    Entries = MemoryEntryStore

    def make_backend(self) -> IBackend:
        backend = MemoryBackend()
        backend.grants = self.Grants()
        backend.clients = self.Clients()
        backend.consents = self.Consents()
        backend.entries = self.Entries()
        return backend

    def raw_dump(self, backend: IBackend) -> bytes | None:
        return pickle.dumps(self.containers(backend))

    def count_records(self, backend: IBackend) -> int | None:
        return sum(map(len, self.containers(backend)))

    def containers(self, backend):
        ledger = backend.grants._expiring
        return (
            ledger.records,
            ledger._agenda,
            backend.clients._clients,
            backend.consents._consents,
            backend.entries._entries,
        )
