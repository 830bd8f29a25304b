"""The Redis backend passes the contract on a single server."""

from __future__ import annotations

import pytest
from zope.interface.verify import verifyObject

from pyramid_oauth2.backends import redis
from pyramid_oauth2.interfaces import (
    IBackend,
    IClientStore,
    IConsentStore,
    IEntryStore,
    IGrantStore,
)

from .redis_contract import RedisContract, open_backend


class TestRedis(RedisContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_url):
        cls.url = redis_url


def test_interfaces():
    backend = open_backend("redis://localhost")
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
    redis.includeme(config)
    assert config.name == "redis"
