"""docs/resource-server.md, word by word: an API beside the server that issues its tokens."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from importlib.metadata import metadata
from pathlib import Path

import pytest
import requests

from pyramid_oauth2.jose.published_keys import Refreshing
from pyramid_oauth2.keys.schedule import MAX_AGE
from pyramid_oauth2.settings import setting_fields
from tests.live import LiveClient, LiveServer, live_server
from tests.ports import free_port
from tests.serving import serving

from .page import ROOT, Page

NAME, PROJECT = "docs/resource-server.md", "pyramid-oauth2-server"
INTROSPECTION_CACHE = setting_fields()["introspection.cache"].metadata["default"]


def token_of(server: LiveServer, client: LiveClient) -> str:
    form = {"grant_type": "password", "username": "alice", "password": "wonderland"}
    answer = requests.post(server.token, form, auth=(client.id, client.secret), timeout=60)
    return str(answer.json()["access_token"])


def get(api: str, token: str | None) -> requests.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.get(f"{api}/notes", headers=headers, timeout=60)


def set_up(page: Page, server: LiveServer) -> None:
    """Register the API and write its files, as the page says."""
    shutil.copy(server.ini, page.folder / "development.ini")
    printed = page.run("--kind api")
    assert page.block("pip install").strip() == 'pip install "$CHECKOUT[demo,introspection]"'
    assert {"demo", "introspection"} <= {*metadata(PROJECT).get_all("Provides-Extra", [])}
    page.write_files()
    ini = page.folder / "api.ini"
    text = ini.read_text()
    for name in ("client_id", "client_secret"):
        (value,) = re.findall(rf"^{name}: +(\S+)$", printed, re.MULTILINE)
        text = text.replace(name.upper(), value)
    # Without the cache, so that a test need not wait for ten seconds.
    ini.write_text(text.replace("[app:main]\n", "[app:main]\noauth2.introspection.cache = 0\n"))


def test_the_page(follow: Callable[..., Page], tmp_path: Path) -> None:
    port = free_port()
    address = f"localhost:{port}"
    with live_server(tmp_path, {}) as server:
        page = follow(NAME, {"http://localhost:6543": server.issuer, "localhost:6544": address})
        set_up(page, server)
        with serving(page.folder / "api.ini", port, PYTHONPATH="."):
            check_a_token(server, f"http://{address}")
            check_the_challenge(server, f"http://{address}")
            for value in ("x", "oat_" + "0" * 65):
                assert get(f"http://{address}", value).status_code == 401
        printed = page.run("--access-token-format")
        with serving(page.folder / "local.ini", port, PYTHONPATH="."):
            check_a_jwt(server, printed, f"http://{address}")
            check_the_challenge(server, f"http://{address}")
            opaque = token_of(server, server.register())
            assert get(f"http://{address}", opaque).status_code == 401


def check_a_jwt(server: LiveServer, printed: str, api: str) -> None:
    """It gives access to the API, also after it was revoked."""
    found = dict(re.findall(r"^(client_id|client_secret): +(\S+)$", printed, re.MULTILINE))
    login, form = (found["client_id"], found["client_secret"]), {"grant_type": "client_credentials"}
    token = requests.post(server.token, form, auth=login, timeout=60).json()["access_token"]
    for _ in range(2):
        assert get(api, token).json() == {"notes of": None}
        revoked = requests.post(server.revoke, {"token": token}, auth=login, timeout=60)
        assert revoked.status_code == 200


def check_a_token(server: LiveServer, api: str) -> None:
    """It gives access to the API until it is revoked."""
    client = server.register()
    token = token_of(server, client)
    assert get(api, token).json() == {"notes of": "alice"}
    form, login = {"token": token}, (client.id, client.secret)
    assert requests.post(server.revoke, form, auth=login, timeout=60).status_code == 200
    assert get(api, token).status_code == 401


def check_the_challenge(server: LiveServer, api: str) -> None:
    """Without a token, the challenge leads to the issuer."""
    refused = get(api, None)
    assert refused.status_code == 401
    (url,) = re.findall('resource_metadata="(.*?)"', refused.headers["WWW-Authenticate"])
    assert requests.get(url, timeout=60).json()["authorization_servers"] == [server.issuer]


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("one for each token every 10 seconds", INTROSPECTION_CACHE == 10),
        ("one for its keys every 15 minutes", MAX_AGE == 900),
        ("at the earliest after 5 minutes", Refreshing().shortest == 300),
        ("once a minute at most", Refreshing().unknown == 60),
        ("the known ones are used for a day", Refreshing().stale == 86_400),
    ],
)
def test_the_times(text: str, is_so: bool) -> None:
    assert text in (ROOT / NAME).read_text()
    assert is_so
