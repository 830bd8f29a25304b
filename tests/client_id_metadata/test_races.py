"""Processes that meet a new document, or a changed one, at the same moment, on every store."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.racing import rounds
from pyramid_oauth2.events import ClientChanged
from pyramid_oauth2.protocol.authorization.client_lookup import ClientLookup
from pyramid_oauth2.protocol.authorization.results import Ask, Result
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.records import Client
from tests.backends.openers import STORES, opened_together
from tests.protocol.plugged import factories
from tests.protocol.test_flow import World
from tests.protocol.worlds import NOW, Clock, make_client, make_server

RACERS = 4
PATIENCE = 60  # seconds that one waits for the others
# A Cluster writes a client as one server does.
HOST = "https://app.example/"


class Documents:
    """What is at a URL now: the same for every process."""

    def __init__(self) -> None:
        self.found: Client | None = None

    def recognises(self, client_id: str) -> bool:
        return client_id.startswith(HOST)

    def resolve(self, lookup: ClientLookup) -> Client | None:
        return self.found


class Process(World):
    """A process with connections of its own."""

    def __init__(self, backend: Any, documents: Documents) -> None:
        self.clock, self.authentication = Clock(), None
        self.server = make_server(
            self.clock,
            factories=factories(client_resolvers={"documents": documents}),
            clients=ClientCache(backend.clients, 0, self.clock),
            grants=backend.grants,
            consents=backend.consents,
            entry_store=lambda: backend.entries,
        )


class Race:
    def __init__(self, processes: list[Process], documents: Documents) -> None:
        self.processes, self.documents = processes, documents

    @property
    def server(self) -> Any:
        return self.processes[0].server

    def pages(self, client: Client) -> list[Result]:
        """Each process shows its own user the page of the document."""
        self.documents.found = client
        users = (process.user(f"user{number}") for number, process in enumerate(self.processes))
        url = client.client_id
        asked = [p.begin(u, client_id=url) for p, u in zip(self.processes, users, strict=True)]
        assert all(isinstance(each, Ask) for each in asked)
        return asked

    def allow(self, pages: list[Result], *further: Callable[[], Any]) -> list[Any]:
        """All users allow it at the same moment, and something else happens then."""
        line = threading.Barrier(len(pages) + len(further))

        def decide(number: int) -> Result:
            process = self.processes[number]
            line.wait(PATIENCE)
            return process.decide(pages[number], process.user(f"user{number}"), decision="allow")

        def call(other: Callable[[], Any]) -> Any:
            line.wait(PATIENCE)
            return other()

        with ThreadPoolExecutor(len(pages) + len(further)) as pool:
            others = [pool.submit(call, each) for each in further]
            results = list(pool.map(decide, range(len(pages))))
            for each in others:
                each.result(PATIENCE)
        return results


def codes(results: list[Any]) -> int:
    return sum(
        "code" in getattr(getattr(each, "response", None), "parameters", {}) for each in results
    )


def changes(results: list[Any]) -> Counter[str]:
    events = [event for each in results for event in each.events]
    return Counter(event.change for event in events if isinstance(event, ClientChanged))


@pytest.fixture(params=STORES)
def race(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Race]:
    documents = Documents()
    with opened_together(request.param, request, tmp_path, RACERS) as backends:
        yield Race([Process(backend, documents) for backend in backends], documents)


def test_a_new_document_is_one_client(race: Race):
    for turn in range(rounds()):
        found = make_client(client_id=f"{HOST}{turn}", updated_at=NOW)
        results = race.allow(race.pages(found))
        assert codes(results) == RACERS
        assert changes(results) == {"resolved": 1}
        stored = race.server.clients.get(found.client_id)
        assert stored == replace(found, created_at=NOW, extra={"source": "document"})


def test_a_changed_document_is_written_once(race: Race):
    for turn in range(rounds()):
        first = make_client(client_id=f"{HOST}{turn}", updated_at=NOW)
        race.allow(race.pages(first))
        results = race.allow(race.pages(replace(first, client_name="New", updated_at=NOW + 1)))
        assert codes(results) == RACERS
        assert changes(results) == {"resolved again": 1}
        stored = race.server.clients.get(first.client_id)
        assert (stored.client_name, stored.version) == ("New", 1)


def test_an_operator_who_deletes_it_has_the_last_word(race: Race):
    """Also against a user who allows it something at that moment."""
    for turn in range(rounds()):
        found = make_client(client_id=f"{HOST}{turn}", updated_at=NOW)
        race.allow(race.pages(found)[:1])
        race.allow(
            race.pages(replace(found, client_name="New", updated_at=NOW + 1)),
            lambda url=found.client_id: race.server.clients.delete(url, NOW),  # type: ignore[misc]
        )
        assert race.server.clients.get(found.client_id) is None
        assert race.server.clients.was_deleted(found.client_id)
