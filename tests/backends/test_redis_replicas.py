"""``oauth2.redis.wait_replicas``: nothing counts that a stopped replica does not have."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from pyramid_oauth2.backends.contract.factories import (
    HOUR,
    NOW,
    new_attempt,
    new_client,
    new_consent,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.redis import RedisBackend
from pyramid_oauth2.protocol.records import Outcome, OutcomeUnknown
from tests.servers import valkey
from tests.servers.valkey import Node

from .redis_contract import open_backend


@pytest.fixture(scope="module")
def nodes() -> Iterator[tuple[Node, Node]]:
    with valkey.replicated() as nodes:
        yield nodes


@pytest.fixture
def backend(nodes: tuple[Node, Node]) -> Iterator[RedisBackend]:
    backend = open_backend(nodes[0].url, wait_replicas="1")
    yield backend
    backend.close()


@contextmanager
def stopped(replica: Node) -> Iterator[None]:
    process = replica.daemon.process
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def redeeming(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    token, attempt = new_token(), new_attempt()
    backend.grants.open(None, [token], NOW)
    return lambda: backend.grants.redeem(token, NOW, attempt, []).outcome, Outcome.WON


def revoking_a_grant(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    grant = new_grant()
    backend.grants.open(grant, [], NOW)
    return lambda: backend.grants.revoke_grant(grant.id, NOW, "test"), False


def revoking_a_token(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    token = new_token()
    backend.grants.open(None, [token], NOW)
    return lambda: backend.grants.revoke_token(token.ref, NOW), False


def reserving(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    digest = new_digest()
    return lambda: backend.grants.reserve("test", digest, NOW + HOUR, NOW), False


def withdrawing_a_consent(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    consent = new_consent()
    backend.consents.put(consent, None)
    return lambda: backend.consents.forget(consent.subject, consent.client_id), False


def disabling_a_client(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    client_id = added(backend)
    return lambda: backend.clients.raise_epoch(client_id, NOW, NOW) is not None, True


def editing_a_client(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    client_id = added(backend)
    return lambda: backend.clients.edit(client_id, 0, {"redirect_uris": ()}), False


def deleting_a_client(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    client_id = added(backend)
    return lambda: backend.clients.delete(client_id, NOW), False


def changing_an_entry(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    entry = new_entry()
    backend.entries.put(entry, None)
    return lambda: backend.entries.put(replace(entry, data=b"{}"), 0), False


def deleting_an_entry(backend: RedisBackend) -> tuple[Callable[[], object], object]:
    entry = new_entry()
    backend.entries.put(entry, None)
    return lambda: backend.entries.delete(entry.namespace, entry.key, 0), False


def added(backend: RedisBackend) -> str:
    client = new_client()
    backend.clients.add(client)
    return client.client_id


@pytest.mark.parametrize(
    "begin",
    [
        redeeming,
        revoking_a_grant,
        revoking_a_token,
        reserving,
        withdrawing_a_consent,
        disabling_a_client,
        editing_a_client,
        deleting_a_client,
        changing_an_entry,
        deleting_an_entry,
    ],
)
def test_a_repeated_call_waits_as_well(
    nodes: tuple[Node, Node],
    backend: RedisBackend,
    begin: Callable[[RedisBackend], tuple[Callable[[], object], object]],
) -> None:
    """WAIT counts the writes of its own connection, and the second call has a new one."""
    call, again = begin(backend)
    with stopped(nodes[1]):
        for _ in range(2):
            with pytest.raises(OutcomeUnknown, match=r"oauth2\.redis\.wait_replicas asks for 1"):
                call()
            backend.close()

    def caught_up() -> None:
        assert call() == again

    valkey.eventually(caught_up)
