"""docs/tokens.md: revoking, inspecting, and an operator's commands, with a running server."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from pyramid_oauth2.settings import setting_fields
from tests.live import LiveClient, LiveServer, live_server
from tests.race.flows import post

from .page import ROOT, Page

NAME = "docs/tokens.md"
ALICE = {"grant_type": "password", "username": "alice", "password": "wonderland"}


def test_the_page(follow: Callable[..., Page], tmp_path: Path):
    with live_server(tmp_path, {}) as server:
        page = follow(NAME, {"http://localhost:6543": server.issuer})
        shutil.copy(server.ini, page.folder / "development.ini")
        client = server.register()
        revoke_one(page, server, client)
        revoke_all_of_alice(page, server, client)


def token_of(server: LiveServer, client: LiveClient) -> str:
    return str(post(server.issuer, client, ALICE).json()["access_token"])


def look(page: Page, client: LiveClient, token: str) -> dict[str, object]:
    variables = {"CLIENT_ID": client.id, "CLIENT_SECRET": client.secret or "", "TOKEN": token}
    answer: dict[str, object] = json.loads(page.run("/oauth2/introspect", **variables))
    return answer


def revoke_one(page: Page, server: LiveServer, client: LiveClient) -> None:
    token = token_of(server, client)
    assert look(page, client, token)["sub"] == "alice"
    variables = {"CLIENT_ID": client.id, "CLIENT_SECRET": client.secret or "", "TOKEN": token}
    assert page.run("/oauth2/revoke", **variables).startswith("HTTP/1.1 200 OK")
    assert look(page, client, token) == {"active": False}


def revoke_all_of_alice(page: Page, server: LiveServer, client: LiveClient) -> None:
    token = token_of(server, client)
    # The token is read from standard input.
    ask = page.block("token inspect").rstrip()
    assert "alice" in page.shell(f'{ask} <<< "$TOKEN"', TOKEN=token)
    assert client.id in page.run("user revoke")
    assert look(page, client, token) == {"active": False}
    assert "revoked" in page.shell(f'{ask} <<< "$TOKEN"', TOKEN=token)


@pytest.mark.parametrize(
    ("key", "text", "seconds"),
    [
        ("refresh_token_grace", "30 seconds", 30),
        ("refresh_token_lifetime", "30 days", 30 * 86400),
        ("grant_lifetime", "a year", 365 * 86400),
        ("access_token_lifetime", "an hour", 3600),
    ],
)
def test_the_defaults(key: str, text: str, seconds: int):
    assert setting_fields()[key].metadata["default"] == seconds
    assert f"`oauth2.{key}` ({text})" in (ROOT / NAME).read_text()
