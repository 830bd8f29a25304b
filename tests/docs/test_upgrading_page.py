"""docs/upgrading.md: its commands, and its claims about old code on new tables and the reverse."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing

import requests

from pyramid_oauth2.backends.sqlalchemy import metadata
from tests.ports import free_port
from tests.serving import environment, serving

from .page import Page
from .test_moving_page import APP, INI, SHOP

NAME = "docs/upgrading.md"
CLIENT = {
    "client_id": SHOP[0],
    "client_secret": SHOP[1],
    "grant_types": ["client_credentials"],
    "scope": "read",
}
ENV = """
from alembic import context
from sqlalchemy import MetaData, create_engine
from pyramid_oauth2.migrations import include_name

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(
        connection=connection, target_metadata=MetaData(), include_name=include_name
    )
    with context.begin_transaction():
        context.run_migrations()
"""
REVISION = """
revision, down_revision, branch_labels, depends_on = "0001", None, ("yours",), None


def upgrade():
    pass
"""


def ask(port: int) -> requests.Response:
    form = {"grant_type": "client_credentials"}
    return requests.post(f"http://localhost:{port}/oauth2/token", form, auth=SHOP, timeout=60)


def test_the_page(follow: Callable[..., Page]) -> None:
    page, port = follow(NAME), free_port()
    (page.folder / "app.ini").write_text(INI.format(port=port).replace(" old_urls", ""))
    (page.folder / "app.py").write_text(APP)
    page.shell("export PYTHONPATH=.")
    with serving(page.folder / "app.ini", port, PYTHONPATH=".") as log:
        assert ask(port).json()["error"] == "temporarily_unavailable"
        assert page.block("The store cannot answer") in log.read_text()
        page.run("db upgrade")
        assert page.run("db upgrade") == page.block("up to date (")
        register_shop(page)
        assert ask(port).status_code == 200
        add_columns(page)
        assert ask(port).status_code == 200
    assert page.run("db check") == page.block("(the newest)")
    assert "oauth2.issuer = " in page.run("app.ini settings")
    page.run("client export")
    (exported,) = json.loads((page.folder / "clients.json").read_text())
    assert exported["client_id"] == "shop"
    one_history(page)


def register_shop(page: Page) -> None:
    (page.folder / "clients.json").write_text(json.dumps([CLIENT]))
    subprocess.run(
        ["poauth2", "app.ini", "client", "import", "clients.json"],
        cwd=page.folder,
        env=environment(PYTHONPATH="."),
        check=True,
        capture_output=True,
    )


def add_columns(page: Page) -> None:
    """Add columns, as a later version might."""
    with closing(sqlite3.connect(page.folder / "oauth2.sqlite")) as database, database:
        for table in metadata.tables:
            database.execute(f"ALTER TABLE {table} ADD COLUMN later TEXT")


def one_history(page: Page) -> None:
    """For a database in which our command has created the tables already."""
    page.write_files()
    (page.folder / "migrations" / "versions").mkdir(parents=True)
    (page.folder / "migrations" / "env.py").write_text(ENV)
    (page.folder / "migrations" / "versions" / "0001.py").write_text(REVISION)
    page.run("alembic stamp")
    page.run("alembic upgrade heads")
    assert page.run("db check") == page.block("made by another history")
