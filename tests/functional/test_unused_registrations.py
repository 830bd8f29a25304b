"""Clients that registered themselves and are not used are removed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.events import ClientChanged
from pyramid_oauth2.extensions.client_registration.initial_access_tokens import InitialAccessTokens
from pyramid_oauth2.extensions.client_registration.policy import Policy
from pyramid_oauth2.extensions.client_registration.registration import Registrations
from pyramid_oauth2.extensions.client_registration.sweeping import HOUR, IDLE, NEVER_USED, Sweeper
from pyramid_oauth2.extensions.client_registration.use import note_use

from .flow import Flow
from .registering import BACK, Configuration, register, registered
from .server import Clock, Server, bearer
from .test_client_registration import start

Build = Callable[..., Server]
YEAR = 365 * 86_400


@pytest.fixture
def server(build: Build) -> Server:
    return start(build)


def sweep(server: Server) -> int:
    return Sweeper(server.service.server).sweep(server.service.emit)


def new_client(server: Server, **members: Any) -> str:
    found = registered(server, token_endpoint_auth_method="none", **members)
    server.secrets[found["client_id"]] = ""
    return str(found["client_id"])


def exists(server: Server, client_id: str) -> bool:
    return server.service.server.clients.get(client_id) is not None


def test_one_that_was_never_used(server: Server):
    clock, client_id = Clock(server), new_client(server)
    clock.now += NEVER_USED - 1
    assert sweep(server) == 0
    heard: list[Any] = []
    server.hear(heard.append, ClientChanged)
    clock.now += 1
    assert sweep(server) == 1
    assert not exists(server, client_id)
    assert [(each.client_id, each.change) for each in heard] == [(client_id, "deleted")]


def test_one_that_is_used_stays_as_long_as_a_grant_lives(server: Server):
    clock, client_id = Clock(server), new_client(server)
    grants = ["authorization_code", "refresh_token"]
    client_id = new_client(server, grant_types=grants)
    issued = Flow(server, client_id).log_in().tokens(redirect_uri=BACK)
    assert "refresh_token" in issued
    lives = server.service.server.lifetimes.refresh_token
    for _ in range(2):
        clock.now += lives // 2 - 1
        sweep(server)
        assert exists(server, client_id)
    clock.now += 2
    # Since it was last seen with a living grant.
    clock.now += IDLE - lives
    sweep(server)
    assert exists(server, client_id)
    clock.now += lives
    sweep(server)
    assert not exists(server, client_id)


def test_one_that_was_used_stays_after_its_grants_were_removed(server: Server):
    """Without a refresh token a grant ends with its access token; each issuance removes some."""
    clock, client_id = Clock(server), new_client(server)
    assert "refresh_token" not in Flow(server, client_id).log_in().tokens(redirect_uri=BACK)
    clock.now += NEVER_USED
    server.service.server.grants.purge(clock.now, 1000)
    assert server.service.server.grants.grants(client_id=client_id).items == ()
    sweep(server)
    assert exists(server, client_id)
    clock.now += IDLE - NEVER_USED - 1
    sweep(server)
    assert exists(server, client_id)
    clock.now += 1
    sweep(server)
    assert not exists(server, client_id)


def test_one_whose_grants_were_all_revoked(server: Server):
    clock, client_id = Clock(server), new_client(server)
    Flow(server, client_id).log_in().tokens(redirect_uri=BACK)
    server.service.clients.withdraw(client_id)
    clock.now += NEVER_USED
    sweep(server)
    assert exists(server, client_id), "it was used"
    clock.now += IDLE
    sweep(server)
    assert not exists(server, client_id)


def test_one_that_an_operator_approved_stays(server: Server):
    clock, client_id = Clock(server), new_client(server)
    server.service.clients.edit(client_id, approved=True)
    clock.now += YEAR
    assert sweep(server) == 0


def test_one_that_acts_for_itself_stays(build: Build):
    """What it gets is not listed, so nothing shows whether it is used."""
    server = start(build, registration__grant_types="client_credentials")
    clock = Clock(server)
    client_id = registered(server, grant_types=["client_credentials"])["client_id"]
    clock.now += YEAR
    assert sweep(server) == 0
    assert exists(server, client_id)


def test_clients_of_others_stay(server: Server):
    clock = Clock(server)
    server.register("hobby", owner="bob", redirect_uris=(BACK,))
    clock.now += YEAR
    assert sweep(server) == 0
    assert exists(server, "hobby")


def test_what_is_kept_of_it_ends_too(server: Server):
    """Nothing of ours grows without end."""
    clock, client_id = Clock(server), new_client(server)
    clock.now += NEVER_USED
    sweep(server)
    entries = server.service.entries
    assert [each.key for each in entries.list("client_registration").items] == [client_id]
    assert server.service.server.clients.was_deleted(client_id)
    clock.now += server.service.server.lifetimes.grant
    sweep(server)
    assert entries.list("client_registration").items == ()
    assert not server.service.server.clients.was_deleted(client_id)
    assert not exists(server, client_id)


def test_of_one_that_was_never_used_nothing_is_kept_for_long(server: Server):
    """Who registers clients without end would fill the store: each would be there for a year."""
    clock, client_id = Clock(server), new_client(server)
    clock.now += NEVER_USED
    sweep(server)
    assert server.service.server.clients.was_deleted(client_id)
    clock.now += HOUR
    sweep(server)
    assert server.service.entries.list("client_registration").items == ()
    assert not server.service.server.clients.was_deleted(client_id)


def test_what_an_operator_deleted_is_forgotten(server: Server):
    clock, client_id = Clock(server), new_client(server)
    server.service.clients.delete(client_id)
    clock.now += YEAR
    assert sweep(server) == 0
    assert server.service.entries.list("client_registration").items == ()
    assert server.service.server.clients.was_deleted(client_id)


def test_each_registration_looks_at_some(server: Server):
    clock, client_id = Clock(server), new_client(server)
    clock.now += NEVER_USED
    assert register(server).status_int == 201
    assert not exists(server, client_id)


def test_one_that_a_user_allows_at_that_moment_stays(
    server: Server, monkeypatch: pytest.MonkeyPatch
):
    clock, client_id = Clock(server), new_client(server)
    flow, use = Flow(server, client_id).log_in(), Sweeper._use
    clock.now += NEVER_USED

    def allowed_then(self: Sweeper, client: Any, now: int) -> tuple[bool, int]:
        seen = use(self, client, now)
        allowed.append(flow.tokens(redirect_uri=BACK))
        return seen

    allowed: list[Any] = []
    monkeypatch.setattr(Sweeper, "_use", allowed_then)
    assert sweep(server) == 0
    assert exists(server, client_id)
    assert server.get("/read", bearer(allowed[0]["access_token"])).status_int == 200


def test_one_whose_end_was_not_finished(server: Server, monkeypatch: pytest.MonkeyPatch):
    """A process may end in between."""
    clock, client_id = Clock(server), new_client(server)
    clock.now += NEVER_USED
    with monkeypatch.context() as broken:
        broken.setattr(Sweeper, "_delete", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            sweep(server)
    assert exists(server, client_id)
    sweep(server)
    assert not exists(server, client_id)


def test_one_that_deletes_itself_while_it_is_marked_as_used(
    server: Server, monkeypatch: pytest.MonkeyPatch
):
    """What is kept of it ends all the same."""
    information = registered(server)
    client_id, clock = information["client_id"], Clock(server)
    delete = Sweeper._delete

    def used_then(self: Sweeper, *arguments: Any) -> None:
        delete(self, *arguments)
        note_use(server.service.server, client_id)

    monkeypatch.setattr(Sweeper, "_delete", used_then)
    assert Configuration(server, information).delete().status_int == 204
    clock.now += server.service.server.lifetimes.grant
    sweep(server)
    assert not server.service.server.clients.was_deleted(client_id)


def test_its_token_counts_no_more(server: Server):
    clock = Clock(server)
    mine = Configuration(server, registered(server))
    clock.now += NEVER_USED
    sweep(server)
    assert mine.get().status_int == 401


class TestALaterVersion:
    """What it wrote in a record stays when this version changes the record."""

    def test_in_a_registration(self, server: Server):
        client_id = new_client(server)
        later(server, "client_registration", client_id)
        note_use(server.service.server, client_id)
        assert members(server, "client_registration", client_id)["later"] == 1

    def test_in_an_initial_access_token(self, server: Server):
        tokens = InitialAccessTokens(server.service.server)
        value = tokens.add(Policy(None, frozenset()), 60, 2)
        (made,) = tokens.list()
        later(server, "initial_access_token", made.key)
        assert tokens.spend(value)
        assert members(server, "initial_access_token", made.key)["later"] == 1

    def test_one_that_it_would_read_wrongly_is_none(self, server: Server):
        client_id = new_client(server)
        later(server, "client_registration", client_id, critical=["later"])
        assert Registrations(server.service.server).find(client_id) is None


def members(server: Server, namespace: str, key: str) -> Any:
    return json.loads(server.service.entries.get(namespace, key).data)


def later(server: Server, namespace: str, key: str, **more: Any) -> None:
    entry = server.service.entries.get(namespace, key)
    data = json.dumps({**json.loads(entry.data), "later": 1, **more}).encode()
    assert server.service.entries.put(replace(entry, data=data), entry.version)
