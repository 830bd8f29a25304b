"""The Redis backend passes what matters to it of the contract, under Sentinel and on a Cluster."""

from __future__ import annotations

import pytest
from redis._parsers import CommandsParser

from pyramid_oauth2.backends.contract import (
    ClientReading,
    ClientRecords,
    ClientSearch,
    ConsentStoreContract,
    Entries,
    EntriesAtRest,
    EntryLeaks,
    EntryLifetimes,
    EntryListings,
    EntryReading,
    Forks,
    GrantReading,
    GrantStoreContract,
    LongClientIds,
    RedemptionRaces,
    RoundTrips,
)

from .redis_contract import OnRedis


class TestSentinel(OnRedis, RoundTrips, GrantReading, ClientReading, RedemptionRaces, Forks):
    """Where its connections matter. The commands are those of a single server."""

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _server(cls, redis_sentinel_url):
        cls.url = redis_sentinel_url


class TestCluster(
    OnRedis,
    GrantStoreContract,
    ConsentStoreContract,
    ClientRecords,
    LongClientIds,
    ClientSearch,
    ClientReading,
    Entries,
    EntryListings,
    EntryLeaks,
    EntriesAtRest,
    EntryReading,
    EntryLifetimes,
):
    """Which server has a key: what leads to a grant or a consent is on another than the record.

    All clients are on one, and so are all entries: what meets or crashes there does so as on a
    single server.
    """

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
