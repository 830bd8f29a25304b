"""Tokens in Redis, with redis-py."""

from __future__ import annotations

import time
from typing import Any

from redis import Redis

from . import Store


class RedisStore:
    """See :class:`~benchmarks.floor.Store`."""

    def __init__(self, url: str) -> None:
        self._redis: Any = Redis.from_url(url)

    def insert(self, digests: list[bytes], subject: str, expires_at: int) -> None:
        """Write tokens."""
        value, left = f"{subject} {expires_at}", expires_at - int(time.time())
        if len(digests) == 1:
            self._redis.set(digests[0], value, ex=left)
            return
        pipeline = self._redis.pipeline(transaction=True)
        for digest in digests:
            pipeline.set(digest, value, ex=left)
        pipeline.execute()

    def find(self, digest: bytes) -> tuple[str, int, bool] | None:
        """Read a token."""
        value = self._redis.get(digest)
        if value is None:
            return None
        subject, expires_at = value.decode().split()
        return subject, int(expires_at), False

    def replace(self, digest: bytes, digests: list[bytes], subject: str, expires_at: int) -> bool:
        """Spend a token and write others."""
        if not self._redis.delete(digest):
            return False
        self.insert(digests, subject, expires_at)
        return True

    def revoke(self, digest: bytes) -> None:
        """Spend a token."""
        self._redis.delete(digest)

    def close(self) -> None:
        """Close the connection."""
        self._redis.close()


def open_store(url: str) -> Store:
    """Open an empty server."""
    return RedisStore(url)
