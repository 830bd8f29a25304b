"""One assertion that four processes receive at the same moment, on every store: one accepts it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlencode

import pytest

from pyramid_oauth2.backends.contract.racing import rounds
from pyramid_oauth2.extensions.private_key_jwt.names import JWT_BEARER
from pyramid_oauth2.protocol.clients.cache import ClientCache
from pyramid_oauth2.protocol.errors import InvalidClient
from pyramid_oauth2.protocol.http import FORM, HTTPRequest
from pyramid_oauth2.protocol.token.endpoint import process_token_request
from tests.backends.openers import STORES, opened_together
from tests.protocol.worlds import Clock

from .world import KEY, TOKEN, World, key_set

RACERS = 4
PATIENCE = 60  # seconds that one waits for the others


class NoUsers:
    """No grant of a user is requested here."""

    def authenticate(self, username: str, password: str) -> NoReturn:
        raise AssertionError


class Process(World):
    """A process with connections of its own."""

    def __init__(self, backend: Any) -> None:
        super().__init__(
            clients=ClientCache(backend.clients, 0, Clock()),
            grants=backend.grants,
            consents=backend.consents,
            entry_store=lambda: backend.entries,
        )

    def token(self, assertion: str) -> str:
        """What comes of a token request: a token, or the check that refuses it."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": assertion,
        }
        headers = {"content-type": FORM}
        http = HTTPRequest("POST", TOKEN, headers=headers, body=urlencode(form).encode())
        try:
            process_token_request(self.server, http, NoUsers(), self.events.append)
        except InvalidClient as error:
            return error.refusal.check
        return "a token"


@pytest.fixture(params=STORES)
def processes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Process]]:
    with opened_together(request.param, request, tmp_path, RACERS) as backends:
        processes = [Process(backend) for backend in backends]
        machine = {"grant_types": ("client_credentials",), "redirect_uris": ()}
        processes[0].add("machine", jwks=key_set(one=KEY), **machine)
        yield processes


def test_one_of_them_accepts_it(processes: list[Process]) -> None:
    """RFC 7523 section 3, item 7."""
    line = threading.Barrier(RACERS)

    def ask(process: Process, assertion: str) -> str:
        line.wait(PATIENCE)
        return process.token(assertion)

    with ThreadPoolExecutor(RACERS) as pool:
        for turn in range(rounds()):
            assertion = processes[0].honest("machine", jti=f"jti {turn}").jwt()
            asked = [pool.submit(ask, process, assertion) for process in processes]
            outcomes = Counter(each.result(PATIENCE) for each in asked)
            assert outcomes == {"a token": 1, "client_assertion_once": RACERS - 1}
