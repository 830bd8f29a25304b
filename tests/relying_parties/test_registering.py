"""Clients of other people register themselves, and what they registered for works."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests

from tests.functional.flow import VERIFIER, challenge_of
from tests.live import CALLBACK, LiveServer
from tests.serving import environment
from tests.visitor import Visitor

from .environment import HERE, node_with, python_with

SCRIPTS = HERE / "registering"
CLIENTS: dict[str, Callable[[], list[str]]] = {
    # openid-client brings oauth4webapi.
    "node": lambda: [str(node_with("openid-client")), str(SCRIPTS / "with_node.js")],
    "oic": lambda: [str(python_with("oic")), str(SCRIPTS / "with_oic.py")],
    "idpyoidc": lambda: [str(python_with("idpyoidc")), str(SCRIPTS / "with_idpyoidc.py")],
}


@pytest.mark.parametrize("name", CLIENTS)
def test_it_registers_itself(name: str, server: LiveServer, tmp_path: Path) -> None:
    """Both lines are of one client that has read its registration, or of two clients."""
    first, second = registrations(CLIENTS[name](), server, tmp_path)
    assert first["client_name"] == second["client_name"] == "Registered by itself"
    assert first["redirect_uris"] == [CALLBACK]
    if name != "node":
        # RFC 7592 section 2.1; the secret is not stored.
        without = {"client_secret", "client_secret_expires_at"}
        assert second == {key: first[key] for key in first.keys() - without}
    assert signed_in(server, first)["token_type"] == "Bearer"


def registrations(command: list[str], server: LiveServer, folder: Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [*command, server.issuer, CALLBACK],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    printed: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return printed


def signed_in(server: LiveServer, client: dict[str, Any]) -> dict[str, Any]:
    """The tokens of a client at the end of the code flow, by the secret that it got."""
    request = {
        "response_type": "code",
        "client_id": client["client_id"],
        "redirect_uri": CALLBACK,
        "scope": client["scope"],
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
    }
    back = Visitor().send(f"{server.authorize}?{urlencode(request)}")
    (code,) = parse_qs(urlsplit(back).query)["code"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    credentials = client["client_id"], client["client_secret"]
    answer = requests.post(server.token, form, auth=credentials, timeout=60)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())
