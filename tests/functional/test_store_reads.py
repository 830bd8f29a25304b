"""How often a request reads the stores: once for its token, and never without one."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from pyramid.response import Response

from pyramid_oauth2.interfaces import IService
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.testing import bearer

from . import host
from .protections import transactional
from .server import Server


class Counting:
    """A store whose reads are counted."""

    def __init__(self, store: Any, reads: Counter[str], method: str) -> None:
        self._store, self._reads, self._method = store, reads, method

    def __getattr__(self, name: str) -> Any:
        if name == self._method:
            self._reads[name] += 1
        return getattr(self._store, name)


class Watched:
    """A server whose reads are counted, with a client cache whose time the test sets."""

    def __init__(self, server: Server, lifetime: int = 2) -> None:
        self.server, self.reads, self.now = server, Counter[str](), 0.0
        inner = server.service.server
        clients = Counting(inner.clients._store, self.reads, "get")
        cache = ClientCache(clients, lifetime, lambda: self.now)  # type: ignore[arg-type]
        counted = replace(inner, clients=cache, grants=Counting(inner.grants, self.reads, "find"))
        service = replace(server.service, server=counted)
        server.registry.registerUtility(service, IService)

    def get(self, path: str, headers: dict[str, str]) -> tuple[int, int]:
        """How often the grants and the clients are read for one request."""
        self.reads.clear()
        self.server.get(path, headers)
        return self.reads["find"], self.reads["get"]


def curious(request: Any) -> Response:
    """A view that reads every attribute several times."""
    for _ in range(3):
        assert request.has_permission("delete")
        assert request.identity == request.authenticated_userid == "bob"
        assert request.oauth2.client is not None
        request.oauth2.require("read")
    return Response("bob")


def app(config: Any) -> None:
    host.pages(config)
    transactional(config)
    config.add_route("curious", "/curious")
    config.add_view(curious, route_name="curious", oauth2_scope="read", permission="delete")


@pytest.fixture
def watched(build: Callable[..., Server]) -> Watched:
    return Watched(build(app))


@pytest.mark.parametrize("path", ["/curious", "/read", "/both", "/view", "/whoami"])
def test_one_read_a_request(watched: Watched, path: str):
    headers = bearer(watched.server.app, "bob", "read")
    watched.now += 60
    assert watched.get(path, headers) == (1, 1)
    assert watched.get(path, headers) == (1, 0)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer",
        "Bearer x",
        "Bearer oat_" + "0" * 65,
        "Bearer oat_" + "é" * 65,
        "Basic b2F0Og==",
        "Bearer app-token-of-bob",
    ],
)
@pytest.mark.parametrize("path", ["/read", "/both", "/view", "/whoami", "/nowhere"])
def test_no_read_without_a_token_that_could_be_ours(
    watched: Watched, path: str, authorization: str | None
):
    headers = {} if authorization is None else {"Authorization": authorization}
    assert watched.get(path, headers) == (0, 0)


def test_no_read_for_a_wrong_checksum(watched: Watched):
    headers = bearer(watched.server.app, "bob", "read")
    value = headers["Authorization"]
    wrong = value[:-1] + ("0" if value[-1] != "0" else "1")
    assert watched.get("/read", {"Authorization": wrong}) == (0, 0)


class Meeting:
    """A store that answers a look-up only when another one is in progress."""

    def __init__(self, store: Any) -> None:
        self._store, self._met = store, threading.Barrier(2)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def find(self, ref: Any) -> Any:
        self._met.wait(timeout=10)
        return self._store.find(ref)


def test_one_request_does_not_wait_for_the_look_up_of_another(build: Callable[..., Server]):
    server = build(app)
    headers = [bearer(server.app, name, "read") for name in ("bob", "alice")]
    inner = server.service.server
    meeting = replace(inner, grants=Meeting(inner.grants))
    server.registry.registerUtility(replace(server.service, server=meeting), IService)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda each: server.get("/read", each), headers))
    assert [answer.text for answer in answers] == ["bob", "alice"]


def test_a_client_is_read_once_in_its_time(watched: Watched):
    first, second = (bearer(watched.server.app, name, "read") for name in ("bob", "alice"))
    watched.now += 60
    assert watched.get("/read", first) == (1, 1)
    watched.now += 1.9
    assert watched.get("/read", second) == (1, 0)
    watched.now += 0.1
    assert watched.get("/read", second) == (1, 1)


def test_without_a_cache_it_is_read_once_a_request(build: Callable[..., Server]):
    watched = Watched(build(app), lifetime=0)
    headers = bearer(watched.server.app, "bob", "read")
    for _ in range(2):
        assert watched.get("/curious", headers) == (1, 1)
