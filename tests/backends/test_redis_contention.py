"""On Redis, a loop of compare and swap ends on a server that never accepts the swap."""

from __future__ import annotations

import pytest

from pyramid_oauth2.backends.contract.factories import (
    NOW,
    new_attempt,
    new_client,
    new_entry,
    new_token,
)
from pyramid_oauth2.backends.redis.clients import RedisClientStore
from pyramid_oauth2.backends.redis.entries import RedisEntryStore
from pyramid_oauth2.backends.redis.grants import RedisGrantStore
from pyramid_oauth2.backends.redis.scripts import REDEEM
from pyramid_oauth2.backends.redis.server import Server
from pyramid_oauth2.protocol.records import StoreUnavailable

from .redis_contract import flush, open_backend


class LosingClients(RedisClientStore):
    def _swap(self, old, new):
        return False


class LosingEntries(RedisEntryStore):
    def _swap(self, old, new):
        return False


@pytest.fixture
def backend(redis_url):
    backend = open_backend(redis_url)
    flush(backend)
    yield backend
    backend.close()


def test_clients(backend):
    client = new_client()
    backend.clients.add(client)
    losing = LosingClients(backend.clients._server)
    with pytest.raises(StoreUnavailable, match="the client could not be changed"):
        losing.raise_epoch(client.client_id, NOW)
    with pytest.raises(StoreUnavailable, match="the client could not be changed"):
        losing.delete(client.client_id, NOW)
    assert backend.clients.raise_epoch(client.client_id, NOW) == client.epoch + 1
    assert backend.clients.delete(client.client_id, NOW)


def test_entries(backend):
    entry = new_entry()
    assert backend.entries.put(entry, None)
    losing = LosingEntries(backend.entries._server)
    with pytest.raises(StoreUnavailable, match="the entry could not be changed"):
        losing.put(entry, entry.version)
    with pytest.raises(StoreUnavailable, match="the entry could not be changed"):
        losing.delete(entry.namespace, entry.key)
    assert backend.entries.delete(entry.namespace, entry.key)


class ChangingServer(Server):
    """Its grant is extended each time between the read and the script."""

    def run(self, script, keys, *arguments, **named):
        answered = super().run(script, keys, *arguments, **named)
        return [b"AGAIN"] if script is REDEEM else answered


def test_redemption(backend):
    token = new_token()
    assert backend.grants.open(None, [token], NOW)
    changing = ChangingServer(backend.grants._server._make_client)
    with pytest.raises(StoreUnavailable, match="the token could not be changed"):
        RedisGrantStore(changing).redeem(token, NOW, new_attempt(), [])
    changing.close()
