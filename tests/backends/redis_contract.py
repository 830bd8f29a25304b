"""The contract's hooks for the Redis backend, on the servers of any URL."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from math import inf
from typing import Any

from pyramid_oauth2.backends.contract import BackendContract, Contract
from pyramid_oauth2.backends.contract.factories import NOW
from pyramid_oauth2.backends.contract.harness import Record
from pyramid_oauth2.backends.redis import RedisBackend, key_names, server_from_settings
from pyramid_oauth2.backends.redis.cluster import ClusterServer
from pyramid_oauth2.backends.redis.exchange import exchange
from pyramid_oauth2.backends.redis.server import Server
from pyramid_oauth2.interfaces import IBackend
from pyramid_oauth2.protocol.records import Consent, Entry, Grant, Reservation, Token
from pyramid_oauth2.settings import Settings


def open_backend(url: str, **options: str) -> RedisBackend:
    """Return a backend as created from an ini."""
    settings = Settings(sections={"redis": {"url": url, **options}})
    return RedisBackend(server_from_settings(settings))


def raw_nodes(backend: RedisBackend) -> list:
    """Return a redis-py client of each master."""
    client = backend._server._connected()
    if not backend._server.is_cluster:
        return [client]
    return [client.get_redis_connection(node) for node in client.get_primaries()]


def raw_keys(backend: RedisBackend) -> Iterator[tuple]:
    """Iterate over all keys, with the client of the node that holds each."""
    for node in raw_nodes(backend):
        for key in node.scan_iter(count=1000):
            yield node, key


def flush(backend: RedisBackend) -> None:
    """Empty the servers."""
    for node in raw_nodes(backend):
        node.flushall()


def key_of(record: Record) -> str:
    """The key of a record."""
    match record:
        case Grant():
            return key_names.grant_key(record.id)
        case Token():
            return key_names.token_key(record)
        case Reservation():
            return key_names.reservation_key(record)
        case Consent():
            return key_names.consent_key(record.subject, record.client_id)
        case Entry():
            return key_names.entry_key(record.namespace, record.key)


def _left(client: Any, key: str) -> float:
    """For how many seconds a key is there."""
    left = client.pttl(key)
    return {-2: 0, -1: inf}.get(left, left / 1000)


def _places(client: Any, record: Record) -> Iterator[tuple[str, float]]:
    """The indexes that must lead to a record, with the seconds for which its place is there."""
    match record:
        case Grant():
            names = {
                key_names.subject_index(record.subject): record.id,
                key_names.client_index(record.client_id): record.id,
            }
        case Token() if record.grant_id is not None:
            names = {key_names.members_key(record.family): key_names.member(record)}
        case Consent():
            names = {key_names.consents_to_client(record.client_id): record.subject}
        case Entry():
            name = key_names.entry_name(record.namespace, record.key)
            names = {key_names.entries_in_namespace(record.namespace): name}
            if record.owner is not None:
                names[key_names.entries_of_owner(record.owner)] = name
        case _:
            return
    for index, name in names.items():
        end = client.zscore(index, name)
        # A copy is made at the real time, everything else at that of the contract.
        now = NOW if end is None or end >= NOW else time.time()
        yield index, 0 if end is None else end - now


class OnRedis(Contract):
    """The hooks of the contract on the servers of ``url``, which a subclass provides."""

    waits_in = (
        exchange,
        ClusterServer._execute,
        ClusterServer._execute_all,
        Server._scan,
        ClusterServer._scan,
    )

    url: str

    def make_backend(self) -> IBackend:
        backend = open_backend(self.url)
        flush(backend)
        return backend

    def open_elsewhere(self) -> Callable[[], IBackend]:
        return partial(open_backend, self.url)

    def kept_for(self, backend: RedisBackend, record: Record) -> float:
        client = backend._server._connected()
        listed = [min(_left(client, index), end) for index, end in _places(client, record)]
        return min(_left(client, key_of(record)), *listed, inf)

    def raw_dump(self, backend: IBackend) -> bytes:
        return b"\n".join(part for entry in raw_entries(backend) for part in entry)

    def count_records(self, backend: IBackend) -> int:
        return sum(1 for _ in raw_keys(backend))


class RedisContract(OnRedis, BackendContract):
    """The whole contract; a subclass provides ``url`` by a fixture."""


def raw_entries(backend: RedisBackend) -> Iterator[tuple[bytes, bytes]]:
    """Iterate over all keys and their values."""
    for node, key in raw_keys(backend):
        if node.type(key) == b"zset":
            yield key, b" ".join(node.zrange(key, 0, -1))
        else:
            yield key, node.get(key)
