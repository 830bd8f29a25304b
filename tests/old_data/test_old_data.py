"""A store written by an earlier version: everything in it works, on each store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from pyramid_oauth2.protocol.records import Entry
from pyramid_oauth2.protocol.token_strings import parse_token
from tests.functional.flow import Flow, answer_in
from tests.functional.server import bearer
from tests.servers import postgresql_server, redis_url  # noqa: F401
from tests.servers.databases import DatabaseServer

from .servers import STORES, LaterServer
from .stores import load

VERSIONS = sorted(folder.name for folder in Path(__file__).parent.iterdir() if folder.is_dir())


class Old:
    """A server on an old store, and what its clients and browsers hold."""

    def __init__(self, server: LaterServer, held: dict[str, Any]) -> None:
        self.server, self.held = server, held
        self.flow = Flow(server)
        for name, value in held["cookies"].items():
            self.flow.browser.set_cookie(name, value.strip('"'))

    def opens_view(self, token: str) -> bool:
        return self.server.get("/read", bearer(token)).status_int == 200

    def introspected(self, token: str) -> dict[str, Any]:
        self.server.service.clients.edit("robot", self._version("robot"), resource_server=True)
        form, login = {"token": token}, self.server.login()
        return dict(self.server.post(form, login, "/oauth2/introspect").json)

    def _version(self, client_id: str) -> int:
        return int(self.server.service.clients.get(client_id).version)


@pytest.fixture(params=[name for name in VERSIONS if not name.startswith("__")])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=STORES)
def old(request: pytest.FixtureRequest, version: str, tmp_path: Path) -> Iterator[Old]:
    yield from opened(request, version, tmp_path, request.param)


@pytest.fixture
def old_of_provider(request: pytest.FixtureRequest, version: str, tmp_path: Path) -> Iterator[Old]:
    """The same, and the later version is a provider of OpenID Connect."""
    yield from opened(request, version, tmp_path, "sqlite", openid=True)


def opened(
    request: pytest.FixtureRequest, version: str, tmp_path: Path, store: str, openid: bool = False
) -> Iterator[Old]:
    held = written(version, store)["held"]
    server = LaterServer(store, filled(request, version, tmp_path, store), held["secrets"], openid)
    yield Old(server, held)
    server.stop()


def filled(request: pytest.FixtureRequest, version: str, tmp_path: Path, store: str) -> str:
    """The URL of a store with everything that was written; one with tables is a copy."""
    if store == "sqlite":
        file = tmp_path / "old.sqlite"
        file.write_bytes(upgraded_file(version))
        return f"sqlite:///{file}"
    if store == "postgresql":
        server = request.getfixturevalue("postgresql_server")
        return str(server.new_database(upgraded_database(server, version)))
    url = str(request.getfixturevalue("redis_url"))
    load(store, url, written(version, store)["store"])
    return url


@cache
def written(version: str, store: str) -> Any:
    """What is in the store, and what clients and browsers hold."""
    return json.loads((Path(__file__).parent / version / f"{store}.json").read_text())


@cache
def upgraded_file(version: str) -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder, "old.sqlite")
        load("sqlite", f"sqlite:///{file}", written(version, "sqlite")["store"])
        return file.read_bytes()


@cache
def upgraded_database(server: DatabaseServer, version: str) -> str:
    url = server.new_database()
    load("postgresql", url, written(version, "postgresql")["store"])
    return url


def test_its_tokens_open_views_and_are_introspected(old: Old) -> None:
    token = old.held["tokens"]["access_token"]
    assert old.opens_view(token)
    members = old.introspected(token)
    assert (members["active"], members["sub"], members["client_id"]) == (True, "bob", "web")
    assert old.opens_view(old.held["client_token"])
    assert old.introspected(old.held["client_token"])["client_id"] == "robot"


def test_its_refresh_token_is_good_for_new_ones(old: Old) -> None:
    answer = old.flow.refresh(old.held["tokens"]["refresh_token"])
    assert answer.status_int == 200
    assert old.opens_view(answer.json["access_token"])


def test_its_answer_to_a_refresh_is_repeated_to_the_byte(old: Old) -> None:
    answer = old.flow.refresh(old.held["spent_refresh_token"])
    assert answer.text == old.held["repeated_answer"]


def test_its_code_is_redeemed_once(old: Old) -> None:
    answer = old.flow.redeem(old.held["code"])
    assert answer.status_int == 200
    assert old.flow.redeem(old.held["code"]).json["error"] == "invalid_grant"
    assert not old.opens_view(answer.json["access_token"])


def test_its_used_code_is_a_replay(old: Old) -> None:
    ref = parse_token(old.held["used_code"])
    grants = old.server.service.server.grants
    assert grants.find(ref)[1].revoked_at is None
    assert old.flow.redeem(old.held["used_code"]).json["error"] == "invalid_grant"
    assert grants.find(ref)[1].revoke_reason == "code replayed"
    assert old.flow.refresh(old.held["tokens"]["refresh_token"]).status_int == 200


def test_its_consent_page_can_be_allowed(old: Old) -> None:
    answer = old.flow.browser.post("/oauth2/authorize", old.held["interaction"], status=303)
    tokens = old.flow.redeem(answer_in(answer.location)["code"]).json
    assert tokens["scope"] == "read write"


def test_its_consent_is_remembered(old: Old) -> None:
    old.flow.log_in("bob")
    assert "code" in answer_in(old.flow.ask().location)


def test_its_tokens_are_revoked(old: Old) -> None:
    form = {"token": old.held["tokens"]["refresh_token"]}
    old.server.post(form, old.server.login("web"), "/oauth2/revoke")
    assert not old.opens_view(old.held["tokens"]["access_token"])


def test_entries_are_stored_beside_it(old: Old) -> None:
    entry = Entry("feature", "key", owner="bob", data=b"\x00\xff")
    assert old.server.service.entries.put(entry, None)
    assert old.server.service.entries.list(owner="bob").items == (entry,)
    [consent] = old.server.service.server.consents.list(subject="bob").items
    assert consent.data == b""


class TestAnOpenIDProvider:
    """OpenID Connect is switched on while codes and tokens of before are on their way."""

    def test_its_code_is_redeemed(self, old_of_provider: Old) -> None:
        answer = old_of_provider.flow.redeem(old_of_provider.held["code"])
        assert answer.status_int == 200
        assert "id_token" not in answer.json, "the request was none of OpenID Connect"
        assert old_of_provider.opens_view(answer.json["access_token"])

    def test_its_refresh_token_is_good_for_new_ones(self, old_of_provider: Old) -> None:
        answer = old_of_provider.flow.refresh(old_of_provider.held["tokens"]["refresh_token"])
        assert old_of_provider.opens_view(answer.json["access_token"])

    def test_its_token_says_nothing_at_userinfo(self, old_of_provider: Old) -> None:
        token = bearer(old_of_provider.held["tokens"]["access_token"])
        assert old_of_provider.server.get("/oauth2/userinfo", token).status_int == 403

    def test_its_consent_page_can_be_allowed(self, old_of_provider: Old) -> None:
        form = old_of_provider.held["interaction"]
        answer = old_of_provider.flow.browser.post("/oauth2/authorize", form, status=303)
        code = answer_in(answer.location)["code"]
        assert old_of_provider.flow.redeem(code).json["scope"] == "read write"
