"""docs/getting-started.md, followed word by word in an empty folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.serving import serving

from .page import Page

NAME = "docs/getting-started.md"
WORDS = {
    "YOUR_CLIENT_ID": "{client_id}",
    "YOUR_CLIENT_SECRET": "{client_secret}",
    "YOUR_USERNAME": "alice",
    "YOUR_PASSWORD": "wonderland",
}


@pytest.fixture
def port() -> int:
    return free_port()


def test_from_an_empty_folder_to_an_opened_view(follow: Callable[..., Page], port: int):
    page = follow(NAME, {"localhost:6543": f"localhost:{port}"})
    # The installation is done already.
    assert 'pip install "$CHECKOUT[demo]"' in page.block("pip install")
    files = page.write_files()
    assert set(files) == {"app.py", "app.ini", "users.py"}
    # The next test tries what it adds for users.
    page.settings("oauth2.grant_types")
    page.run("db upgrade")
    page.run("client add")
    assert page.block("pserve") == "pserve app.ini\n"
    with serving(page.folder / "app.ini", port, PYTHONPATH="."):
        answer = json.loads(page.run("CLIENT_SECRET"))
        hello = page.run("TOKEN=")
    assert answer["access_token"].startswith("oat_")
    promised = json.loads(page.block("expires_in"))
    assert {**answer, "access_token": promised["access_token"]} == promised
    assert json.loads(hello) == json.loads(page.block('"hello"', "json"))


def test_users_and_the_password_grant(tmp_path: Path, port: int):
    """The lines of the ini for users, in place of those that they change."""
    page = Page(NAME, tmp_path, {"localhost:6543": f"localhost:{port}"})
    files = page.write_files()
    changed = page.settings("oauth2.grant_types")
    lines = files["app.ini"].splitlines()
    kept = [line for line in lines if line.partition(" =")[0] not in changed]
    at = kept.index("[app:main]") + 1
    kept[at:at] = [f"{key} = {value}" for key, value in changed.items()]
    (tmp_path / "app.ini").write_text("\n".join(kept))
    page.run("db upgrade")
    flags = "--grant-type password --auth-method client_secret_post"
    page.shell(page.block("client add").replace("--json", f"{flags} --json"))
    client = json.loads((tmp_path / "client.json").read_text())
    request = page.block("YOUR_USERNAME")
    for word, value in WORDS.items():
        request = request.replace(word, value.format(**client))
    with serving(tmp_path / "app.ini", port, PYTHONPATH="."):
        answer = json.loads(page.shell(request))
    assert answer["scope"] == "read"
