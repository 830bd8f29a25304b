"""How many bytes a grant has on Redis: there are millions of them, and all are in memory."""

from __future__ import annotations

import pytest

from tests.servers import redis_url  # noqa: F401

from .measure_redis_sizes import Life, after_a_code, after_a_refresh, two_tokens
from .redis_contract import flush, open_backend, raw_nodes


@pytest.mark.parametrize(
    ("life", "most"), [(two_tokens, 480), (after_a_code, 708), (after_a_refresh, 1463)]
)
def test_keys_and_values_of_a_grant(redis_url: str, life: Life, most: int):  # noqa: F811
    backend = open_backend(redis_url)
    flush(backend)
    (client,) = raw_nodes(backend)
    grant = life(backend, 0)
    # What a sorted set takes is the server's matter.
    found = [*client.scan_iter(f"oauth2:{{{grant.id}}}:*", count=1000, _type="string")]
    size = sum(len(key) + len(client.get(key)) for key in found)
    backend.close()
    assert size <= most
