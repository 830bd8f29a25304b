"""The demo under ``gunicorn --preload``: it uses its stores before the workers are forked."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, cycle, islice
from pathlib import Path
from threading import Barrier

import pytest
import requests

from tests.live import storage_settings, write_ini
from tests.ports import free_port
from tests.servers import postgresql_server, redis_url  # noqa: F401
from tests.serving import running
from tests.visitor import PASSWORDS

STARTS = max(1, round(4 * float(os.environ.get("TEST_ROUNDS", "0.1"))))
WORKERS = 4
CLIENTS = 24
REQUESTS = 4  # of each client
PATIENCE = 30  # seconds


@pytest.mark.parametrize("storage", ["postgresql", "redis"])
def test_no_request_is_answered_as_another_user(
    storage: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    port = free_port()
    address = f"http://localhost:{port}"
    ini = write_ini(tmp_path, storage_settings(storage, request), address, port)
    command = ["gunicorn", "--paste", ini.name, "--preload", "--workers", str(WORKERS)]
    command += ["--bind", f"localhost:{port}"]
    with running(command, tmp_path / "gunicorn.log", port):
        callers = users_with_notes(tmp_path, address)
    answers = Counter[str]()
    for start in range(STARTS):
        with running(command, tmp_path / f"gunicorn-{start}.log", port):
            answers += answers_at_once(address, callers)
    assert answers == {"right": STARTS * CLIENTS * REQUESTS}


def users_with_notes(folder: Path, address: str) -> dict[str, dict[str, str]]:
    """The headers of each user's requests; each user has written a note with their name."""
    secret = (folder / "demo-client.secret").read_text().strip()
    form = {"client_id": "demo", "client_secret": secret}
    form |= {"grant_type": "password", "scope": "read write"}
    callers = {}
    for name, password in PASSWORDS.items():
        login = {"username": name, "password": password}
        tokens = requests.post(f"{address}/oauth2/token", form | login, timeout=PATIENCE).json()
        callers[name] = {"Authorization": f"Bearer {tokens['access_token']}"}
        note = {"text": name}
        requests.post(
            f"{address}/api/notes", json=note, headers=callers[name], timeout=PATIENCE
        ).raise_for_status()
    return callers


def answers_at_once(address: str, callers: dict[str, dict[str, str]]) -> Counter[str]:
    """The results of the first requests, and some later ones, each on its own connection."""
    start = Barrier(CLIENTS)

    def ask(name: str) -> list[str]:
        start.wait()
        return [answer(address, name, callers[name]) for _ in range(REQUESTS)]

    with ThreadPoolExecutor(CLIENTS) as pool:
        return Counter(chain.from_iterable(pool.map(ask, islice(cycle(callers), CLIENTS))))


def answer(address: str, name: str, headers: dict[str, str]) -> str:
    """Request the user and then the notes, which are in the demo's own database."""
    try:
        me = requests.get(f"{address}/api/me", headers=headers, timeout=PATIENCE)
        notes = requests.get(f"{address}/api/notes", headers=headers, timeout=PATIENCE)
        user, texts = me.json()["user"], {note["text"] for note in notes.json()["notes"]}
    except (requests.RequestException, KeyError) as error:
        return f"{type(error).__name__}: {error}"
    return "right" if user == name and texts == {name} else f"{name} got {user} and {texts}"
