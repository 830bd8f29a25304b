"""Ending what a user allows and owns: by the user, after a new password, after a deletion."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol.authorization.flow import decide
from pyramid_oauth2.protocol.authorization.response import approval
from pyramid_oauth2.protocol.authorization.results import Ask
from pyramid_oauth2.protocol.authorization_server import AuthorizationServer
from pyramid_oauth2.protocol.events import (
    ClientChanged,
    ConsentWithdrawn,
    GrantRevoked,
    UserForgotten,
)
from pyramid_oauth2.protocol.http import Parameters
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.protocol.user_grants import authorizations_of
from pyramid_oauth2.protocol.users import Ended, Users

from .allowing import BOB, HTTP, READ, World, ask
from .worlds import NOW, make_client, make_request

NEW_PASSWORD = "password changed"


@pytest.fixture
def world() -> World:
    return World()


def withdrawn(client_id: str, reason: str) -> ConsentWithdrawn:
    return ConsentWithdrawn(client_id=client_id, subject="bob", reason=reason)


class TestRevokeOneClient:
    def test_everything_of_the_client(self, world: World):
        grants = {world.issue(), world.issue()}
        world.remember()
        world.issue("app")
        assert world.users.revoke("bob", "web", NEW_PASSWORD) == Ended(grants=2, consents=1)
        assert world.allowed() == ["app"]
        assert world.server.consents.get("bob", "web") is None
        *revoked, last = world.emitted
        assert last == withdrawn("web", NEW_PASSWORD)
        assert {event.grant_id for event in revoked} == grants
        assert {type(event) for event in revoked} == {GrantRevoked}
        assert {event.reason for event in revoked} == {NEW_PASSWORD}

    @pytest.mark.parametrize(("what", "ended"), [("issue", Ended(1, 0)), ("remember", Ended(0, 1))])
    def test_a_grant_or_a_consent_alone(self, world: World, what: str, ended: Ended):
        getattr(world, what)()
        assert world.users.revoke("bob", "web") == ended
        assert world.allowed() == []
        assert world.emitted[-1] == withdrawn("web", "revoked by the application")

    def test_the_code_on_its_way(self, world: World):
        approval(world.server, make_client(), "bob", make_request())
        assert world.users.revoke("bob", "web").grants == 1
        assert world.allowed() == []

    @pytest.mark.parametrize(("client_id", "subject"), [("unknown", "bob"), ("web", "alice")])
    def test_where_there_is_nothing(self, world: World, client_id: str, subject: str):
        world.issue()
        world.remember()
        assert world.users.revoke(subject, client_id) == Ended(0, 0)
        assert world.allowed() == ["web"]
        assert world.emitted == []

    def test_twice(self, world: World):
        world.issue()
        world.users.revoke("bob", "web")
        emitted = len(world.emitted)
        assert world.users.revoke("bob", "web") == Ended(0, 0)
        assert len(world.emitted) == emitted

    def test_the_consent_goes_before_the_grants(self, world: World):
        """Otherwise a silent authorization could come between them."""
        world.issue()
        world.remember()
        seen: list[Any] = []

        class Watched:
            def __getattr__(self, name: str) -> Any:
                seen.append((name, world.server.consents.get("bob", "web")))
                return getattr(world.server.grants, name)

        Users(replace(world.server, grants=Watched())).revoke("bob", "web")
        assert ("revoke_grant", None) in seen
        assert {consent for _, consent in seen} == {None}

    def test_of_a_deleted_client(self, world: World):
        world.issue()
        world.server.clients.delete("web", NOW)
        assert world.users.revoke("bob", "web").grants == 1
        assert world.allowed() == []


class TestRevoke:
    def test_every_client(self, world: World):
        world.issue("web")
        world.remember(client_id="app")
        assert world.users.revoke("bob", reason=NEW_PASSWORD) == Ended(grants=1, consents=1)
        assert world.allowed() == []
        assert world.emitted[1:] == [withdrawn(name, NEW_PASSWORD) for name in ("app", "web")]

    def test_the_users_own_clients_stay(self, world: World):
        world.server.clients.add(make_client(client_id="own", owner="bob"))
        world.users.revoke("bob")
        assert [client.disabled_at for client in world.users.clients("bob")] == [None]

    def test_no_other_user_loses_anything(self, world: World):
        world.issue()
        world.remember()
        assert world.users.revoke("alice") == Ended(0, 0)
        assert world.allowed() == ["web"]

    def test_a_grant_that_no_listing_showed(self, world: World, monkeypatch: pytest.MonkeyPatch):
        revoke_subject = world.server.grants.revoke_subject

        def opened_before(*args: Any) -> int:
            world.issue()
            return revoke_subject(*args)

        monkeypatch.setattr(world.server.grants, "revoke_subject", opened_before)
        world.users.revoke("bob")
        assert world.allowed() == []

    def test_what_had_ended_until_the_store_failed_has_its_event(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        def fail(*args: Any) -> Any:
            raise StoreUnavailable("The store cannot answer.")

        world.remember()
        monkeypatch.setattr(world.server.grants, "revoke_subject", fail)
        with pytest.raises(StoreUnavailable):
            world.users.revoke("bob")
        assert [type(event) for event in world.emitted] == [ConsentWithdrawn]


class TestForget:
    def test_everything(self, world: World):
        world.issue()
        world.remember(client_id="app")
        for name, disabled_at in (("one", None), ("two", None), ("stopped", NOW)):
            world.server.clients.add(
                make_client(client_id=name, owner="bob", disabled_at=disabled_at)
            )
        assert world.users.forget("bob") == Ended(grants=1, consents=1, clients=2)
        assert world.allowed() == []
        assert all(client.disabled_at for client in world.users.clients("bob"))
        assert [event for event in world.emitted if isinstance(event, ClientChanged)] == [
            ClientChanged(client_id=name, change="disabled") for name in ("one", "two")
        ]
        assert world.emitted[-1] == UserForgotten(subject="bob", grants=1, consents=1, clients=2)
        revoked = {event.reason for event in world.emitted if isinstance(event, GrantRevoked)}
        assert revoked == {"the user was forgotten"}

    def test_the_event_also_where_nothing_is_left(self, world: World):
        """A subscriber deletes its own data by it, though an earlier call ended the rest."""
        assert world.users.forget("bob") == Ended(0, 0, 0)
        assert world.emitted == [UserForgotten(subject="bob", grants=0, consents=0, clients=0)]

    def test_a_client_that_is_deleted_meanwhile(self, world: World):
        own = make_client(client_id="own", owner="bob")
        world.server.clients.add(own)
        users = world.users
        users.clients = lambda subject: [own]  # type: ignore[method-assign]
        world.server.clients.delete("own", NOW)
        assert users.forget("bob").clients == 0

    def test_a_client_of_another_user_stays(self, world: World):
        world.server.clients.add(make_client(client_id="hers", owner="alice"))
        world.users.forget("bob")
        assert [client.disabled_at for client in world.users.clients("alice")] == [None]


@pytest.mark.parametrize("method", ["authorizations", "clients", "revoke", "forget"])
@pytest.mark.parametrize(
    ("subject", "error"),
    [(None, TypeError), (7, TypeError), ("", ValueError), ("b\0b", ValueError)],
)
def test_what_names_no_user(world: World, method: str, subject: Any, error: type[Exception]):
    """A listing without a subject is that of all users."""
    world.issue()
    with pytest.raises(error):
        getattr(world.users, method)(subject)
    assert world.allowed() == ["web"]


class Interrupted:
    """A store before whose *n*-th call, counted together with others, *action* runs once."""

    def __init__(self, store: Any, countdown: list[int], action: Callable[[], object]) -> None:
        self._store, self._countdown, self._action = store, countdown, action

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def interrupted(*args: Any, **kw: Any) -> Any:
            self._countdown[0] -= 1
            if self._countdown[0] == 0:
                self._action()
            return method(*args, **kw)

        return interrupted


def interrupted(
    server: AuthorizationServer, n: int, action: Callable[[], object]
) -> tuple[AuthorizationServer, Callable[[], bool]]:
    """A server over the same stores; and whether it made *n* calls, so that *action* has run."""
    countdown = [n]
    stores: dict[str, Any] = {
        name: Interrupted(getattr(server, name), countdown, action)
        for name in ("grants", "consents")
    }
    return replace(server, **stores), lambda: countdown[0] <= 0


def allow(server: AuthorizationServer, page: Ask) -> Any:
    form = Parameters({"decision": ("allow",)})
    return decide(server, replace(HTTP, method="POST"), page.handle, BOB, form)


class TestAtTheSameMoment:
    """One runs before each call of the other to the stores."""

    def both_orders(
        self, prepare: Callable[[World], Callable[[AuthorizationServer], object]]
    ) -> list[World]:
        worlds = []
        for forget_inside in (True, False):
            n, more = 1, True
            while more:
                world = World()
                world.issue()
                other = prepare(world)
                inner, outer = Users(world.server).forget, other
                if forget_inside:
                    server, has_run = interrupted(world.server, n, lambda: inner("bob"))  # noqa: B023
                    outer(server)
                else:
                    server, has_run = interrupted(world.server, n, lambda: outer(world.server))  # noqa: B023
                    Users(server).forget("bob")
                if more := has_run():
                    worlds.append(world)
                n += 1
        assert len(worlds) > 6
        return worlds

    def test_a_silent_authorization_leaves_nothing(self):
        def prepare(world: World) -> Callable[[AuthorizationServer], object]:
            world.remember(READ)
            return ask

        for world in self.both_orders(prepare):
            assert authorizations_of(world.server, "bob").newest_first == ()

    def test_a_decision_is_remembered_only_with_its_grant(self):
        """A decision that comes later counts; one that the call ended is not remembered."""

        def prepare(world: World) -> Callable[[AuthorizationServer], object]:
            page = ask(world.server)
            assert isinstance(page, Ask)
            return lambda server: allow(server, page)

        for world in self.both_orders(prepare):
            for authorization in authorizations_of(world.server, "bob").newest_first:
                assert authorization.grants
