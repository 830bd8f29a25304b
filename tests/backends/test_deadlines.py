"""Something between the process and its store that is mute, drips or cuts: each operation ends."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Thread, Timer
from time import monotonic, sleep
from typing import Any

import pytest
from sqlalchemy import create_engine, event, make_url

from pyramid_oauth2 import deadlines
from pyramid_oauth2.backends.contract.factories import NOW, new_attempt, new_grant, new_token
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend, handshakes
from pyramid_oauth2.backends.sqlalchemy import engine as engines
from pyramid_oauth2.deadlines import RequestLimit
from pyramid_oauth2.protocol.lost_responses import until_known
from pyramid_oauth2.protocol.records import Outcome, OutcomeUnknown, StoreUnavailable, Token
from tests.servers.faulty_proxy import CUT, DRIP, MUTE, SOUND, FaultyProxy

from . import redis_contract, server_databases
from .sqlite_databases import Ini

SHORT = 1.0  # seconds, in place of the real deadline
SPARE = 1.5
REAL_SECONDS, REAL_REQUEST_SECONDS = deadlines.SECONDS, deadlines.REQUEST_SECONDS
STORES = ("postgresql", "mariadb", "redis")

Operation = Callable[[Any, Token], Any]


def find(backend: Any, token: Token) -> Any:
    return backend.grants.find(token.ref)


def redeem(backend: Any, token: Token) -> Any:
    return backend.grants.redeem(token, NOW, new_attempt(), [])


def connect(backend: Any, token: Token) -> Any:
    backend.close()
    return backend.grants.find(token.ref)


def read_clients(backend: Any, token: Token) -> Any:
    return backend.clients.get("client")


OPERATIONS: tuple[Operation, ...] = (find, redeem, connect, read_clients)


class Distant:
    """A backend that connects through a proxy, and another that does not."""

    def __init__(self, near: Any, far: Any, proxy: FaultyProxy) -> None:
        self.near, self.far, self.proxy = near, far, proxy

    def add_token(self) -> Token:
        """Store a token; the distant backend has a connection afterwards."""
        token = new_token()
        assert self.near.grants.open(None, [token], NOW)
        assert self.find(token) == (token, None)
        return token

    def find(self, token: Token) -> Any:
        """Find *token* over a connection that works, which a busy machine may make slowly."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(deadlines, "SECONDS", REAL_SECONDS)
            return find(self.far, token)


@pytest.fixture(params=STORES)
def distant(request: pytest.FixtureRequest) -> Iterator[Distant]:
    if request.param == "redis":
        url = request.getfixturevalue("redis_url")
        opened: Any = redis_contract.open_backend
    else:
        url = server_databases.emptied(request.getfixturevalue(f"{request.param}_server"))
        # Fewer seconds for a connection of the pool, which a request may wait in addition.
        opened = partial(server_databases.open_backend, pool_timeout="1")
    proxy = FaultyProxy(make_url(url).port or 0)
    near, far = opened(url), opened(through(url, proxy))
    yield Distant(near, far, proxy)
    proxy.close()
    far.close()
    near.close()


def through(url: str, proxy: FaultyProxy) -> str:
    parsed = make_url(url).set(host="127.0.0.1", port=proxy.port)
    return parsed.render_as_string(hide_password=False)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "SECONDS", SHORT)
    monkeypatch.setattr(handshakes, "CONNECT_SECONDS", 2)  # The least that psycopg accepts.


def assert_refused(operation: Operation, backend: Any, token: Token, seconds: float) -> None:
    began = monotonic()
    with pytest.raises(StoreUnavailable):
        operation(backend, token)
    assert monotonic() - began < seconds


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("mode", [MUTE, DRIP])
def test_an_operation_ends_and_the_next_one_works(
    distant: Distant, short: None, mode: str, operation: Operation
):
    token = distant.add_token()
    distant.proxy.mode = mode
    # Of psycopg's handshake alone, two seconds are the least.
    assert_refused(operation, distant.far, token, max(SHORT, 2) + SPARE)
    distant.proxy.mode = SOUND
    assert redeem(distant.far, token).outcome in (Outcome.WON, Outcome.CONSUMED)


@pytest.mark.parametrize("distant", ["postgresql"], indirect=True)
def test_the_real_deadline(distant: Distant):
    token = distant.add_token()
    distant.proxy.mode = DRIP
    began = monotonic()
    assert_refused(find, distant.far, token, 15)
    assert monotonic() - began > deadlines.SECONDS - 1, "an answer may take as long as this"


def test_the_outcome_of_a_write_is_unknown_then(distant: Distant, short: None):
    token = distant.add_token()
    distant.proxy.mode = MUTE
    with pytest.raises(OutcomeUnknown):
        redeem(distant.far, token)


def test_a_request_has_time_to_repeat_an_operation_without_response(
    distant: Distant, short: None, monkeypatch: pytest.MonkeyPatch
):
    """The response is lost for good; a new connection works."""
    monkeypatch.setattr(
        deadlines, "REQUEST_SECONDS", SHORT * REAL_REQUEST_SECONDS / REAL_SECONDS, raising=False
    )
    token = distant.add_token()
    distant.proxy.mode = MUTE
    works_again = Timer(SHORT / 2, partial(setattr, distant.proxy, "mode", SOUND))
    works_again.start()
    with RequestLimit():
        redemption = until_known(partial(distant.far.grants.redeem, token, NOW, new_attempt(), []))
    works_again.join()
    assert redemption.outcome is Outcome.WON


@pytest.mark.parametrize("seed", range(6))
def test_a_connection_that_is_cut_at_any_byte(distant: Distant, short: None, seed: int):
    cuts = random.Random(seed)
    for _ in range(5):
        grant = new_grant()
        token = new_token(grant=grant)
        assert distant.near.grants.open(grant, [token], NOW)
        assert distant.find(token) == (token, grant)
        distant.proxy.mode, distant.proxy.left = CUT, cuts.randrange(400)
        attempt, began = new_attempt(), monotonic()
        try:
            outcome = distant.far.grants.redeem(token, NOW, attempt, []).outcome
        except StoreUnavailable:
            outcome = None
        assert monotonic() - began < SHORT + SPARE
        distant.proxy.mode = SOUND
        assert outcome in (Outcome.WON, None)
        # The same attempt has won, or wins now.
        assert distant.far.grants.redeem(token, NOW, attempt, []).outcome is Outcome.WON


@pytest.mark.parametrize("mode", [MUTE, DRIP])
def test_fifty_at_a_time(distant: Distant, short: None, mode: str):
    token = distant.add_token()
    distant.proxy.mode = mode
    with ThreadPoolExecutor(50) as pool:
        waiting = [
            pool.submit(assert_refused, find, distant.far, token, 3 * SHORT + SPARE)
            for _ in range(50)
        ]
        for each in waiting:
            each.result()
    distant.proxy.mode = SOUND
    assert distant.find(token) == (token, None)


def test_while_it_is_mute_one_waits_and_the_others_do_not(distant: Distant, short: None):
    token = distant.add_token()
    distant.proxy.mode = MUTE
    assert_refused(find, distant.far, token, 2 + SPARE)
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(find, distant.far, token)
        sleep(0.2)
        began = monotonic()
        for _ in range(20):
            assert_refused(find, distant.far, token, 1)
        assert monotonic() - began < 0.5
        assert isinstance(trial.exception(), StoreUnavailable)
    distant.proxy.mode = SOUND
    assert distant.find(token) == (token, None)


@pytest.fixture(params=["postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest) -> str:
    return server_databases.emptied(request.getfixturevalue(f"{request.param}_server"))


class TestEngineOfTheApplication:
    """With ``set_oauth2_engine``, connections are made as the application's engine makes them."""

    @pytest.fixture
    def proxy(self, database_url: str) -> Iterator[FaultyProxy]:
        proxy = FaultyProxy(make_url(database_url).port or 0)
        yield proxy
        proxy.close()

    @pytest.mark.parametrize("mode", [MUTE, DRIP])
    def test_a_new_connection_is_limited(
        self, database_url: str, proxy: FaultyProxy, short: None, mode: str
    ):
        theirs = create_engine(through(database_url, proxy))
        ini: Any = Ini()
        backend = SQLAlchemyBackend(engines.engine_factory(ini, theirs))
        proxy.mode = mode
        assert_refused(find, backend, new_token(), 2 + SPARE)
        proxy.mode = SOUND
        assert find(backend, new_token()) is None
        backend.close()
        theirs.dispose()

    def test_its_own_listeners_and_connections_are_as_before(self, database_url: str):
        asked: list[dict[str, Any]] = []

        theirs = create_engine(database_url)

        @event.listens_for(theirs, "do_connect")
        def on_connect(dialect: Any, record: Any, arguments: Any, named: dict[str, Any]) -> None:
            asked.append(dict(named))

        ini: Any = Ini()
        backend = SQLAlchemyBackend(engines.engine_factory(ini, theirs))
        assert find(backend, new_token()) is None
        assert len(asked) == 1, "a listener that fetches a password is called"
        with theirs.connect():
            pass
        assert ["connect_timeout" in named for named in asked] == [False, False]
        backend.close()
        theirs.dispose()


REDIS_REPLY = b"$1000\r\n"
# The beginning of a record of 16384 bytes, of a TLS handshake.
TLS_RECORD = b"\x16\x03\x03\x40\x00"


@pytest.mark.parametrize(
    ("url", "beginning"),
    [
        ("redis+sentinel://{address},{address}/oauth2/0", REDIS_REPLY),
        ("redis+cluster://{address},{address}", REDIS_REPLY),
        ("rediss://{address}/0", TLS_RECORD),
        ("rediss+sentinel://{address}/oauth2/0", TLS_RECORD),
        ("rediss+cluster://{address}", TLS_RECORD),
        ("unix://{file}", REDIS_REPLY),
    ],
)
def test_each_kind_of_connection_to_redis(tmp_path: Path, short: None, url: str, beginning: bytes):
    file = str(tmp_path / "socket")
    if url.startswith("unix"):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(file)
        listener.listen()
    else:
        listener = socket.create_server(("127.0.0.1", 0))
    address = "127.0.0.1:" + str(listener.getsockname()[1])
    Thread(target=drip_for_ever, args=(listener, beginning), daemon=True).start()
    backend: Any = redis_contract.open_backend(url.format(address=address, file=file))
    assert_refused(find, backend, new_token(), SHORT + SPARE)
    backend.close()
    listener.close()


def drip_for_ever(listener: socket.socket, beginning: bytes) -> None:
    def serve(client: socket.socket) -> None:
        with suppress(OSError), client:
            client.recv(1 << 16)
            client.sendall(beginning)
            while True:
                sleep(0.2)
                client.sendall(b"x")

    with suppress(OSError):
        while True:
            Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
