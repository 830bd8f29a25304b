"""A measured grant store fulfils the contract of the store behind it."""

from __future__ import annotations

import pytest
from zope.interface.verify import verifyObject

from pyramid_oauth2.backends.contract import GrantStoreContract
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.backends.memory.grants import MemoryGrantStore
from pyramid_oauth2.interfaces import IGrantStore
from pyramid_oauth2.monitoring.measured_grants import MeasuredGrants
from pyramid_oauth2.protocol.purging import Purger


class TestMeasured(GrantStoreContract):
    def make_backend(self):
        backend = MemoryBackend()
        backend.grants = MeasuredGrants(backend.grants)
        return backend

    def count_records(self, backend):
        return len(backend.grants.export(limit=10**9).items)


def test_the_interface():
    assert verifyObject(IGrantStore, MeasuredGrants(MemoryGrantStore()))


def test_a_store_that_ends_its_records_itself_is_still_one():
    class ExpiresItself(MemoryGrantStore):
        expires_itself = True

        def purge(self, now, limit=1000):
            raise AssertionError("it is not swept")

    consents = MemoryBackend().consents
    purger = Purger(MeasuredGrants(ExpiresItself()), consents, lambda: 0)
    for _ in range(200):
        purger.after_issue()


def test_what_the_store_does_not_have_it_does_not_have():
    with pytest.raises(AttributeError, match="expires_itself"):
        MeasuredGrants(MemoryGrantStore()).expires_itself  # noqa: B018
