"""A value on Redis whose line another program has damaged: the store still serves all others."""

from __future__ import annotations

import pytest

from pyramid_oauth2.backends.contract.factories import (
    HOUR,
    NOW,
    every,
    new_attempt,
    new_client,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.redis.key_names import (
    client_key,
    entry_key,
    grant_key,
    reservation_key,
    token_key,
)
from pyramid_oauth2.protocol.clients.unreadable import UnreadableClient
from pyramid_oauth2.protocol.records import Outcome, Reservation

from .redis_contract import flush, open_backend, raw_nodes

damaged = pytest.mark.parametrize("damage", [b"garbage", b"", b"x y z\n{}\n", b"\n{}\n"])


@pytest.fixture
def backend(redis_url):
    backend = open_backend(redis_url)
    flush(backend)
    yield backend
    backend.close()


@pytest.fixture
def write(backend):
    """Replace the value of a key."""
    (raw,) = raw_nodes(backend)
    return lambda key, value: raw.set(key, value, keepttl=True)


@damaged
def test_what_was_used_once_is_not_used_again(backend, write, damage):
    claim = Reservation("jti", new_digest(), NOW + HOUR)
    assert backend.grants.reserve(claim.namespace, claim.digest, claim.expires_at, NOW)
    write(reservation_key(claim), damage)
    assert not backend.grants.reserve(claim.namespace, claim.digest, NOW + 2 * HOUR, NOW + HOUR)
    backend.grants.purge(NOW + HOUR)
    assert list(every(backend.grants.export)) == []
    assert not backend.grants.reserve(claim.namespace, claim.digest, NOW + 2 * HOUR, NOW + HOUR)


@damaged
def test_a_token_is_missing(backend, write, damage):
    token, other = (new_token(expires_at=NOW + HOUR) for _ in range(2))
    backend.grants.import_([token, other])
    write(token_key(token), damage)
    assert backend.grants.find(token.ref) is None
    assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.MISSING
    assert not backend.grants.amend(token.ref, 0, {"data": b"new"})
    assert not backend.grants.revoke_token(token.ref, NOW)
    assert list(every(backend.grants.export)) == [other]
    assert backend.grants.purge(NOW + HOUR).removed == 1


@damaged
def test_a_grant_is_dead_and_can_be_revoked(backend, write, damage):
    grant = new_grant()
    token, fruit, added = (new_token(grant=grant) for _ in range(3))
    assert backend.grants.open(grant, [token], NOW)
    write(grant_key(grant.id), damage)
    dead = backend.grants.redeem(
        token, NOW, new_attempt(), [fruit], grant_expires_at=NOW + 2 * HOUR
    )
    assert dead.outcome is Outcome.DEAD
    assert not backend.grants.add(grant.id, [added], NOW)
    assert list(every(backend.grants.export)) == [token]
    assert list(every(backend.grants.grants, subject=grant.subject)) == []
    backend.grants.revoke_subject(grant.subject, NOW, "test")
    assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.DEAD
    backend.grants.purge(NOW + HOUR)


@damaged
def test_an_entry_is_not_there_and_can_be_put_anew(backend, write, damage):
    entry = new_entry()
    assert backend.entries.put(entry, None)
    write(entry_key(entry.namespace, entry.key), damage)
    assert backend.entries.get(entry.namespace, entry.key) is None
    assert list(every(backend.entries.list, namespace=entry.namespace)) == []
    assert list(every(backend.entries.export)) == []
    backend.entries.purge(NOW + HOUR)
    assert backend.entries.put(entry, None)
    assert backend.entries.get(entry.namespace, entry.key) == entry


@damaged
def test_a_client_is_unreadable_and_can_be_deleted(backend, write, damage):
    client = new_client()
    backend.clients.add(client)
    write(client_key(client.client_id), damage)
    assert isinstance(backend.clients.get(client.client_id), UnreadableClient)
    assert backend.clients.delete(client.client_id, NOW)
    assert backend.clients.was_deleted(client.client_id)
    assert backend.clients.edit(client.client_id, 0, {"client_name": "new"}) is False
