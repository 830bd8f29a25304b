"""``poauth2 copy`` in real use: from SQLite to PostgreSQL and on to Redis, with live tokens."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyramid_oauth2.scripts.poauth2 import main as poauth2
from tests.backends.redis_contract import flush
from tests.backends.redis_contract import open_backend as open_redis
from tests.live import MAIN_STORAGES, LiveServer, live_server, storage_settings
from tests.race.flows import api_status, authorization_url, code_form, error_of, post, refresh_form
from tests.servers import postgresql_server, redis_url  # noqa: F401
from tests.visitor import Visitor


class Storage:
    """A storage, and a folder for the inis of the servers on it."""

    def __init__(self, name: str, request: pytest.FixtureRequest, folder: Path) -> None:
        self._folder = folder / name
        self._folder.mkdir()
        # One application, so one secret: it seals the keys that are copied.
        self._settings = {**storage_settings(name, request), "secret": "s" * 43}
        if name == "redis":
            with contextlib.closing(open_redis(self._settings["redis.url"])) as backend:
                flush(backend)

    def serve(self, **settings: str) -> contextlib.AbstractContextManager[LiveServer]:
        return live_server(self._folder, self._settings | settings)


@pytest.fixture
def storages(request: pytest.FixtureRequest, tmp_path: Path) -> list[Storage]:
    return [Storage(name, request, tmp_path) for name in MAIN_STORAGES]


@contextlib.contextmanager
def moved(old: Storage, new: Storage) -> Iterator[tuple[LiveServer, dict[str, dict[str, int]]]]:
    """Copy while both are served read-only; yield the new server, and how much was read."""
    with old.serve(read_only="true") as source, new.serve(read_only="true") as target:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            assert poauth2([str(source.ini), "copy", "--to", str(target.ini), "--json"]) == 0
        roles = json.loads(printed.getvalue())["roles"]
        yield target, {role: each["read"] for role, each in roles.items()}


def test_two_tokens_and_a_spent_code(storages: list[Storage]):
    sqlite, postgresql, redis = storages
    with sqlite.serve() as server:
        client = server.register()
        code = Visitor().code(authorization_url(server, client))
        tokens = post(server.issuer, client, code_form(code)).json()
        alone = post(server.issuer, client, {"grant_type": "client_credentials"}).json()

    with moved(sqlite, postgresql) as (server, read):
        assert read["consents"] == {"consent": 1}
        assert read["grants"]["grant"] == read["grants"]["authorization_code"] == 1
        assert api_status(server.issuer, tokens["access_token"]) == 200
        assert api_status(server.issuer, alone["access_token"]) == 200
        not_now = post(server.issuer, client, code_form(code))
        assert error_of(not_now) == (503, "temporarily_unavailable")
    with postgresql.serve() as server:
        newer = post(server.issuer, client, refresh_form(tokens["refresh_token"])).json()

    with moved(postgresql, redis) as (server, read):
        assert read["grants"]["refresh_token"] == 2
        for each in (tokens, newer, alone):
            assert api_status(server.issuer, each["access_token"]) == 200
    with redis.serve() as server:
        assert error_of(post(server.issuer, client, code_form(code))) == (400, "invalid_grant")
        for each in (tokens, newer):
            assert api_status(server.issuer, each["access_token"]) == 401
            refused = post(server.issuer, client, refresh_form(each["refresh_token"]))
            assert error_of(refused) == (400, "invalid_grant")
        assert api_status(server.issuer, alone["access_token"]) == 200
