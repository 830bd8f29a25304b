"""Many clients at once, while something is wrong between the application and its store.

The application is served over HTTP by few threads, as it is in production: each
request ends with an answer in time, and the views that need no store are served.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlencode

import pytest
from pyramid.response import Response
from sqlalchemy import make_url
from waitress.server import create_server

from pyramid_oauth2 import deadlines
from pyramid_oauth2.backends.sqlalchemy import handshakes
from tests.backends.redis_contract import flush, open_backend
from tests.backends.server_databases import emptied
from tests.servers import mariadb_server, postgresql_server, redis_url  # noqa: F401
from tests.servers.faulty_proxy import CUT, DRIP, MUTE, SOUND, FaultyProxy

from . import host
from .server import TOKEN, Server

THREADS = 4
CLIENTS = 50
SHORT = 2.0
SPARE = 4.0  # for the queue of four threads, and for a busy machine


def quick(request: Any) -> Response:
    """A view of the application that reads nothing."""
    return Response("quick")


def with_quick_view(config: Any) -> None:
    host.pages(config)
    config.add_route("quick", "/quick")
    config.add_view(quick, route_name="quick")


@pytest.fixture(params=["postgresql", "mariadb", "redis"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param != "redis":
        return emptied(request.getfixturevalue(f"{request.param}_server"))
    url: str = request.getfixturevalue("redis_url")
    backend = open_backend(url)
    flush(backend)
    backend.close()
    return url


@pytest.fixture
def proxy(url: str) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(make_url(url).port or 0, 0.3)
    yield proxy
    proxy.close()


@pytest.fixture
def storage(url: str, proxy: FaultyProxy) -> dict[str, str]:
    parsed = make_url(url).set(host="127.0.0.1", port=proxy.port)
    far = parsed.render_as_string(hide_password=False)
    name = "redis" if url.startswith("redis") else "sqlalchemy"
    return {"oauth2.backend": name, f"oauth2.{name}.url": far}


@pytest.fixture
def server(
    build: Callable[..., Server], proxy: FaultyProxy, monkeypatch: pytest.MonkeyPatch
) -> Server:
    monkeypatch.setattr(deadlines, "SECONDS", SHORT)
    monkeypatch.setattr(deadlines, "REQUEST_SECONDS", SHORT)
    monkeypatch.setattr(handshakes, "CONNECT_SECONDS", 2)
    return build(with_quick_view, changes={"oauth2.client_cache": "0"})


@pytest.fixture
def port(server: Server, proxy: FaultyProxy) -> Iterator[int]:
    served = create_server(server.app, host="127.0.0.1", port=0, threads=THREADS)
    thread = threading.Thread(target=served.run)
    thread.start()
    yield int(served.effective_port)
    proxy.mode = SOUND
    with suppress(OSError):
        # A late response may wake the server, which then closes everything before this wakes it.
        served.trigger.pull_trigger(lambda: served.asyncore.close_all(served._map))
    served.task_dispatcher.shutdown()
    thread.join()


def asked(port: int, method: str, path: str, **options: Any) -> tuple[int, float]:
    """Send a request; return the status of the response, and the seconds that it took."""
    began = monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, **options)
        response = connection.getresponse()
        response.read()
        return response.status, monotonic() - began
    finally:
        connection.close()


def ask_for_token(port: int, server: Server) -> tuple[int, float]:
    headers = {
        "Host": "localhost",
        "Content-Type": "application/x-www-form-urlencoded",
        **server.login(),
    }
    form = urlencode({"grant_type": "client_credentials", "scope": "read"})
    return asked(port, "POST", TOKEN, body=form, headers=headers)


def use_token(port: int, token: str) -> tuple[int, float]:
    headers = {"Host": "localhost", "Authorization": f"Bearer {token}"}
    return asked(port, "GET", "/read", headers=headers)


@pytest.mark.parametrize("mode", [MUTE, DRIP, CUT])
def test_every_request_ends_and_other_views_are_served(
    server: Server, proxy: FaultyProxy, port: int, mode: str
):
    token = server.token()
    assert ask_for_token(port, server)[0] == 200
    assert use_token(port, token)[0] == 200
    proxy.mode, proxy.left = mode, 300
    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        waiting = [
            pool.submit(use_token, port, token)
            if number % 2
            else pool.submit(ask_for_token, port, server)
            for number in range(CLIENTS)
        ]
        answers = [each.result() for each in waiting]
        # Now one request at a time waits for the store; the other threads are free.
        trials = [pool.submit(use_token, port, token) for _ in range(THREADS)]
        sleep(0.1)
        others = [asked(port, "GET", "/quick", headers={"Host": "localhost"}) for _ in range(5)]
        answers += [each.result() for each in trials]
    assert {status for status, _ in answers} <= ({200, 503} if mode == CUT else {503})
    assert max(seconds for _, seconds in answers) < SHORT + SPARE, sorted(answers)
    assert [status for status, _ in others] == [200] * 5
    assert max(seconds for _, seconds in others) < 1
    proxy.mode = SOUND
    assert ask_for_token(port, server)[0] == 200
    assert use_token(port, token)[0] == 200
