"""docs/how-to/moving-hand-written-tables.md."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import requests

from tests.ports import free_port
from tests.serving import serving

from .page import Page

TABLES = """
CREATE TABLE client (key text, secret text, name text, callbacks text, trusted integer);
CREATE TABLE token (value text, client_key text, user_id integer, scope text, expires integer);
"""


def test_the_page(follow: Callable[..., Page]) -> None:
    port = free_port()
    page = follow(
        "docs/how-to/moving-hand-written-tables.md", {"localhost:6543": f"localhost:{port}"}
    )
    page.write_files()
    make_tables(page.folder / "old.sqlite")
    assert page.run("client import").endswith("\n3 imported, 0 left as they are\n")
    server = f"http://localhost:{port}"
    with serving(page.folder / "app.ini", port, PYTHONPATH="."):
        assert page.run("curl") == page.block('{"notes of": 7}', "json")
        assert notes(server, "ended").status_code == 403
        assert notes(server, "for writing").status_code == 403
        answer = requests.post(
            f"{server}/oauth2/token", json={}, auth=("nightly", "of-the-old-table"), timeout=60
        )
        assert answer.text + "\n" == page.block("Send the parameters", "json")


def notes(server: str, token: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{server}/notes", headers=headers, timeout=60)


def make_tables(path: Path) -> None:
    later = int(time.time()) + 3600
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(TABLES)
        database.executemany(
            "INSERT INTO client VALUES (?, ?, ?, ?, ?)",
            [
                ("nightly", "of-the-old-table", "Nightly", "", 0),
                ("shop", "another", "The shop", "https://shop.example/back", 1),
                ("app", None, "The app", "com.example.app:/a com.example.app:/b", 0),
            ],
        )
        database.executemany(
            "INSERT INTO token VALUES (?, 'shop', 7, ?, ?)",
            [
                ("b10b8f721e95117cb13c", "read write", later),
                ("for writing", "write", later),
                ("ended", "read", later - 7200),
            ],
        )
