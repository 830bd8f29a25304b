"""docs/how-to/several-workers.md: two processes on PostgreSQL and Valkey, and those of gunicorn."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
import requests
from sqlalchemy import create_engine

from pyramid_oauth2.backends.redis import first_contact
from pyramid_oauth2.backends.sqlalchemy.advice import POOL
from pyramid_oauth2.backends.sqlalchemy.forks import IN_USE, INHERITED
from pyramid_oauth2.protocol.records import StoreUnavailable
from tests.ports import free_port
from tests.servers.databases import DatabaseServer

from .page import ROOT, Page

NAME = "docs/how-to/several-workers.md"
PAGE = (ROOT / NAME).read_text()
POSTGRESQL = "postgresql+psycopg://auth@localhost/auth"
REDIS = "redis://localhost:6379/0"
WAIT = 60  # seconds


@pytest.fixture
def ports() -> tuple[int, int]:
    return free_port(), free_port()


@pytest.fixture
def page(
    follow: Callable[..., Page],
    ports: tuple[int, int],
    postgresql_server: DatabaseServer,
    redis_url: str,
) -> Page:
    """The page, followed until both stores can be used."""
    first, second = ports
    here = {
        "8001": str(first),
        "8002": str(second),
        POSTGRESQL: postgresql_server.new_database(),
        REDIS: redis_url,
    }
    page = follow(NAME, here)
    page.write_files()
    app = Page("docs/getting-started.md", page.folder).block("def main")
    (page.folder / "app.py").write_text(app)
    assert page.run("db check").endswith(page.block("can be used", "text"))
    return page


def test_the_workers_are_one_server(page: Page, ports: tuple[int, int]) -> None:
    with page.serving("pserve", *ports):
        assert page.run("open_it") == page.block("200\n", "text")
        guesses = page.run("nightly:wrong").strip()
        assert guesses == page.block("401 401", "text").strip()
    assert page.run("purge").endswith("removed\n")
    close_what_the_application_opened(page)
    with page.serving("gunicorn", ports[0]):
        assert use_a_token(page, f"http://localhost:{ports[0]}", times=20) == {200}


def close_what_the_application_opened(page: Page) -> None:
    """As the page's application does at the end of its ``main``, with its own engine."""
    own = create_engine(f"sqlite:///{page.folder}/own.sqlite")
    own.connect().close()
    assert own.pool.checkedin() == 1  # type: ignore[attr-defined]
    exec(page.block("engine.dispose", "python"), {"engine": own})
    assert own.pool.checkedin() == 0  # type: ignore[attr-defined]


def use_a_token(page: Page, address: str, times: int) -> set[int]:
    """Each time on a new connection, which any worker may accept."""
    client = json.loads((page.folder / "client.json").read_text())
    login = (client["client_id"], client["client_secret"])
    form = {"grant_type": "client_credentials"}
    token = requests.post(f"{address}/oauth2/token", form, auth=login, timeout=WAIT).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    return {
        requests.get(f"{address}/hello", headers=headers, timeout=WAIT).status_code
        for _ in range(times)
    }


def test_the_messages() -> None:
    cache = {"redis_version": "7.2.0", "maxmemory": 1, "maxmemory_policy": "allkeys-lru"}
    with pytest.raises(StoreUnavailable) as caught:
        list(first_contact.check(cache, of_cluster=False))
    storage = ROOT / "pyramid_oauth2/attempt_storage.py"
    logged = " ".join(re.findall(r'"(.*?)"', storage.read_text()))
    said = (str(caught.value), first_contact.NO_APPEND_ONLY_FILE, POOL.text, IN_USE, INHERITED)
    said += (logged,)
    assert [row for row in quoted() if not any(row in message for message in said)] == []


def quoted() -> list[str]:
    """The messages in the table of what can go wrong."""
    rows = PAGE.partition("## Troubleshooting")[2].split("\n")
    return [
        row.split("`")[1] for row in rows if row.startswith(("| `The ", "| `This ", "| `Every "))
    ]
