"""Hosts whose clients do not come here by themselves."""

from __future__ import annotations

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.protocol.clients.blocked_hosts import BlockedHosts, hosts_of
from pyramid_oauth2.protocol.records import Client

from .worlds import make_server


@pytest.fixture
def blocked() -> BlockedHosts:
    backend = MemoryBackend()
    hosts = BlockedHosts(make_server(entry_store=lambda: backend.entries))
    assert hosts.add("evil.example")
    return hosts


@pytest.mark.parametrize(
    "host", ["evil.example", "a.evil.example", "EVIL.example", "evil.example."]
)
def test_a_blocked_host(blocked: BlockedHosts, host: str) -> None:
    assert blocked.blocks(host)


@pytest.mark.parametrize("host", ["notevil.example", "example", "evil.example.com", "evil", ""])
def test_another_host(blocked: BlockedHosts, host: str) -> None:
    assert not blocked.blocks(host)


def test_it_is_added_and_removed_once(blocked: BlockedHosts) -> None:
    assert list(blocked.list()) == ["evil.example"]
    assert blocked.add("evil.example") is False
    assert blocked.remove("evil.example") is True
    assert blocked.remove("evil.example") is False
    assert not blocked.blocks("evil.example")


def test_the_hosts_of_a_client(blocked: BlockedHosts) -> None:
    uris = ("https://u@A.evil.example:8443/x", "http://evil.example/", "com.evil.example:/")
    client = Client("https://doc.example/c", redirect_uris=uris)
    assert hosts_of(client) == ("doc.example", "a.evil.example")
    assert blocked.of(client) == "a.evil.example"
    assert hosts_of(Client("c", redirect_uris=("https://[::1", "x"))) == ()
    assert hosts_of(Client("c", redirect_uris=("HTTPS://Evil.example",))) == ("evil.example",)
    assert blocked.of(Client("c", redirect_uris=("https://doc.example/",))) is None
