"""Registrations at the same moment, on every store."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.racing import rounds
from pyramid_oauth2.extensions.client_registration.configuration_endpoint import (
    ClientConfigurationEndpoint,
)
from pyramid_oauth2.extensions.client_registration.initial_access_tokens import (
    InitialAccessTokens,
)
from pyramid_oauth2.extensions.client_registration.policy import Policy
from pyramid_oauth2.extensions.client_registration.registration import Registrations
from pyramid_oauth2.extensions.client_registration.registration_endpoint import (
    RegistrationEndpoint,
)
from pyramid_oauth2.extensions.client_registration.settings import (
    OPEN,
    SCOPE,
    TOKEN,
    USER,
    RegistrationSettings,
)
from pyramid_oauth2.extensions.client_registration.sweeping import Sweeper
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.clients.fixed_fields import FIXED
from pyramid_oauth2.protocol.clients.source import APPROVED, SOURCE
from pyramid_oauth2.protocol.endpoints import EndpointRequest, EndpointResponse
from pyramid_oauth2.protocol.errors import InvalidToken, OAuth2Error
from pyramid_oauth2.protocol.http import HTTPRequest
from pyramid_oauth2.protocol.listings import every
from pyramid_oauth2.protocol.records import Client, Page
from tests.backends.openers import STORES, opened_together
from tests.protocol.worlds import NOW, make_server

RACERS, MOST = 6, 4
PATIENCE = 60  # seconds that one waits for the others
# In a Cluster one server has all clients.
POLICY = Policy(None, frozenset({"authorization_code"}))
BACK = "https://c.example/back"


class Settings:
    """What the endpoints read of the settings."""

    self_service_max_clients = MOST

    def __init__(self, who: str) -> None:
        self._who = who

    def of(self, declared: type[Any]) -> RegistrationSettings:
        return RegistrationSettings(who=self._who, max_unused=MOST)


class Bob:
    """The access token of a user."""

    subject = "bob"
    access = Access(frozenset({SCOPE}))


def _token_of_bob(scope: str) -> Bob:
    return Bob()


class Process:
    """A server with connections of its own."""

    def __init__(self, backend: Any) -> None:
        server = make_server()
        added = {each.name: each for each in (SOURCE, APPROVED, FIXED)}
        fields = {**server.client_fields, **added}
        self.server: AuthorizationServer = replace(
            server,
            clients=ClientCache(backend.clients, 0, lambda: NOW),
            grants=backend.grants,
            entry_store=lambda: backend.entries,
            client_fields=fields,
        )
        by_token, by_user, by_any = (_settings(who) for who in (TOKEN, USER, OPEN))
        self.tokens = InitialAccessTokens(self.server)
        self.registrations = Registrations(self.server)
        self.registration = RegistrationEndpoint(self.server, by_token)
        self.of_user = RegistrationEndpoint(self.server, by_user)
        self.of_any = RegistrationEndpoint(self.server, by_any)
        self.configuration = ClientConfigurationEndpoint(self.server, by_token)

    def register(self, token: str) -> dict[str, Any]:
        return self.sent(self.registration, "POST", token, redirect_uris=[BACK])

    def replace(self, client: dict[str, Any], name: str) -> dict[str, Any]:
        body = {"client_id": client["client_id"], "redirect_uris": [BACK], "client_name": name}
        return self.sent(
            self.configuration,
            "PUT",
            client["registration_access_token"],
            query=f"client_id={client['client_id']}",
            **body,
        )

    def sent(
        self, endpoint: Any, method: str, token: str, query: str = "", **body: Any
    ) -> dict[str, Any]:
        headers = {"content-type": "application/json"}
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        http = HTTPRequest(method, "", query=query, headers=headers, body=json.dumps(body).encode())
        anything: Any = None
        bob: Any = _token_of_bob
        request = EndpointRequest(http, anything, lambda event: None, anything, bob)
        response: EndpointResponse = endpoint.process(request)
        return dict(json.loads(response.body))


class Race:
    """Several processes of one server."""

    def __init__(self, processes: list[Process]) -> None:
        self.processes = processes

    def run(self, call: Any) -> list[Any]:
        """Call it in each process, all at the same moment; a refusal is its result."""
        line = threading.Barrier(RACERS)

        def start(number: int, process: Process) -> Any:
            line.wait(PATIENCE)
            try:
                return call(process, number)
            except OAuth2Error as refused:
                return refused

        with ThreadPoolExecutor(RACERS) as pool:
            return list(pool.map(start, range(RACERS), self.processes))


@pytest.fixture(params=STORES)
def race(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Race]:
    with opened_together(request.param, request, tmp_path, RACERS) as backends:
        yield Race([Process(backend) for backend in backends])


def test_an_initial_access_token_is_counted(race: Race) -> None:
    for _ in range(rounds()):
        token = race.processes[0].tokens.add(POLICY, 3600, 2)
        results = race.run(partial(_register, token))
        kinds = Counter(type(each) for each in results)
        assert kinds == {dict: 2, InvalidToken: RACERS - 2}
        registered = {each["client_id"] for each in results if isinstance(each, dict)}
        assert len(registered) == 2
        assert all(race.processes[0].server.clients.get(each) for each in registered)


def test_one_client_is_replaced_by_several(race: Race) -> None:
    """It is as one of them says, and each got a token: the last one counts."""
    for _ in range(rounds()):
        first = race.processes[0]
        client = first.register(first.tokens.add(POLICY, 3600, 1))
        results = race.run(partial(_replace, client))
        replaced = [each for each in results if isinstance(each, dict)]
        assert replaced
        stored = first.server.clients.get(client["client_id"])
        assert stored is not None
        assert stored.client_name in {each["client_name"] for each in replaced}
        usable = [each for each in replaced if _is_usable(first, each)]
        assert usable


@pytest.mark.parametrize("who", ["of_any", "of_user"])
def test_never_more_than_the_limit(race: Race, who: str) -> None:
    """Which of those at the same moment are refused is of no matter; a later one has room."""
    for _ in range(rounds()):
        process = race.processes[0]
        # There is room for two.
        for _already in range(MOST - 2):
            process.sent(getattr(process, who), "POST", "", redirect_uris=[BACK])
        results = race.run(partial(_register_by, who))
        allowed = [each for each in results if isinstance(each, dict)]
        assert len(allowed) <= 2
        stored = list(every(partial(_clients_of_bob, process)))
        unused = list(process.registrations.unused())
        assert len(unused if who == "of_any" else stored) == MOST - 2 + len(allowed)
        for each in [*unused]:
            Sweeper(process.server).end(each, lambda event: None)


def _clients_of_bob(process: Process, cursor: str | None) -> Page[Client]:
    return process.server.clients.search("bob", cursor=cursor)


def _settings(who: str) -> Any:
    return Settings(who)


def _register_by(who: str, process: Process, number: int) -> dict[str, Any]:
    return process.sent(getattr(process, who), "POST", "", redirect_uris=[BACK])


def _register(token: str, process: Process, number: int) -> dict[str, Any]:
    return process.register(token)


def _replace(client: dict[str, Any], process: Process, number: int) -> dict[str, Any]:
    return process.replace(client, f"n{number}")


def _is_usable(process: Process, client: dict[str, Any]) -> bool:
    try:
        process.replace(client, "last")
    except InvalidToken:
        return False
    return True
