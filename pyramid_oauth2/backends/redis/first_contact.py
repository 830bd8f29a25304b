"""Checks of a server before it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...protocol.records import StoreUnavailable

OLDEST = (6, 2)


NO_APPEND_ONLY_FILE = (
    "The Redis server keeps no append-only file: if it crashes, codes and tokens that were spent "
    "or revoked since its last snapshot are good again. Set appendonly yes."
)


def check(info: Mapping[str, Any], of_cluster: bool) -> Iterator[str]:
    """Refuse a server that could lose state, and warn about one that may.

    :param info: its reply to INFO.
    :param of_cluster: whether the URL has the scheme ``redis+cluster``.
    :return: warnings, a sentence each.
    :raises StoreUnavailable: the server is refused; the message says what to change.
    """
    _check_version(info)
    if info.get("cluster_enabled") and not of_cluster:
        raise StoreUnavailable(
            "The Redis server is a node of a Cluster: use redis+cluster://... in oauth2.redis.url."
        )
    policy = info.get("maxmemory_policy", "noeviction")
    if int(info.get("maxmemory", 0)) and policy != "noeviction":
        raise StoreUnavailable(
            f"The Redis server has a maxmemory, and its maxmemory-policy is {policy}: when it is "
            "full it would throw away grants, spent codes and revocations. Set maxmemory-policy "
            "to noeviction, or use a server that is no cache."
        )
    if not int(info.get("aof_enabled", 0)):
        yield NO_APPEND_ONLY_FILE


def _check_version(info: Mapping[str, Any]) -> None:
    # Valkey reports itself as Redis 7.2 here, and every version of it is new enough.
    version = str(info.get("redis_version", "0"))
    numbers = tuple(int(number) for number in version.split(".")[:2] if number.isdigit())
    if numbers < OLDEST:
        raise StoreUnavailable(
            f"The Redis server has version {version}; at least Redis 6.2 or any Valkey is needed."
        )
