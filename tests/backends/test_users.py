"""Ending what a user allows, in every store: all of it, also while clients ask for more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.factories import new_consent
from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authorization.consent import remember_consent
from pyramid_oauth2.protocol.authorization.results import Ask
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.user_grants import authorizations_of
from pyramid_oauth2.protocol.users import Ended, Users
from tests.protocol.allowing import READ, ask
from tests.protocol.worlds import make_client, make_request, make_server

from .redis_contract import flush
from .redis_contract import open_backend as open_redis
from .server_databases import new_database, open_backend
from .sqlite_databases import new_backend

MANY = 60  # more than a page of the stores' own default


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mariadb", "redis", "redis_cluster"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AuthorizationServer]:
    backend: Any = MemoryBackend()
    if request.param == "sqlite":
        backend = new_backend(tmp_path / "oauth2.sqlite")
    elif request.param.startswith("redis"):
        backend = open_redis(request.getfixturevalue(f"{request.param}_url"))
        flush(backend)
    elif request.param != "memory":
        backend = open_backend(new_database(request.getfixturevalue(f"{request.param}_server")))
    yield make_server(
        clock=lambda: int(time.time()),
        grants=backend.grants,
        consents=backend.consents,
        clients=ClientCache(backend.clients, 0, time.monotonic),
    )
    backend.close()


@pytest.fixture
def allowed(server: AuthorizationServer) -> Callable[[], tuple[Any, ...]]:
    """What bob allows: grants, and a consent at each of many clients."""
    client = make_client()
    server.clients.add(client)
    for number in range(MANY):
        issue(server, client, Issuance(Access(READ), Open("bob")))
        server.consents.put(new_consent(subject="bob", client_id=f"client-{number}"), None)
        server.clients.add(make_client(client_id=f"own-{number}", owner="bob"))
    return lambda: authorizations_of(server, "bob").newest_first


def test_everything_is_ended(
    server: AuthorizationServer, allowed: Callable[[], tuple[Any, ...]]
) -> None:
    issue(server, make_client(), Issuance(Access(READ), Open("alice")))
    assert len(allowed()) > MANY
    assert Users(server).forget("bob") == Ended(MANY, MANY, MANY)
    assert allowed() == ()
    assert {client.disabled_at is None for client in Users(server).clients("bob")} == {False}
    assert len(authorizations_of(server, "alice").newest_first) == 1


def test_while_clients_ask(server: AuthorizationServer) -> None:
    """Each gets a code without a page until then; what they opened meanwhile has ended too."""
    server.clients.add(make_client())
    asked = make_request()
    remember_consent(server, asked, asked, make_client(), "bob")
    failures: list[Any] = []

    def keep_asking() -> None:
        try:
            while not isinstance(ask(server), Ask):
                pass
        except Exception as error:
            failures.append(error)

    threads = [Thread(target=keep_asking) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert Users(server).revoke("bob").consents == 1
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert authorizations_of(server, "bob").newest_first == ()
