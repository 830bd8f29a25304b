"""Processes that count together on one Valkey, and what happens when it is down."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pyramid_oauth2.interfaces import IBackend
from tests.backends.redis_contract import flush, open_backend, raw_keys
from tests.servers import redis_cluster_url, redis_url, valkey  # noqa: F401

from .server import Server, basic
from .test_throttling import CLEAN, EVIL, FORM, post, statuses

pytestmark = pytest.mark.usefixtures("cheap_secrets")

ON_REDIS = {"oauth2.backend": "redis"}


@pytest.fixture(params=["redis_url", "redis_cluster_url"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def backend(url: str) -> Iterator[Any]:
    """The servers, emptied."""
    backend = open_backend(url)
    flush(backend)
    yield backend
    backend.close()


@pytest.fixture
def storage(url: str, backend: IBackend) -> dict[str, str]:
    return {**ON_REDIS, "oauth2.redis.url": url}


def guess(server: Server, secret: str = "wrong") -> int:
    return post(server, FORM, basic("robot", secret)).status_int


@pytest.fixture
def pair(build: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> tuple[Server, Server]:
    """Two applications on one server, in place of two processes."""
    one = build()
    with monkeypatch.context() as context:
        # The client is registered already.
        context.setattr(Server, "register", lambda self, client_id: None)
        other = build()
    other.secrets.update(one.secrets)
    return one, other


def test_guesses_are_counted_together(pair: tuple[Server, Server]):
    """Ten are answered, wherever they arrive, plus one by each process that did not know yet."""
    one, other = pair
    assert [guess(one) for _ in range(5)] == [401] * 5
    assert [guess(other) for _ in range(6)] == [401] * 5 + [429]
    assert [guess(one), guess(one)] == [429] * 2


def test_the_client_elsewhere_is_undisturbed(pair: tuple[Server, Server]):
    for server in pair:
        statuses(30, lambda server=server: post(server, FORM, basic("robot", "wrong")))
    for server in pair:
        assert post(server, FORM, server.login(), CLEAN).status_int == 200


def test_a_right_secret_asks_the_storage_nothing(pair: tuple[Server, Server], backend: Any):
    for server in pair:
        assert guess(server, server.secrets["robot"]) == 200
    assert throttle_keys(backend) == {}


def throttle_keys(backend: Any) -> dict[bytes, int]:
    """The throttle's keys, with their remaining milliseconds."""
    return {
        key: node.pttl(key)
        for node, key in raw_keys(backend)
        if key.startswith(b"oauth2:throttle:")
    }


def test_every_key_ends_with_its_window(pair: tuple[Server, Server], backend: Any):
    guess(pair[0])
    kept = throttle_keys(backend)
    assert len(kept) == 2, "by client and address, and by address"
    assert all(50_000 < milliseconds <= 60_000 for milliseconds in kept.values())
    guess(pair[1])
    later = throttle_keys(backend)
    assert all(later[key] <= milliseconds for key, milliseconds in kept.items())


def test_a_key_that_lost_its_end_gets_one(backend: Any):
    storage = backend.attempt_storage()
    storage.incr("oauth2:throttle:test", 60)
    for node, key in raw_keys(backend):
        node.persist(key)
    storage.incr("oauth2:throttle:test", 60)
    assert all(milliseconds > 0 for milliseconds in throttle_keys(backend).values())


def test_purging_and_copying_pass_by(pair: tuple[Server, Server], backend: Any):
    guess(pair[0])
    kept = set(throttle_keys(backend))
    for store in (backend.grants, backend.consents):
        while store.purge(4_000_000_000, 1000).more:
            pass
        assert store.export().items == ()
    assert set(throttle_keys(backend)) == kept


def test_nothing_that_was_typed_is_kept(pair: tuple[Server, Server], backend: Any):
    post(pair[0], FORM, basic("typed", "wrong"))
    for key in throttle_keys(backend):
        assert b"typed" not in key
        assert EVIL.encode() not in key


def test_a_storage_that_is_gone(build: Callable[..., Server], caplog: pytest.LogCaptureFixture):
    """The process counts alone, and logs it once: never a 500."""
    with valkey.single() as node:
        changes = {"oauth2.backend": "memory", "oauth2.throttle_storage": node.url}
        server = build(changes=changes)
        assert guess(server) == 401
    with caplog.at_level(logging.WARNING, "pyramid_oauth2"):
        assert statuses(20, lambda: post(server, FORM, basic("robot", "wrong"))) == {
            401: 10,
            429: 10,
        }
    warnings = [record for record in caplog.records if "counts attempts alone" in record.message]
    assert len(warnings) == 1
    assert post(server, FORM, server.login(), CLEAN).status_int == 200
