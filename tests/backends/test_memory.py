"""The memory backend passes the contract."""

from __future__ import annotations

from zope.interface.verify import verifyObject

from pyramid_oauth2.backends import memory
from pyramid_oauth2.interfaces import (
    IBackend,
    IClientStore,
    IConsentStore,
    IEntryStore,
    IGrantStore,
)

from .memory_contract import MemoryContract


class TestMemory(MemoryContract):
    pass


def test_interfaces():
    backend = memory.MemoryBackend()
    assert verifyObject(IBackend, backend)
    assert verifyObject(IGrantStore, backend.grants)
    assert verifyObject(IClientStore, backend.clients)
    assert verifyObject(IConsentStore, backend.consents)
    assert verifyObject(IEntryStore, backend.entries)


def test_include():
    class Config:
        def add_oauth2_backend(self, name, factory):
            self.name, self.factory = name, factory

    config = Config()
    memory.includeme(config)
    assert config.name == "memory"
    first, second = (config.factory(settings=None) for _ in range(2))
    assert isinstance(first, memory.MemoryBackend)
    assert first is not second


def test_agenda_does_not_grow_with_the_writes_to_one_record():
    grants = memory.MemoryBackend().grants
    for number in range(100):
        grants.reserve("jti", b"digest", number + 1, number)
    assert len(grants._expiring._agenda) == 1
