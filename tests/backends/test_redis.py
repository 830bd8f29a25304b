"""The Redis backend passes the contract on a single server, under Sentinel and on a Cluster."""

from __future__ import annotations

import pytest
from redis._parsers import CommandsParser
from zope.interface.verify import verifyObject

from pyramid_oauth2.backends import redis
from pyramid_oauth2.backends.contract import (
    ClientCrashes,
    ClientInterleavings,
    ClientRaces,
    ClientReading,
    EntryCrashes,
    EntryInterleavings,
    EntryRaces,
    Forks,
    GrantReading,
    RedemptionRaces,
    RoundTrips,
)
from pyramid_oauth2.interfaces import (
    IBackend,
    IClientStore,
    IConsentStore,
    IEntryStore,
    IGrantStore,
)

from .redis_contract import RedisContract, open_backend
from .variants import Variant, groups_without


class TestRedis(RedisContract):
    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_url):
        cls.url = redis_url


class TestSentinel(Variant, RedisContract):
    # Its connections. The commands are those of a single server.
    differs_in = (RoundTrips, GrantReading, ClientReading, RedemptionRaces, Forks)

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_sentinel_url):
        cls.url = redis_sentinel_url


class TestCluster(Variant, RedisContract):
    # Which server has a key: what leads to a grant or a consent is on another one than the record.
    # All clients are on one, and so are all entries, and what is tried there with one record at a
    # time is as on a single server.
    differs_in = groups_without(
        ClientRaces,
        ClientInterleavings,
        ClientCrashes,
        EntryRaces,
        EntryInterleavings,
        EntryCrashes,
    )

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_cluster_url):
        cls.url = redis_cluster_url
        with pytest.MonkeyPatch.context() as patch:
            _ask_once(patch)
            yield


def _ask_once(patch):
    """Let all clients of a Cluster know which commands there are, as the first one does.

    To read that takes longer than most of the tests, and each of them has a client.
    """
    ask, known = CommandsParser.initialize, {}

    def initialize(parser, node):
        if not known:
            ask(parser, node)
            known.update(parser.commands)
        parser.commands = known

    patch.setattr(CommandsParser, "initialize", initialize)


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
