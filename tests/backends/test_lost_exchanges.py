"""Codes are redeemed at the application while responses of its store are lost: none is wasted."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from threading import Timer
from typing import Any

import pytest
from sqlalchemy import make_url
from webtest import TestResponse

from pyramid_oauth2.interfaces import IOAuth2Event
from tests.functional import host
from tests.functional.applications import Recipe
from tests.functional.flow import SETTINGS, Flow, answer_in, register_clients
from tests.functional.server import Server, bearer
from tests.quick_templates import COMPILED
from tests.servers import valkey
from tests.servers.databases import DatabaseServer

from .proxy import Proxy
from .server_databases import new_database

EXCHANGES = 30
REQUESTS = 12  # of one exchange to its store, at most
STORES = ("postgresql", "mariadb", "redis")

Start = Callable[[dict[str, str]], Flow]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start an application on a store, with a client, and bob signed in."""
    started: list[Server] = []

    def start(store: dict[str, str]) -> Flow:
        settings = {
            "oauth2.issuer": "http://localhost",
            "oauth2.scopes": "read = Read your data\nwrite = Change your data",
            **SETTINGS,
            **store,
            **COMPILED,
        }
        server = Server(Recipe(settings, (host.pages,)).make())
        started.append(server)
        register_clients(server)
        return Flow(server).log_in()

    yield start
    for server in started:
        server.stop()


@pytest.fixture(params=STORES)
def proxied(request: pytest.FixtureRequest) -> Iterator[tuple[Proxy, dict[str, str]]]:
    """A proxy before a server, and the settings of a store that connects through it."""
    if request.param == "redis":
        address = request.getfixturevalue("redis_url").removeprefix("redis://").partition("/")[0]
        name, _, port = address.partition(":")
        proxy = Proxy((name, int(port)))
        store = {"backend": "redis", "redis.url": f"redis://127.0.0.1:{proxy.port}/0"}
    else:
        server: DatabaseServer = request.getfixturevalue(f"{request.param}_server")
        url = make_url(new_database(server))
        assert url.host
        assert url.port
        proxy = Proxy((url.host, url.port))
        through = url.set(port=proxy.port).render_as_string(hide_password=False)
        store = {"backend": "sqlalchemy", "sqlalchemy.url": through}
    yield proxy, {f"oauth2.{name}": value for name, value in store.items()}
    proxy.close()


def test_of_a_connection_that_is_cut_after_the_request(
    proxied: tuple[Proxy, dict[str, str]], start: Start
) -> None:
    """At each request to the store in turn, which the server has received and carries out."""
    proxy, store = proxied
    flow, heard = start(store), list[Any]()
    flow.server.hear(heard.append, IOAuth2Event)
    flow.edit(consent="ask")
    cuts = 0

    def cut(number: int, request: Callable[[], TestResponse], status: int) -> TestResponse:
        nonlocal cuts
        proxy.cut(number, answered=True, for_good=False)
        response = request()
        cuts += not proxy.pending
        proxy.mend()
        assert response.status_int == status, f"cut at request {number}: {response.text}"
        return response

    for _, number in zip(range(EXCHANGES), cycle(range(1, REQUESTS)), strict=False):
        decide = partial(flow.decide, flow.page())
        code = answer_in(cut(number, decide, 303).location)["code"]
        tokens = cut(number, partial(flow.redeem, code), 200).json
        assert flow.server.get("/read", bearer(tokens["access_token"])).status_int == 200
        assert flow.refresh(tokens["refresh_token"]).status_int == 200
    assert cuts >= EXCHANGES // 2
    assert not {"CodeReplayed", "GrantRevoked"} & {type(event).__name__ for event in heard}


def test_of_a_replica_that_is_away_for_a_moment(start: Start) -> None:
    with valkey.replicated() as (master, replica):
        process = replica.daemon.process
        assert process is not None
        store = {"backend": "redis", "redis.url": master.url, "redis.wait_replicas": "1"}
        flow, heard = start({f"oauth2.{name}": value for name, value in store.items()}), []
        flow.server.hear(heard.append, IOAuth2Event)
        code = flow.code()
        process.send_signal(signal.SIGSTOP)
        back = Timer(1, process.send_signal, [signal.SIGCONT])
        back.start()
        started = time.monotonic()
        response = flow.redeem(code)
        back.join()
        assert time.monotonic() - started > 0.8, "one call waited in vain"
        assert response.status_int == 200
        assert [type(event).__name__ for event in heard][-1] == "TokenIssued"
        assert flow.server.get("/read", bearer(response.json["access_token"])).status_int == 200
