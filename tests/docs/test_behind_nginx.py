"""docs/how-to/behind-nginx.md: its ini with forwarded headers, and all of it with a real nginx."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from pyramid_oauth2.protocol.http import MAX_BODY
from pyramid_oauth2.protocol.parameters import MAX_VALUE
from tests import programs
from tests.certificates import write_certificate
from tests.ports import free_port
from tests.servers import nginx as servers
from tests.serving import serving

from .page import Page

NAME = "docs/how-to/behind-nginx.md"
HOST = "auth.example.com"
BY_HTTPS = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
ASK = {"grant_type": "client_credentials"}
WAIT = 60  # seconds


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def tls_port() -> int:
    return free_port()


@pytest.fixture
def page(follow: Callable[..., Page], tmp_path: Path, port: int, tls_port: int) -> Iterator[Page]:
    """The page followed until its server runs, with nginx's files in the page's folder."""
    here = {
        "127.0.0.1:8001": f"127.0.0.1:{port}",
        "listen 443 ssl": f"listen 127.0.0.1:{tls_port} ssl",
        "/etc/ssl/": f"{tmp_path}/",
        "/var/log/nginx/": f"{tmp_path}/",
    }
    page = follow(NAME, here)
    page.write_files()
    app = Page("docs/getting-started.md", tmp_path).block("def main")
    (tmp_path / "app.py").write_text(app)
    page.run("client add")
    with serving(tmp_path / "auth.ini", port, PYTHONPATH="."):
        yield page


def login(page: Page) -> tuple[str, str]:
    client = json.loads((page.folder / "client.json").read_text())
    return client["client_id"], client["client_secret"]


class From(HTTPAdapter):
    """Connections from a given address of this machine."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options, source_address=(self._address, 0))


def test_the_ini_believes_the_proxy_alone(page: Page, port: int) -> None:
    leave_to_nginx(page)
    url, session = f"http://127.0.0.1:{port}/oauth2/token", requests.Session()

    def post(secret: str, **headers: str) -> requests.Response:
        return session.post(url, ASK, auth=("nightly", secret), headers=headers, timeout=WAIT)

    _, secret = login(page)
    refused = post(secret)
    assert refused.status_code == 400
    assert refused.json()["error_description"].startswith(row(page, "400"))
    assert post(secret, **BY_HTTPS).json()["scope"] == "read"
    guesses = [post("wrong", **BY_HTTPS).status_code for _ in range(11)]
    assert guesses == [401] * 10 + [429]
    elsewhere = BY_HTTPS | {"X-Forwarded-For": "192.0.2.2"}
    assert post("wrong", **elsewhere).status_code == 401
    session.mount("http://", From("127.0.0.2"))
    assert post(secret, **BY_HTTPS).status_code == 400


def leave_to_nginx(page: Page) -> None:
    """Use up the examples that :func:`test_nginx` tries, where nginx is installed."""
    page.block("TOKEN=")
    page.block('"hello"')


def row(page: Page, status: str) -> str:
    """The message in a row of the table of what can go wrong."""
    (line,) = [line for line in page.text.split("\n") if line.startswith(f"| {status} `")]
    return line.split("`")[1]


@pytest.fixture
def nginx(page: Page, tls_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The log of a running nginx; curl finds it at the page's address."""
    folder = page.folder
    certificate, _ = write_certificate(folder, HOST)
    connect_to = f'connect-to = "{HOST}:443:127.0.0.1:{tls_port}"'
    (folder / ".curlrc").write_text(f'{connect_to}\ncacert = "{certificate}"\n')
    monkeypatch.setenv("CURL_HOME", str(folder))
    with servers.nginx(folder, "include auth.conf;", tls_port):
        yield folder / "auth.log"


def ask(page: Page, path: str, *words: str) -> list[int]:
    """The statuses with which nginx responds to curl at the page's address."""
    output = ("-s", "-o", "answer", "-w", "%{http_code} ")
    command = shlex.join(["curl", *output, *words, f"https://{HOST}{path}"])
    return [int(status) for status in page.shell(command).split()]


def until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_nginx(page: Page, nginx: Path) -> None:
    assert json.loads(page.run("TOKEN=")) == json.loads(page.block('"hello"', "json"))
    assert ask(page, "/oauth2/token", "-d", "x" * MAX_BODY) == [400]
    assert ask(page, "/oauth2/token", "-d", "x" * (MAX_BODY + 1)) == [413]
    assert "<html>" in (page.folder / "answer").read_text()
    assert "buffered to a temporary file" not in (page.folder / "errors.log").read_text()
    # A client's own claim about its address is not trusted.
    wrong = ("-u", "nightly:wrong", "-d", "grant_type=client_credentials")
    guesses = [
        ask(page, "/oauth2/token", *wrong, "-H", f"X-Forwarded-For: 192.0.2.{number}")[0]
        for number in range(11)
    ]
    assert guesses == [401] * 10 + [429]
    log = nginx.read_text()
    assert '"GET /hello" 200' in log
    assert "?" not in log


def test_nginx_takes_a_long_state_and_bounds_a_flood(page: Page, nginx: Path) -> None:
    leave_to_nginx(page)
    register = "--client-id web --name Web --redirect-uri https://client.example/back --scope read"
    page.shell(f"poauth2 auth.ini client add {register}")
    query = f"client_id=web&response_type=x&state={'s' * MAX_VALUE}"
    assert ask(page, f"/oauth2/authorize?{query}") == [303]

    conf = page.folder / "auth.conf"
    changed = re.sub("proxy_buffer.*", "", conf.read_text()).replace("rate=20r/s", "rate=1r/m")
    conf.write_text(changed)
    page.shell(f"{programs.need('nginx')} -p . -c nginx.conf -s reload")
    until(lambda: ask(page, f"/oauth2/authorize?{query}") == [502])
    (message,) = re.findall(r"502, and `(.*?)`", page.text)
    assert message in (page.folder / "errors.log").read_text()
    assert ask(page, "/oauth2/token?[1-42]")[-1] == 429
    assert "<html>" in (page.folder / "answer").read_text()
