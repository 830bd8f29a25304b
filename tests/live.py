"""The demo on any storage, served by real processes, with the test's own clients."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from redis import Redis

from pyramid_oauth2.scripts.poauth2 import main as poauth2
from tests.backends.server_databases import new_database

from .ports import free_port
from .serving import serving

ROOT = Path(__file__).parents[1]
DEVELOPMENT_INI = ROOT / "development.ini"
ADDRESS = "localhost:6543"
DEMO = "egg:pyramid-oauth2-server#demo"

# Those between which everything can be copied.
MAIN_STORAGES = ("sqlite", "postgresql", "redis")

CALLBACK = "https://client.example/callback"


@dataclass(frozen=True)
class LiveClient:
    """A client that is registered at the server."""

    id: str
    secret: str | None
    redirect_uri: str = CALLBACK


@dataclass(frozen=True)
class LiveServer:
    """One authorization server: one issuer, one process for each address."""

    issuer: str
    addresses: tuple[str, ...]
    ini: Path

    @property
    def authorize(self) -> str:
        return f"{self.issuer}/oauth2/authorize"

    @property
    def token(self) -> str:
        return f"{self.issuer}/oauth2/token"

    @property
    def revoke(self) -> str:
        return f"{self.issuer}/oauth2/revoke"

    @property
    def introspect(self) -> str:
        return f"{self.issuer}/oauth2/introspect"

    @property
    def me(self) -> str:
        return f"{self.issuer}/api/me"

    def register(self, method: str = "client_secret_basic", *redirect_uris: str) -> LiveClient:
        """Register a client that may request everything.

        :param redirect_uris: in addition to :data:`CALLBACK`.
        """
        grant_types = ["authorization_code", "refresh_token", "password"]
        if method != "none":
            grant_types.append("client_credentials")
        arguments = ["--name", "Client", "--auth-method", method, "--scope", "read write"]
        for name in grant_types:
            arguments += ["--grant-type", name]
        for uri in (CALLBACK, *redirect_uris):
            arguments += ["--redirect-uri", uri]
        return self.add_client(*arguments)

    def register_resource_server(self) -> LiveClient:
        """Register a client that may introspect the tokens of all clients."""
        return self.add_client("--name", "API", "--resource-server")

    def register_for_jwts(self) -> LiveClient:
        """Register a client whose access tokens are JWTs."""
        words = "--name Client --scope read --grant-type client_credentials"
        return self.add_client(*words.split(), "--access-token-format", "jwt")

    def add_client(self, *arguments: str) -> LiveClient:
        """Register a client with options of ``poauth2 client add``."""
        made = json.loads(self.run("client", "add", *arguments, "--json"))
        return LiveClient(made["client_id"], made.get("client_secret"))

    def run(self, *arguments: str) -> str:
        """What a command of ``poauth2`` prints; it must succeed."""
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            assert poauth2([str(self.ini), *arguments]) == 0, printed.getvalue()
        return printed.getvalue()


def storage_settings(storage: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings that put all state into *storage*, which is empty, and started if necessary."""
    if storage == "sqlite":
        return {}
    if storage == "redis":
        url = request.getfixturevalue("redis_url")
        with Redis.from_url(url) as client:
            client.flushall()  # Of keys that the secret of an earlier server has sealed.
        return {"backend": "redis", "redis.url": url}
    return {"sqlalchemy.url": new_database(request.getfixturevalue(f"{storage}_server"))}


@contextlib.contextmanager
def live_server(
    folder: Path,
    settings: dict[str, str],
    processes: int = 1,
    application: str = DEMO,
    path: str = "",
) -> Iterator[LiveServer]:
    """Serve the demo until the block ends.

    :param settings: values of ``oauth2.*`` that override those of the ini.
    :param application: the ``use`` of the ini.
    :param path: below which it is served, such as ``/auth``.
    """
    ports = [free_port() for _ in range(processes)]
    issuer = f"http://localhost:{ports[0]}{path}"
    inis = [write_ini(folder, settings, issuer, port, application) for port in ports]
    with contextlib.ExitStack() as running, ThreadPoolExecutor() as starting:

        def start(ini: Path, port: int) -> None:
            running.enter_context(serving(ini, port, PYTHONPATH=str(ROOT)))

        # One before the others, since it creates the table of the notes.
        start(inis[0], ports[0])
        list(starting.map(start, inis[1:], ports[1:]))
        addresses = tuple(f"http://localhost:{port}" for port in ports)
        yield LiveServer(issuer, addresses, inis[0])


def write_ini(
    folder: Path, settings: dict[str, str], issuer: str, port: int, application: str = DEMO
) -> Path:
    """Write the ini of a demo that listens on *port*; its tables exist already."""
    text = _with_settings(DEVELOPMENT_INI.read_text(), settings)
    text = text.replace(f"http://{ADDRESS}", issuer).replace(DEMO, application)
    ini = folder / f"live-{port}.ini"
    listen = f"listen = localhost:{port}"
    if path := urlsplit(issuer).path:
        listen += f"\nurl_prefix = {path}"
    ini.write_text(text.replace(f"listen = {ADDRESS}", listen))
    with contextlib.redirect_stdout(io.StringIO()):
        assert poauth2([str(ini), "db", "upgrade"]) == 0
    return ini


def _with_settings(ini: str, settings: dict[str, str]) -> str:
    for key, value in settings.items():
        ini = re.sub(rf"^oauth2\.{re.escape(key)} = .*\n", "", ini, flags=re.MULTILINE)
        line = f"oauth2.{key} = {value.replace('%', '%%')}\n"
        ini = ini.replace("[app:main]\n", f"[app:main]\n{line}")
    if url := settings.get("sqlalchemy.url"):
        notes = "demo.database_url = "
        ini = re.sub(f"^{notes}.*", lambda _: notes + url.replace("%", "%%"), ini, flags=re.M)
    return ini
