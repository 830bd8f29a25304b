"""How often a call of the Redis store waits for the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
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
from pyramid_oauth2.backends.redis import RedisBackend, key_names, seen_grants
from pyramid_oauth2.backends.redis.scripts import INDEX
from pyramid_oauth2.backends.redis.watched_connections import TCPConnection
from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    REFRESH_TOKEN,
    DuplicateRecord,
    Outcome,
    Token,
)
from tests.servers import redis_url  # noqa: F401

from .redis_contract import flush, open_backend, raw_nodes

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


def test_a_refresh_within_the_margin_of_the_indexes_is_one_command(
    backend: RedisBackend, sent: Sent
) -> None:
    """They hold a grant for a quarter longer than it lives, so it need not be written there."""
    grant = new_grant(expires_at=NOW + 8 * DAY, absolute_end=NOW + 99 * DAY)
    tokens = [new_token(grant=grant) for _ in "123"]
    assert backend.grants.open(grant, tokens, NOW)

    def refreshed(token: Token, days: int) -> bytes:
        found = backend.grants.find(token.ref)
        assert found is not None
        redeem = partial(backend.grants.redeem, token, NOW, new_attempt(), [])
        (packet,) = sent(partial(redeem, grant_expires_at=NOW + days * DAY))
        return packet

    assert INDEX.sha.encode() not in refreshed(tokens[0], days=10)
    assert refreshed(tokens[1], days=12).count(INDEX.sha.encode()) == 2
    assert INDEX.sha.encode() not in refreshed(tokens[2], days=15)


def test_a_grant_of_another_time_is_read_again(backend: RedisBackend) -> None:
    """As after a backup was restored: it was in its indexes for longer when it was read."""
    grant = new_grant(expires_at=NOW + 8 * DAY, absolute_end=NOW + 99 * DAY)
    token = new_token(grant=grant)
    assert backend.grants.open(grant, [token], NOW)
    assert backend.grants.find(token.ref) is not None
    (raw,) = raw_nodes(backend)
    key, index = key_names.grant_key(grant.id), key_names.subject_index(grant.subject)
    raw.set(key, raw.get(key).replace(b" %d\n" % (NOW + 10 * DAY), b" %d\n" % (NOW + 8 * DAY)))
    raw.zadd(index, {grant.id: NOW + 8 * DAY})
    end = NOW + 9 * DAY
    won = backend.grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=end)
    assert won.outcome is Outcome.WON
    assert raw.zscore(index, grant.id) >= end


def test_however_often_a_grant_is_extended_its_indexes_lead_to_it(backend: RedisBackend) -> None:
    grant = new_grant(expires_at=NOW + 30 * DAY, absolute_end=NOW + 365 * DAY)
    token = new_token(grant=grant)
    assert backend.grants.open(grant, [token], NOW)
    (raw,) = raw_nodes(backend)
    for number in range(1, 120):
        now = NOW + number * 3 * DAY
        end = min(now + 30 * DAY, grant.absolute_end)
        found = backend.grants.find(token.ref) if number % 2 else None
        fruit = new_token(grant=grant, expires_at=end)
        won = backend.grants.redeem(token, now, new_attempt(), [fruit], grant_expires_at=end)
        assert won.outcome is Outcome.WON, found
        for index in (
            key_names.subject_index(grant.subject),
            key_names.client_index(grant.client_id),
        ):
            score = raw.zscore(index, grant.id)
            assert end <= score <= grant.absolute_end
            assert raw.pttl(index) / 1000 > score - now
        token = fruit


def test_a_token_that_stands_alone_is_one_command(backend: RedisBackend, sent: Sent) -> None:
    token = new_token()
    (packet,) = sent(lambda: backend.grants.open(None, [token], NOW))
    assert packet.startswith(b"*6\r\n$3\r\nSET\r\n")
    with pytest.raises(DuplicateRecord):
        backend.grants.open(None, [token], NOW)
    assert backend.grants.find(token.ref) == (token, None)


def test_the_members_of_a_grant_are_stored_compactly(backend: RedisBackend) -> None:
    """A name of more than 64 bytes turns the set into a skip list, of five times the size."""
    grant = new_grant()
    kinds = (ACCESS_TOKEN, AUTHORIZATION_CODE, REFRESH_TOKEN)
    assert backend.grants.open(grant, [new_token(kind, grant) for kind in kinds], NOW)
    (raw,) = raw_nodes(backend)
    assert raw.object("encoding", key_names.members_key(grant.id)) == b"listpack"


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


def test_a_page_is_not_empty_because_earlier_grants_are_gone(backend: RedisBackend) -> None:
    """Their entries are there for a quarter longer than they were."""
    day = 24 * 3600
    for _ in range(25):
        gone = new_grant(client_id="shop", expires_at=NOW + 30 * day, absolute_end=NOW + 365 * day)
        backend.grants.open(gone, [new_token(grant=gone)], NOW)
        backend._server.many([("DEL", key_names.grant_key(gone.id))])
    later = NOW + 31 * day
    living = new_grant(client_id="shop", expires_at=NOW + 61 * day, absolute_end=NOW + 365 * day)
    backend.grants.open(living, [new_token(grant=living, expires_at=later + 3600)], later)
    page = backend.grants.grants(client_id="shop", limit=5)
    assert [grant.id for grant in page.items] == [living.id]
    assert page.cursor is None
