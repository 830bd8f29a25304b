"""The memory of a grant on Valkey.

``python -m tests.backends.measure_redis_sizes [GRANTS]`` starts a server, and for each life
below writes that many grants (5000) into an empty database. It prints the memory of a grant,
with its share of the indexes of its user and its client and of the server's own tables, and
then the memory of each key of one grant. The records are those that requests of today leave.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any, TypeAlias

from pyramid_oauth2.backends.contract.factories import (
    DAY,
    HOUR,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.redis import RedisBackend
from pyramid_oauth2.protocol.authorization.codes import CodeData
from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    Grant,
    SealedAnswer,
    Token,
)
from pyramid_oauth2.protocol.token.issuing import ATTEMPT_LENGTH
from pyramid_oauth2.protocol.token_strings import random_text
from tests.servers import valkey

from .redis_contract import open_backend

Life: TypeAlias = Callable[[RedisBackend, int], Grant]

GRANTS_OF_A_USER = 2
CLIENTS = 10
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
CODE_DATA = CodeData("https://client.example/callback", True, CHALLENGE).encode()
NOW = int(time.time())
MONTH, YEAR = 30 * DAY, 365 * DAY


def grant_of(number: int) -> Grant:
    """A grant whose user has some others, and whose client has many."""
    return new_grant(
        subject=f"user-{number // GRANTS_OF_A_USER}",
        client_id=f"client-{number % CLIENTS}",
        created_at=NOW,
        expires_at=NOW + MONTH,
        absolute_end=NOW + YEAR,
    )


def pair(grant: Grant, parent: bytes | None = None) -> list[Token]:
    """A refresh token and an access token."""
    return [
        _token(REFRESH_TOKEN, grant, parent=parent, expires_at=NOW + MONTH),
        _token(ACCESS_TOKEN, grant, parent=parent, expires_at=NOW + HOUR, data=b'{"scope":"read"}'),
    ]


def _token(kind: str, grant: Grant, **fields: Any) -> Token:
    return new_token(kind, grant, issued_at=NOW, **fields)


def two_tokens(backend: RedisBackend, number: int) -> Grant:
    """A refresh token and an access token."""
    grant = grant_of(number)
    assert backend.grants.open(grant, pair(grant), NOW)
    return grant


def after_a_code(backend: RedisBackend, number: int) -> Grant:
    """The same, and the code for which they were issued."""
    return _exchanged(backend, number)[0]


def after_a_refresh(backend: RedisBackend, number: int) -> Grant:
    """The same, after a refresh, whose response can be repeated."""
    grant, refresh = _exchanged(backend, number)
    answer = SealedAnswer(bytes(340), NOW + 30)
    _redeemed(backend, grant, refresh, sealed_answer=answer)
    return grant


def _exchanged(backend: RedisBackend, number: int) -> tuple[Grant, Token]:
    grant = grant_of(number)
    code = _token(AUTHORIZATION_CODE, grant, expires_at=NOW + 60, data=CODE_DATA)
    assert backend.grants.open(grant, [code], NOW)
    return grant, _redeemed(backend, grant, code)


def _redeemed(backend: RedisBackend, grant: Grant, token: Token, **more: Any) -> Token:
    fruits = pair(grant, token.digest)
    end, attempt = grant.expires_at + 1, random_text(ATTEMPT_LENGTH, os.urandom)
    backend.grants.redeem(token, NOW, attempt, fruits, grant_expires_at=end, **more)
    return fruits[0]


LIVES: tuple[Life, ...] = (
    two_tokens,
    after_a_code,
    after_a_refresh,
)


def main(number: int = 5000) -> None:
    """Print the memory for each life."""
    for life in LIVES:
        with valkey.single("appendonly yes", "appendfsync no") as node:
            backend = open_backend(node.url)
            client: Any = backend._server._connected()
            life(backend, -GRANTS_OF_A_USER)  # The scripts are loaded, and the connection is open.
            empty = client.info("memory")["used_memory"]
            for each in range(number):
                grant = life(backend, each)
            used = (client.info("memory")["used_memory"] - empty) / number
            print(f"{life.__name__.replace('_', ' ')}: {used:.0f} bytes a grant")
            for key in sorted(client.scan_iter(f"oauth2:{{{grant.id}}}:*", count=10000)):
                kind = key.decode().partition("}:")[2]
                print(f"    {kind:<48}{client.memory_usage(key):>6}")
            backend.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
