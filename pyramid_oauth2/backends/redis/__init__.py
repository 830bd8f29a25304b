"""Redis and Valkey: a single server, a Sentinel group or a Cluster, for all stores.

.. code-block:: ini

    oauth2.backend = redis
    oauth2.redis.url = redis://localhost:6379/0

The forms of a URL are described in :mod:`~pyramid_oauth2.backends.redis.urls`.
``oauth2.redis.wait_replicas`` makes what spends or ends something wait until
that number of replicas has it. Other ``oauth2.redis.*`` keys, such as
``socket_timeout`` or ``max_connections``, are passed to redis-py.

The replication of Redis is asynchronous, so a failover can lose writes: those
that the old master confirmed in its last moment, before any replica had them.
A code that was spent then is valid again. ``wait_replicas`` makes that less
likely; an SQL database as ``oauth2.backend.grants`` excludes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from zope.interface import implementer

from ...interfaces import IBackend
from ...startup_error import StartupError
from .attempts import RedisAttemptStorage
from .clients import RedisClientStore
from .cluster import ClusterServer
from .connections import client_factory
from .consents import RedisConsentStore
from .entries import RedisEntryStore
from .grants import RedisGrantStore
from .server import Server
from .urls import CLUSTER, SCHEMES, parse_url

if TYPE_CHECKING:
    from ...settings import Settings

__all__ = ["RedisBackend", "includeme", "server_from_settings"]

MOST_DIGITS = 3  # of a number of replicas; the server refuses one that is far too large


@implementer(IBackend)
class RedisBackend:
    """All stores on one server."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.clients = RedisClientStore(server)
        self.grants = RedisGrantStore(server)
        self.consents = RedisConsentStore(server)
        self.entries = RedisEntryStore(server)

    def check(self) -> list[str]:
        """Warn about a server that may lose data.

        :raises StoreUnavailable: it cannot be reached, or is not safe to use as configured.
        """
        return self._server.check()

    def attempt_storage(self) -> RedisAttemptStorage:
        """The storage in which all processes that use this server count attempts together."""
        return RedisAttemptStorage(self._server)

    def close(self) -> None:
        """Close every connection."""
        self._server.close()


def server_from_settings(settings: Settings) -> Server:
    """Return the server that the ini names, without connecting to it.

    :raises pyramid.exceptions.ConfigurationError: a setting is missing or
        wrong; the message never repeats the URL, which may hold a password.
    """
    options = dict(settings.section("redis"))
    url, replicas = options.pop("url", None), options.pop("wait_replicas", "0")
    if not url:
        raise StartupError(f"oauth2.redis.url is missing: {SCHEMES}")
    try:
        address = parse_url(url)
    except ValueError as error:
        raise StartupError(f"oauth2.redis.url: {error}") from None
    if not (replicas.isascii() and replicas.isdigit() and len(replicas) <= MOST_DIGITS):
        raise StartupError("oauth2.redis.wait_replicas is a number of replicas, such as 1.")
    kind = ClusterServer if address.mode == CLUSTER else Server
    return kind(client_factory(address, options), int(replicas))


def includeme(config: Any) -> None:
    """Register it as ``oauth2.backend = redis``."""

    def factory(settings: Settings) -> RedisBackend:
        return RedisBackend(server_from_settings(settings))

    config.add_oauth2_backend("redis", factory)
