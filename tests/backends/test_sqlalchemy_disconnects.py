"""Broken connections and restarted servers: nothing is half done, and service continues."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, select

from pyramid_oauth2.backends.contract.factories import (
    HOUR,
    NOW,
    new_answer,
    new_attempt,
    new_client,
    new_consent,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.sqlalchemy import SQLAlchemyBackend
from pyramid_oauth2.backends.sqlalchemy import engine as engines
from pyramid_oauth2.backends.sqlalchemy.database import DEADLOCK_TRIES, Database
from pyramid_oauth2.backends.sqlalchemy.schema import grant_table, reservation_table
from pyramid_oauth2.backends.sqlalchemy.sockets import SILENCE_SECONDS
from pyramid_oauth2.protocol.records import Grant, Outcome, OutcomeUnknown, StoreUnavailable
from tests.servers.databases import DatabaseServer

from .proxy import Proxy
from .server_databases import empty, open_backend
from .sqlite_databases import engine_of

pytestmark = pytest.mark.parametrize("url", ["postgresql", "mariadb"], indirect=True)


@pytest.fixture
def backend(url: str) -> Iterator[SQLAlchemyBackend]:
    backend = open_backend(url)
    yield backend
    backend.close()


@pytest.fixture
def onlooker(url: str) -> Iterator[Engine]:
    """An independent engine."""
    engine = create_engine(url, isolation_level="READ COMMITTED")
    yield engine
    engine.dispose()


@pytest.fixture
def proxy(url: str) -> Iterator[Proxy]:
    parsed = make_url(url)
    assert parsed.host
    assert parsed.port
    proxy = Proxy((parsed.host, parsed.port))
    yield proxy
    proxy.close()


@pytest.fixture
def proxied(url: str, proxy: Proxy) -> Iterator[SQLAlchemyBackend]:
    """A backend behind the proxy, with one connection."""
    through = make_url(url).set(port=proxy.port).render_as_string(hide_password=False)
    backend = open_backend(through, pool_size="1", max_overflow="0")
    yield backend
    backend.close()


@dataclass
class Game:
    """One operation that is cut somewhere; either all of its effects must exist, or none.

    :ivar run: the operation, on a backend.
    :ivar effects: checks each effect on another backend.
    :ivar done: what the operation returns when it is done.
    :ivar again: what it returns when it is repeated after it was done.
    :ivar repeatable: whether it succeeds in spite of a lost connection, since it is repeated.
    """

    run: Callable[[SQLAlchemyBackend], Any]
    effects: list[Callable[[SQLAlchemyBackend], bool]]
    done: Any
    again: Any
    repeatable: bool = False


def redeeming(backend: SQLAlchemyBackend) -> Game:
    grant = new_grant()
    parent = new_token(grant=grant, sealed_answer=new_answer())
    retired = new_token(grant=grant)
    token = new_token(grant=grant, parent=parent.digest)
    backend.grants.open(grant, [parent, retired, token], NOW)
    fruits = [new_token(grant=grant) for _ in range(2)]
    answer, attempt = new_answer(), new_attempt()

    def spent(backend: SQLAlchemyBackend) -> bool:
        found = backend.grants.find(token.ref)
        assert found
        assert (found[0].attempt == attempt) == (found[0].sealed_answer == answer)
        return found[0].consumed_at is not None

    def found_in(backend: SQLAlchemyBackend, ref: Any) -> Any:
        found = backend.grants.find(ref)
        return found[0] if found else None

    return Game(
        run=lambda backend: (
            backend.grants.redeem(
                token,
                NOW,
                attempt,
                fruits,
                grant_expires_at=NOW + 2 * HOUR,
                sealed_answer=answer,
                retire=[retired.ref],
            ).outcome
        ),
        effects=[
            spent,
            lambda backend: found_in(backend, parent.ref).sealed_answer is None,
            lambda backend: found_in(backend, retired.ref).revoked_at is not None,
            lambda backend: found_in(backend, fruits[0].ref) is not None,
            lambda backend: found_in(backend, fruits[1].ref) is not None,
            lambda backend: backend.grants.grants(subject="alice").items[0].expires_at > NOW + HOUR,
        ],
        done=Outcome.WON,
        again=Outcome.WON,
        repeatable=True,
    )


def allowing(backend: SQLAlchemyBackend) -> Game:
    """Redeem an interaction into a grant and its code."""
    interaction = new_token()
    backend.grants.open(None, [interaction], NOW)
    grant = new_grant(id=interaction.family)
    code, attempt = new_token(grant=grant), new_attempt()
    return Game(
        run=lambda backend: (
            backend.grants.redeem(interaction, NOW, attempt, [code], grant=grant).outcome
        ),
        effects=[
            lambda backend: backend.grants.find(interaction.ref)[0].consumed_at is not None,  # type: ignore[index]
            lambda backend: bool(backend.grants.find(code.ref)),
            lambda backend: bool(backend.grants.grants(subject="alice").items),
        ],
        done=Outcome.WON,
        again=Outcome.WON,
        repeatable=True,
    )


def opening(_backend: SQLAlchemyBackend) -> Game:
    grant = new_grant()
    tokens = [new_token(grant=grant) for _ in range(2)]
    return Game(
        run=lambda backend: backend.grants.open(grant, tokens, NOW),
        effects=[
            lambda backend: bool(backend.grants.grants(subject="alice").items),
            lambda backend: bool(backend.grants.find(tokens[0].ref)),
            lambda backend: bool(backend.grants.find(tokens[1].ref)),
        ],
        done=True,
        again="DuplicateRecord",
    )


def adding(backend: SQLAlchemyBackend) -> Game:
    grant = new_grant()
    backend.grants.open(grant, [], NOW)
    tokens = [new_token(grant=grant) for _ in range(2)]
    return Game(
        run=lambda backend: backend.grants.add(grant.id, tokens, NOW),
        effects=[
            lambda backend: bool(backend.grants.find(tokens[0].ref)),
            lambda backend: bool(backend.grants.find(tokens[1].ref)),
        ],
        done=True,
        again="DuplicateRecord",
    )


def raising_an_epoch(backend: SQLAlchemyBackend) -> Game:
    client = new_client(client_id="client")
    backend.clients.add(client)
    return Game(
        run=lambda backend: backend.clients.raise_epoch("client", NOW + 1),
        effects=[
            lambda backend: backend.clients.get("client").epoch > 0,  # type: ignore[union-attr]
            lambda backend: backend.clients.get("client").version > 0,  # type: ignore[union-attr]
        ],
        done=1,
        again=2,
    )


def revoking(backend: SQLAlchemyBackend) -> Game:
    grant = new_grant()
    backend.grants.open(grant, [], NOW)
    return Game(
        run=lambda backend: backend.grants.revoke_grant(grant.id, NOW, "cut"),
        effects=[lambda backend: backend.grants.grants(subject="alice").items[0].revoked_at == NOW],
        done=True,
        again=False,
    )


GAMES = (redeeming, allowing, opening, adding, raising_an_epoch, revoking)


def run(game: Game, backend: SQLAlchemyBackend) -> Any:
    """The result of the operation, or the name of the exception that it raised."""
    try:
        return game.run(backend)
    except Exception as error:
        return type(error).__name__


@pytest.mark.parametrize("for_good", [False, True], ids=["cut", "server gone"])
@pytest.mark.parametrize("answered", [False, True], ids=["request lost", "answer lost"])
@pytest.mark.parametrize("new_game", GAMES, ids=[game.__name__ for game in GAMES])
def test_a_cut_at_every_request_leaves_nothing_half_done(
    new_game: Callable[[SQLAlchemyBackend], Game],
    answered: bool,
    for_good: bool,
    backend: SQLAlchemyBackend,
    onlooker: Engine,
    proxied: SQLAlchemyBackend,
    proxy: Proxy,
) -> None:
    request, reached = 0, True
    while reached:
        request += 1
        empty(onlooker)
        game = new_game(backend)
        proxied.clients.get("nobody")
        proxy.cut(request, answered, for_good)
        outcome = run(game, proxied)
        effects = {effect(backend) for effect in game.effects}
        assert len(effects) == 1, f"half done when cut at request {request}"
        done = effects == {True}
        if outcome != game.done:
            assert outcome == "OutcomeUnknown" or (outcome == "StoreUnavailable" and not done)
            assert answered or not done
        if game.repeatable and not for_good:
            assert outcome == game.done
        reached = not proxy.pending
        proxy.mend()
        assert (outcome == game.done) <= done
        assert run(game, proxied) == (game.again if done else game.done)
        assert {effect(backend) for effect in game.effects} == {True}
    assert request > 1


@pytest.mark.parametrize("answered", [False, True], ids=["request lost", "answer lost"])
def test_a_dead_server_is_no_unknown_outcome(
    answered: bool, backend: SQLAlchemyBackend, proxied: SQLAlchemyBackend, proxy: Proxy
) -> None:
    """The outcome of the call that was cut is not known; that of the next one is."""
    token = new_token()
    backend.grants.open(None, [token], NOW)
    for call in (
        lambda: proxied.grants.redeem(token, NOW, new_attempt(), []),
        lambda: proxied.grants.open(None, [new_token()], NOW),
    ):
        proxied.clients.get("client")
        proxy.cut(1, answered, for_good=True)
        for error in OutcomeUnknown, StoreUnavailable:
            with pytest.raises(StoreUnavailable) as caught:
                call()
            assert type(caught.value) is error
        proxy.mend()


KILL = {"postgresql": "SELECT pg_terminate_backend({})", "mysql": "KILL {}"}


def ids_on(onlooker: Engine) -> list[int]:
    """The ids of all other connections to the database."""
    statement = {
        "postgresql": "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
        "mysql": "SELECT id FROM information_schema.processlist"
        " WHERE db = database() AND id <> connection_id()",
    }[onlooker.dialect.name]
    with onlooker.connect() as connection:
        return list(connection.exec_driver_sql(statement).scalars())


def kill(onlooker: Engine) -> int:
    """End all other connections to the database."""
    ids = ids_on(onlooker)
    for number in ids:
        kill_one(onlooker, number)
    return len(ids)


FIRST_REQUESTS: dict[str, Callable[[SQLAlchemyBackend], object]] = {
    "find": lambda backend: backend.grants.find(new_token().ref) is None,
    "open one": lambda backend: backend.grants.open(None, [new_token()], NOW),
    "open": lambda backend: backend.grants.open(new_grant(), [], NOW),
    "add": lambda backend: backend.grants.add("family", [], NOW) is False,
    "redeem": lambda backend: (
        backend.grants.redeem(new_token(), NOW, "a", []).outcome is Outcome.MISSING
    ),
    "revoke": lambda backend: backend.grants.revoke_grant("family", NOW, "test") is False,
    "reserve": lambda backend: backend.grants.reserve("n", new_digest(), NOW + 1, NOW),
    "purge": lambda backend: backend.grants.purge(NOW).removed == 0,
    "client": lambda backend: backend.clients.add(new_client()) is None,
    "consent": lambda backend: backend.consents.put(new_consent(subject=new_attempt()), None),
    "entry": lambda backend: backend.entries.put(new_entry(), None),
}


class TestFirstRequestAfterwards:
    """Each test has its own backend, whose pool holds two dead connections."""

    @pytest.fixture
    def backends(self, url: str) -> Iterator[dict[str, SQLAlchemyBackend]]:
        backends = {name: open_backend(url) for name in FIRST_REQUESTS}
        for backend in backends.values():
            engine = engine_of(backend)
            with engine.connect(), engine.connect():
                pass
        yield backends
        for backend in backends.values():
            backend.close()

    def test_of_killed_connections(
        self, backends: dict[str, SQLAlchemyBackend], onlooker: Engine
    ) -> None:
        assert kill(onlooker) == 2 * len(backends)
        while ids_on(onlooker):
            time.sleep(0.01)
        self.ask(backends)

    def test_of_a_restart(
        self,
        request: pytest.FixtureRequest,
        backends: dict[str, SQLAlchemyBackend],
        onlooker: Engine,
    ) -> None:
        name = "postgresql" if onlooker.dialect.name == "postgresql" else "mariadb"
        server: DatabaseServer = request.getfixturevalue(f"{name}_server")
        if server.daemon is None:
            pytest.skip("a server of one's own is not restarted")
        server.daemon.stop()
        for backend in backends.values():
            started = monotonic()
            with pytest.raises(StoreUnavailable):
                backend.clients.get("client")
            assert monotonic() - started < 1
        onlooker.dispose()
        server.daemon.start()
        server.wait()
        self.ask(backends)

    def test_of_a_restart_that_nobody_noticed(
        self,
        request: pytest.FixtureRequest,
        backends: dict[str, SQLAlchemyBackend],
        onlooker: Engine,
    ) -> None:
        name = "postgresql" if onlooker.dialect.name == "postgresql" else "mariadb"
        server: DatabaseServer = request.getfixturevalue(f"{name}_server")
        if server.daemon is None:
            pytest.skip("a server of one's own is not restarted")
        onlooker.dispose()
        server.restart()
        self.ask(backends)

    def ask(self, backends: dict[str, SQLAlchemyBackend]) -> None:
        failed = {}
        for name, backend in backends.items():
            try:
                assert FIRST_REQUESTS[name](backend)
            except StoreUnavailable as error:
                failed[name] = str(error)
        assert failed == {}


class TestWhileItWaits:
    @pytest.fixture
    def grant(self, backend: SQLAlchemyBackend) -> Grant:
        grant = new_grant()
        backend.grants.open(grant, [], NOW)
        return grant

    @pytest.fixture
    def holder(self, onlooker: Engine, grant: Grant) -> Iterator[Connection]:
        """A connection that holds the lock of the grant."""
        with onlooker.connect() as connection:
            lock = select(grant_table).where(grant_table.c.id == grant.id).with_for_update()
            assert connection.execute(lock).all()
            yield connection

    def test_a_killed_redemption_goes_on(
        self,
        backend: SQLAlchemyBackend,
        url: str,
        grant: Grant,
        holder: Connection,
    ) -> None:
        token = new_token(grant=grant)
        backend.grants.import_([token])
        backend.close()
        killer = create_engine(url)
        with ThreadPoolExecutor() as pool:
            redemption = pool.submit(backend.grants.redeem, token, NOW, "a", [])
            kill_one(killer, wait_for_lock(killer))
            wait_for_lock(killer)
            holder.rollback()
            assert redemption.result(timeout=10).outcome is Outcome.WON
        killer.dispose()

    def test_the_wait_for_a_lock_is_bounded(
        self,
        url: str,
        grant: Grant,
        holder: Connection,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(engines, "LOCK_SECONDS", 1)
        backend = open_backend(url)
        token = new_token(grant=grant)
        backend.grants.import_([token])
        for refused in (
            lambda: backend.grants.redeem(token, NOW, "a", []),
            lambda: backend.grants.revoke_grant(grant.id, NOW, "test"),
        ):
            started = monotonic()
            with pytest.raises(StoreUnavailable, match="another transaction has locked"):
                refused()
            assert 0.5 < monotonic() - started < 3
        holder.rollback()
        assert backend.grants.revoke_grant(grant.id, NOW, "test")
        backend.close()

    def test_a_deadlock_is_tried_again(self, backend: SQLAlchemyBackend, onlooker: Engine) -> None:
        """Each holds a row and waits for the other's; the server ends the one that did less."""
        first, second = new_digest(), new_digest()
        for digest in (first, second):
            backend.grants.reserve("n", digest, NOW, NOW - 1)
        starts = []

        def work(connection: Connection) -> int:
            starts.append(None)
            touch(connection, first)
            return touch(connection, second)

        with onlooker.connect() as other, ThreadPoolExecutor() as pool:
            other.execute(
                reservation_table.insert(),
                [
                    {"namespace": "weight", "digest": new_digest(), "expires_at": NOW}
                    for _ in range(100)
                ],
            )
            if onlooker.dialect.name == "postgresql":
                # PostgreSQL ends the one that checks first, one second after it began to wait.
                other.exec_driver_sql("SET deadlock_timeout = '1min'")
            touch(other, second)
            ours = pool.submit(Database(lambda: engine_of(backend)).atomically, work)
            wait_for_lock(onlooker)
            touch(other, first)
            other.commit()
            assert ours.result(timeout=10) == 1
        # More than once if it gets the first row again before the other one wakes up.
        assert 2 <= len(starts) <= DEADLOCK_TRIES


def touch(connection: Connection, digest: bytes) -> int:
    row = reservation_table.c.digest == digest
    later = reservation_table.c.expires_at + 1
    return connection.execute(
        reservation_table.update().where(row).values(expires_at=later)
    ).rowcount


def wait_for_lock(onlooker: Engine) -> int:
    """Wait until another connection to the database waits for a lock; return its number."""
    statement = {
        "postgresql": "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'",
        "mysql": "SELECT trx_mysql_thread_id FROM information_schema.innodb_trx"
        " WHERE trx_state = 'LOCK WAIT'",
    }[onlooker.dialect.name]
    while True:
        # InnoDB shows the same result again to queries within a tenth of a second.
        time.sleep(0.15)
        with onlooker.connect() as connection:
            number: int | None = connection.exec_driver_sql(statement).scalar()
        if number is not None:
            return number


def kill_one(onlooker: Engine, number: int) -> None:
    with onlooker.connect() as connection:
        connection.exec_driver_sql(KILL[onlooker.dialect.name].format(number))


def test_the_kernel_waits_no_quarter_of_an_hour(backend: SQLAlchemyBackend) -> None:
    with engine_of(backend).connect() as connection:
        driver_connection: Any = connection.connection.driver_connection
        descriptor = getattr(driver_connection, "_sock", driver_connection).fileno()
        with socket.fromfd(descriptor, socket.AF_INET, socket.SOCK_STREAM) as its:
            limit = its.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert limit == SILENCE_SECONDS * 1000
