"""Makes the redis-py client that the ini describes, with every limit set explicitly.

By default redis-py retries a command up to ten times. Here no command is sent
twice implicitly: one that adds something is not safe to repeat, and
:class:`~pyramid_oauth2.backends.redis.server.Server` knows which ones are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from redis import Redis, RedisCluster
from redis.backoff import NoBackoff
from redis.cluster import ClusterNode
from redis.retry import Retry
from redis.sentinel import Sentinel

from .options import TIMEOUT, check_together, parsed_option
from .pools import BlockingPool, BlockingSentinelPool
from .urls import CLUSTER, SENTINEL, Address
from .watched_connections import (
    FileConnection,
    MasterConnection,
    MasterTLSConnection,
    TCPConnection,
    TLSConnection,
)

DEFAULTS: Mapping[str, Any] = {
    "socket_connect_timeout": 1.0,
    "socket_timeout": 1.0,
    "socket_keepalive": True,
    "max_connections": 50,
}
# Seconds that a request waits for a connection of the pool; the Cluster's pool does not wait.
POOL_TIMEOUT = 1.0
SENTINEL_OPTIONS = {"sentinel_username": "username", "sentinel_password": "password"}

ClientFactory = Callable[[], "Redis | RedisCluster"]


def client_factory(address: Address, settings: Mapping[str, str]) -> ClientFactory:
    """Return a function that makes the client. A Cluster's client connects when it is made.

    :param settings: options for redis-py, as text; those of the URL take precedence.
    :raises pyramid.exceptions.ConfigurationError: redis-py does not know an
        option, its value is wrong, or one that it needs is missing.
    """
    given = {**settings, **address.options}
    wait = parsed_option(TIMEOUT, given.pop(TIMEOUT, str(POOL_TIMEOUT)), address.tls)
    sentinels = {
        option: given.pop(name)
        for name, option in SENTINEL_OPTIONS.items()
        if name in given and address.mode == SENTINEL
    }
    credentials = {"username": address.username, "password": address.password}
    options = {
        **DEFAULTS,
        **{name: parsed_option(name, value, address.tls) for name, value in given.items()},
        **{name: value for name, value in credentials.items() if value is not None},
        "protocol": 2,
    }
    check_together(options)
    if address.mode == CLUSTER:
        return lambda: _cluster(address, options)
    options["db"] = address.database
    if address.mode == SENTINEL:
        return lambda: _sentinel(address, options, sentinels, wait)
    return lambda: _single(address, options, wait)


def _no_retry() -> Retry:
    return Retry(NoBackoff(), 0)


def _single(address: Address, options: dict[str, Any], wait: float) -> Redis:
    if address.path is not None:
        # A socket file has no keep-alive, and connecting to it takes no time.
        options = {name: options[name] for name in options if name not in _OF_NETWORKS}
        place = {"connection_class": FileConnection, "path": address.path}
    else:
        host, port = address.hosts[0]
        place = {"connection_class": _kind(address), "host": host, "port": port}
    pool = _Pool(timeout=wait, retry=_no_retry(), **place, **options)
    return Redis.from_pool(pool)


def _kind(address: Address) -> type[TCPConnection]:
    return TLSConnection if address.tls else TCPConnection


_OF_NETWORKS = ("socket_keepalive", "socket_keepalive_options", "socket_connect_timeout")

# redis-py has no types for what makes these.
_Pool: Any = BlockingPool
_SentinelPool: Any = BlockingSentinelPool
_SentinelManager: Any = Sentinel
_Node: Any = ClusterNode


def _sentinel(
    address: Address, options: dict[str, Any], sentinels: dict[str, str], wait: float
) -> Redis:
    network = {name: options[name] for name in options if name.startswith(("socket_", "ssl_"))}
    own = {**network, **sentinels, "ssl": address.tls, "retry": _no_retry()}
    manager = _SentinelManager(address.hosts, sentinel_kwargs=own)
    for client in manager.sentinels:
        client.connection_pool.connection_class = _kind(address)
    kind = MasterTLSConnection if address.tls else MasterConnection
    pool = _SentinelPool(
        address.service,
        manager,
        connection_class=kind,
        timeout=wait,
        retry=_no_retry(),
        **options,
    )
    return Redis.from_pool(pool)


def _cluster(address: Address, options: dict[str, Any]) -> RedisCluster:
    host, port = address.hosts[0]
    return RedisCluster(
        # With a URL, even of one node, the class of the connections can be chosen.
        url=f"redis://{f'[{host}]' if ':' in host else host}:{port}",
        connection_class=_kind(address),
        startup_nodes=[_Node(host, port) for host, port in address.hosts],
        retry=_no_retry(),
        # If some slots have no master, the others can still be used.
        require_full_coverage=False,
        reinitialize_steps=1,
        **options,
    )
