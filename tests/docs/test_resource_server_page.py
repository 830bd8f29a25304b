"""docs/resource-server.md, word by word: an API beside a server that issues its tokens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.live import LiveClient, LiveServer, live_server
from tests.serving import free_port, serving

PAGE = Path(__file__).parents[2] / "docs" / "resource-server.md"
FENCE = re.compile(r"^```\w+\n# (\S+\.\w+)\n((?:.*\n)*?)^```$", re.MULTILINE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("server"), {}) as server:
        yield server


@pytest.fixture(scope="module")
def api(server: LiveServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The page's application; its address."""
    assert 'client add --name "Notes API" --resource-server' in PAGE.read_text()
    client, port, folder = (
        server.register_resource_server(),
        free_port(),
        tmp_path_factory.mktemp("api"),
    )
    files = dict(FENCE.findall(PAGE.read_text()))
    assert set(files) == {"api.ini", "api.py"}
    for name, text in files.items():
        text = text.replace("http://localhost:6543", server.issuer).replace("6544", str(port))
        text = text.replace("CLIENT_ID", client.id).replace("CLIENT_SECRET", client.secret or "")
        (folder / name).write_text(text)
    ini = folder / "api.ini"
    # A test does not wait for ten seconds.
    ini.write_text(
        ini.read_text().replace("[app:main]\n", "[app:main]\noauth2.introspection.cache = 0\n")
    )
    with serving(ini, port, PYTHONPATH="."):
        yield f"http://localhost:{port}"


def token_of(server: LiveServer, client: LiveClient) -> str:
    form = {"grant_type": "password", "username": "alice", "password": "wonderland"}
    answer = requests.post(server.token, form, auth=(client.id, client.secret), timeout=60)
    return str(answer.json()["access_token"])


def get(api: str, token: str | None) -> requests.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.get(f"{api}/notes", headers=headers, timeout=60)


def test_a_token_opens_it_until_it_is_revoked(server: LiveServer, api: str) -> None:
    client = server.register()
    token = token_of(server, client)
    assert get(api, token).json() == {"notes of": "alice"}
    form, login = {"token": token}, (client.id, client.secret)
    assert requests.post(server.revoke, form, auth=login, timeout=60).status_code == 200
    assert get(api, token).status_code == 401


def test_without_a_token_the_challenge_leads_to_the_issuer(server: LiveServer, api: str) -> None:
    refused = get(api, None)
    assert refused.status_code == 401
    (url,) = re.findall('resource_metadata="(.*?)"', refused.headers["WWW-Authenticate"])
    assert requests.get(url, timeout=60).json()["authorization_servers"] == [server.issuer]


def test_bad_tokens(api: str) -> None:
    for value in ("x", "oat_" + "0" * 65):
        assert get(api, value).status_code == 401
