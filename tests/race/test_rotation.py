"""Keys change under load: no valid token is refused, and what a revoked key has signed is.

Four processes sign and publish, an API in another process validates locally. Every time of the
keys and caches is scaled by one factor, so that the keys of a year change in seconds.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pyramid_oauth2.jose.compact import parse
from pyramid_oauth2.jose.uses import ACCESS_TOKEN
from pyramid_oauth2.scripts.poauth2 import main as poauth2
from tests.live import (
    ADDRESS,
    DEVELOPMENT_INI,
    ROOT,
    LiveClient,
    LiveServer,
    live_server,
    storage_settings,
)
from tests.ports import free_port
from tests.serving import serving

from .conftest import PROCESSES
from .flows import api_status, post
from .rotating import LIFETIME, SCHEDULE

SECONDS = float(os.environ.get("ROTATION_SECONDS", "15"))
CLIENTS = 4
PAUSE = 0.02  # seconds: the rest of the machine needs some of it too
SLACK = 0.5  # seconds that a request takes on a busy machine

API = """\
[app:main]
use = call:tests.race.rotating:api
oauth2.mode = resource_server
oauth2.validation = local
oauth2.issuer = {issuer}
oauth2.base_url = http://localhost:{port}
oauth2.resource = {issuer}
oauth2.scopes = read = Read

"""


@dataclass(frozen=True)
class Servers:
    """The authorization server, the origin of the API, and who may introspect."""

    issuing: LiveServer
    api: str
    introspecting: LiveClient
    client: LiveClient

    def token(self, address: str) -> Token:
        """A new access token."""
        response = post(address, self.client, {"grant_type": "client_credentials"})
        assert response.status_code == 200, response.text
        return Token(response.json()["access_token"])

    def tokens(self) -> list[Token]:
        """A new access token of each process."""
        return [self.token(address) for address in self.issuing.addresses]

    def is_accepted(self, token: Token) -> bool:
        """Whether the API opens its view for a token."""
        status = api_status(self.api, token.value, "/hello")
        assert status in (200, 401), status
        return status == 200

    def is_active(self, token: Token, address: str) -> bool:
        """Whether the authorization server says that a token is valid."""
        response = post(address, self.introspecting, {"token": token.value}, "introspect")
        assert response.status_code == 200, response.text
        return bool(response.json()["active"])


class Token:
    """An access token, and what can be read in it."""

    def __init__(self, value: str) -> None:
        jwt = parse(value, ACCESS_TOKEN)
        self.value, self.kid, self.expires_at = value, jwt.kid, jwt.claims["exp"]

    @property
    def is_over(self) -> bool:
        return time.time() >= self.expires_at


@pytest.fixture(scope="module")
def servers(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("rotation")
    settings = storage_settings("postgresql", request)
    settings["jwt_access_tokens.lifetime"] = str(LIFETIME)
    application = "call:tests.race.rotating:main"
    with live_server(folder, settings, PROCESSES, application) as issuing:
        port = free_port()
        api = f"http://localhost:{port}"
        with serving(api_ini(folder, issuing.issuer, port), port, PYTHONPATH=str(ROOT)):
            yield Servers(
                issuing,
                api,
                issuing.register_resource_server(),
                issuing.register_for_jwts(),
            )


def api_ini(folder: Path, issuer: str, port: int) -> Path:
    _, server, rest = DEVELOPMENT_INI.read_text().partition("[server:main]")
    served = f"{server}{rest}".replace(ADDRESS, f"localhost:{port}")
    ini = folder / "api.ini"
    ini.write_text(API.format(issuer=issuer, port=port) + served)
    return ini


@dataclass
class Run:
    """What a client saw."""

    kids: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def note(self, token: Token, accepted: bool, where: str) -> None:
        """Note a response, unless the token may have been over when it was examined."""
        if not accepted and not token.is_over:
            left = token.expires_at - time.time()
            self.refused.append(f"{where}: key {len(set(self.kids))}, {left:.1f} s before its end")


def client_runs(servers: Servers, number: int) -> Run:
    """Get tokens at every process; present each when it is new, and until it ends."""
    run, kept = Run(), []
    addresses = itertools.cycle(servers.issuing.addresses)
    for _ in range(number):
        next(addresses)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        token = servers.token(next(addresses))
        run.kids.append(token.kid)
        run.note(token, servers.is_accepted(token), "the API")
        run.note(token, servers.is_active(token, next(addresses)), "the issuer")
        kept = [each for each in [*kept, token] if not each.is_over]
        run.note(kept[0], servers.is_accepted(kept[0]), "the API")
        time.sleep(PAUSE)
    return run


def test_no_valid_token_is_refused_while_keys_change(servers: Servers) -> None:
    with ThreadPoolExecutor(CLIENTS) as pool:
        runs = list(pool.map(lambda number: client_runs(servers, number), range(CLIENTS)))
    assert [refused for run in runs for refused in run.refused] == []
    changes = len({kid for run in runs for kid in run.kids}) - 1
    assert changes >= SECONDS / SCHEDULE.rotation - 2


def test_what_a_revoked_key_has_signed_is_refused_everywhere(servers: Servers) -> None:
    earlier, signed = tokens_of_two_keys(servers)
    assert all(map(servers.is_accepted, [*earlier, *signed]))
    revoke(servers, signed[0].kid)
    # A process uses what it has read for so long, and what it publishes is cached for so long.
    time.sleep(SCHEDULE.cache + SCHEDULE.max_age + SLACK)
    until = time.monotonic() + 2 * SCHEDULE.rotation
    while time.monotonic() < until:
        assert_refused(servers, signed)
        assert all(map(servers.is_accepted, [*earlier, *servers.tokens()]))
        time.sleep(SLACK)
    assert not any(token.is_over for token in [*earlier, *signed])


def tokens_of_two_keys(servers: Servers) -> tuple[list[Token], list[Token]]:
    """Tokens of a key, and of the next one as soon as it signs at every process."""
    earlier = servers.tokens()
    while True:
        tokens = servers.tokens()
        kids = {token.kid for token in tokens}
        if len(kids) == 1 and kids.isdisjoint(token.kid for token in earlier):
            return earlier, tokens
        earlier = tokens if len(kids) == 1 else earlier
        time.sleep(PAUSE)


def revoke(servers: Servers, kid: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert poauth2([str(servers.issuing.ini), "keys", "revoke", kid]) == 0


def assert_refused(servers: Servers, tokens: list[Token]) -> None:
    for token in tokens:
        assert not servers.is_accepted(token)
        for address in servers.issuing.addresses:
            assert not servers.is_active(token, address)
