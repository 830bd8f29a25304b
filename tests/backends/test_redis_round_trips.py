"""How often a call of the Redis store waits for the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.factories import (
    DAY,
    NOW,
    new_attempt,
    new_digest,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.redis import RedisBackend, seen_grants
from pyramid_oauth2.backends.redis.watched_connections import TCPConnection
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE, Outcome, Token
from tests.servers import redis_url  # noqa: F401

from .redis_contract import flush, open_backend

Sent = Callable[[Callable[[], Any]], list[bytes]]


@pytest.fixture
def backend(redis_url: str) -> Iterator[RedisBackend]:  # noqa: F811
    backend = open_backend(redis_url)
    flush(backend)
    yield backend
    backend.close()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """What a call sends, one item for each time that it then waits."""
    packets: list[bytes] = []
    usual = TCPConnection.send_packed_command

    def send(its: Any, command: Any, check_health: bool = True) -> None:
        packets.append(b"".join(command))
        usual(its, command, check_health)

    monkeypatch.setattr(TCPConnection, "send_packed_command", send)

    def of(call: Callable[[], Any]) -> list[bytes]:
        packets.clear()
        call()
        return packets.copy()

    return of


def refresh(backend: RedisBackend, token: Token) -> None:
    found = backend.grants.find(token.ref)
    assert found is not None
    fruit = new_token(grant=found[1], parent=token.digest)
    won = backend.grants.redeem(token, NOW, new_attempt(), [fruit], grant_expires_at=NOW + DAY)
    assert won.outcome is Outcome.WON


def test_a_refresh_waits_twice(backend: RedisBackend, sent: Sent) -> None:
    tokens = []
    for _ in range(2):
        grant = new_grant()
        tokens.append(new_token(grant=grant, parent=new_digest()))
        assert backend.grants.open(grant, [tokens[-1]], NOW)
    refresh(backend, tokens[0])
    packets = sent(lambda: refresh(backend, tokens[1]))
    assert len(packets) == 2
    assert b"redis.call" not in b"".join(packets)


def test_a_code_that_is_spent_after_the_grant_was_read_is_kept(backend: RedisBackend) -> None:
    """The redemption then reads the grant again, and lets the code live as long as it."""
    grant = new_grant()
    code, token = new_token(AUTHORIZATION_CODE, grant), new_token(grant=grant)
    assert backend.grants.open(grant, [code, token], NOW)
    assert backend.grants.find(token.ref) is not None
    assert backend.grants.redeem(code, NOW, new_attempt(), []).outcome is Outcome.WON
    end = grant.expires_at + 60
    won = backend.grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=end)
    assert won.outcome is Outcome.WON
    (listed,) = backend.grants.grants(subject=grant.subject).items
    purged = backend.grants.purge(listed.expires_at - 1, limit=10**6)
    found = backend.grants.find(code.ref)
    assert found is not None
    assert (purged.removed, found[0].consumed_at) == (1, NOW), "only the spent token is removed"


def test_what_was_read_and_not_redeemed_is_forgotten(backend: RedisBackend) -> None:
    for _ in range(seen_grants.MOST + 1):
        grant = new_grant()
        token = new_token(grant=grant)
        assert backend.grants.open(grant, [token], NOW)
        backend.grants.find(token.ref)
    assert len(backend.grants._seen._values) == 1
