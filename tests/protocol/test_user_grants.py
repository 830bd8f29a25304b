"""What a user allows at present, and withdrawing it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol import user_grants
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.authorization.consent import remember_consent
from pyramid_oauth2.protocol.authorization.response import approval
from pyramid_oauth2.protocol.events import ConsentWithdrawn, GrantRevoked
from pyramid_oauth2.protocol.records import REFRESH_TOKEN
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.user_grants import (
    Authorization,
    LastToken,
    authorizations_of,
    last_token,
    withdraw,
)

from .worlds import LIFETIMES, NOW, Clock, make_client, make_request, make_server

READ, WRITE = frozenset({"read"}), frozenset({"write"})


class World:
    """Two clients, and bob, who allows them what the test defines."""

    def __init__(self) -> None:
        self.clock, self.emitted = Clock(), list[Any]()
        self.server = make_server(self.clock)
        for name in ("web", "app"):
            self.server.clients.add(make_client(client_id=name))

    def issue(self, client_id: str = "web", scope: frozenset[str] = READ) -> str:
        """Issue tokens for bob; return the id of their grant."""
        client = self.server.clients.get(client_id)
        assert client is not None
        grant_id = issue(self.server, client, Issuance(Access(scope), Open("bob"))).grant_id
        assert grant_id is not None
        return grant_id

    def remember(self, scope: frozenset[str] = READ, client_id: str = "web") -> None:
        asked = make_request(scope=scope, client_id=client_id)
        remember_consent(self.server, asked, asked, make_client(client_id=client_id), "bob")

    def allowed(self) -> list[str]:
        found = authorizations_of(self.server, "bob")
        assert found.complete
        return [authorization.client_id for authorization in found.newest_first]

    def only(self) -> Authorization:
        (authorization,) = authorizations_of(self.server, "bob").newest_first
        return authorization

    def last_token_at(self) -> int | None:
        found = last_token(self.server, self.only().grants)
        return found and found.issued_at

    def withdraw(self, client_id: str = "web", subject: str = "bob") -> bool:
        return withdraw(self.server, subject, client_id, self.emitted.append)


@pytest.fixture
def world() -> World:
    return World()


class TestWhatIsAllowed:
    def test_nothing_at_first(self, world: World):
        assert world.allowed() == []

    def test_grants_and_consent_of_a_client_are_one(self, world: World):
        world.remember(WRITE)
        world.clock.now += 5
        first = world.issue()
        world.clock.now += 5
        second = world.issue()
        authorization = world.only()
        assert authorization.scope == READ | WRITE
        assert authorization.since == NOW
        assert {grant.id for grant in authorization.grants} == {first, second}
        assert authorization.client == world.server.clients.get("web")

    def test_the_newest_is_first(self, world: World):
        world.issue("web")
        world.clock.now += 1
        world.issue("app")
        assert world.allowed() == ["app", "web"]

    def test_a_consent_alone(self, world: World):
        """Its client gets a code without a prompt."""
        world.remember()
        assert (world.only().since, world.only().grants) == (NOW, ())

    def test_nobody_elses(self, world: World):
        world.issue()
        world.remember()
        assert authorizations_of(world.server, "alice").newest_first == ()

    def test_not_what_has_expired(self, world: World):
        world.issue()
        world.remember(client_id="app")
        world.clock.now += LIFETIMES.refresh_token
        assert world.allowed() == ["app"]
        world.clock.now = NOW + LIFETIMES.consent
        assert world.allowed() == []

    def test_not_what_was_revoked(self, world: World):
        world.server.grants.revoke_grant(world.issue(), NOW, "gone")
        assert world.allowed() == []

    def test_not_what_was_taken_away_from_the_client(self, world: World):
        """A higher epoch revokes every grant, although no grant is marked."""
        world.issue()
        world.server.clients.raise_epoch("web", NOW)
        assert world.allowed() == []
        new = world.issue()
        assert [grant.id for grant in world.only().grants] == [new]

    def test_nor_its_remembered_consent(self, world: World):
        """It does not count any more: the user is asked again."""
        world.remember()
        assert world.allowed() == ["web"]
        world.server.clients.raise_epoch("web", NOW)
        assert world.allowed() == []

    def test_not_what_was_declined(self, world: World):
        both = make_request(scope=READ | {"write"}, optional_scope=frozenset({"write"}))
        remember_consent(world.server, both, make_request(scope=READ), make_client(), "bob")
        assert world.only().scope == READ

    def test_one_of_a_later_version(self, world: World):
        """That version may count it, so the user can withdraw it."""
        world.remember()
        consent = world.server.consents.get("bob", "web")
        assert consent is not None
        later = replace(consent, data=b'{"later": 1, "critical": ["later"]}')
        assert world.server.consents.put(later, consent.version)
        assert world.allowed() == ["web"]

    def test_a_deleted_client(self, world: World):
        world.issue()
        world.server.clients.delete("web", NOW)
        assert (world.only().client_id, world.only().client) == ("web", None)

    def test_a_code_that_was_not_redeemed_yet(self, world: World):
        """The client may get tokens the next moment; once it cannot, the grant is gone."""
        approval(world.server, make_client(), "bob", make_request())
        assert world.last_token_at() is None
        world.clock.now += LIFETIMES.authorization_code
        assert world.allowed() == []

    def test_no_more_is_read_than_a_page_can_take(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        for _ in range(5):
            world.issue()
        for read, complete in ((5, True), (4, False)):
            monkeypatch.setattr(user_grants, "RECORDS_READ", read)
            found = authorizations_of(world.server, "bob")
            assert found.complete is complete
            assert len(found.newest_first[0].grants) == read

    def test_no_more_clients_are_read_than_a_page_can_take(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        """Withdrawn rights do not take the place of valid ones in the list."""
        names = ["web", "app"]
        for client_id in (*names, "stopped"):
            if client_id == "stopped":
                world.server.clients.add(make_client(client_id="stopped"))
            world.issue(client_id)
            world.clock.now += 1
        world.server.clients.raise_epoch("stopped", world.clock.now)
        for read, allowed, complete in ((2, ["app", "web"], True), (1, ["app"], False)):
            monkeypatch.setattr(user_grants, "CLIENTS_READ", read)
            found = authorizations_of(world.server, "bob")
            assert [one.client_id for one in found.newest_first] == allowed
            assert found.complete is complete


class TestTheLastToken:
    def test_of_the_grant_that_has_the_latest(self, world: World):
        world.issue()
        world.clock.now += 100
        world.issue()
        assert world.last_token_at() == NOW + 100

    def test_or_later_where_not_all_were_looked_at(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        world.issue()
        (grant,) = world.only().grants
        kept = len(world.server.grants.tokens(grant.id).items)
        for read, or_later in ((kept, False), (kept - 1, True)):
            monkeypatch.setattr(user_grants, "TOKENS_READ", read)
            assert last_token(world.server, [grant]) == LastToken(NOW, or_later)

    def test_a_refresh_token_remembers_it(self, world: World):
        """The access token has expired, and was purged."""
        grant_id = world.issue()
        world.clock.now += LIFETIMES.access_token
        world.server.grants.purge(world.clock.now)
        (token,) = world.server.grants.tokens(grant_id).items
        assert token.kind == REFRESH_TOKEN
        assert world.last_token_at() == NOW

    def test_of_a_consent_alone(self, world: World):
        world.remember()
        assert world.last_token_at() is None

    def test_no_more_grants_are_looked_into_than_a_page_can_take(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        for _ in range(user_grants.GRANTS_READ + 2):
            world.issue()
            world.clock.now += 1
        seen: list[str] = []
        tokens = world.server.grants.tokens

        def look(grant_id: str, limit: int) -> Any:
            seen.append(grant_id)
            return tokens(grant_id, limit=limit)

        monkeypatch.setattr(world.server.grants, "tokens", look)
        assert world.last_token_at() == world.clock.now - 1
        assert len(seen) == user_grants.GRANTS_READ


class TestWithdraw:
    def test_everything_of_the_client(self, world: World):
        grants = {world.issue(), world.issue()}
        world.remember()
        world.issue("app")
        assert world.withdraw()
        assert world.allowed() == ["app"]
        assert world.server.consents.get("bob", "web") is None
        *revoked, withdrawn = world.emitted
        assert withdrawn == ConsentWithdrawn(client_id="web", subject="bob")
        assert {event.grant_id for event in revoked} == grants
        assert {type(event) for event in revoked} == {GrantRevoked}
        assert {event.reason for event in revoked} == {"withdrawn by the user"}

    @pytest.mark.parametrize("what", ["issue", "remember"])
    def test_a_grant_or_a_consent_alone(self, world: World, what: str):
        getattr(world, what)()
        assert world.withdraw()
        assert world.allowed() == []
        assert world.emitted[-1] == ConsentWithdrawn(client_id="web", subject="bob")

    def test_the_code_on_its_way(self, world: World):
        approval(world.server, make_client(), "bob", make_request())
        assert world.withdraw()
        assert world.allowed() == []

    @pytest.mark.parametrize(("client_id", "subject"), [("nobody", "bob"), ("web", "alice")])
    def test_where_there_is_nothing(self, world: World, client_id: str, subject: str):
        world.issue()
        world.remember()
        assert not world.withdraw(client_id, subject)
        assert world.allowed() == ["web"]
        assert world.emitted == []

    def test_twice(self, world: World):
        world.issue()
        assert world.withdraw()
        emitted = len(world.emitted)
        assert not world.withdraw()
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

        withdraw(replace(world.server, grants=Watched()), "bob", "web", world.emitted.append)
        assert ("revoke_grant", None) in seen
        assert {consent for _, consent in seen} == {None}

    def test_of_a_deleted_client(self, world: World):
        world.issue()
        world.server.clients.delete("web", NOW)
        assert world.withdraw()
        assert world.allowed() == []
