"""What a user allows at present."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.protocol import user_grants
from pyramid_oauth2.protocol.authorization.consent import remember_consent
from pyramid_oauth2.protocol.authorization.response import approval
from pyramid_oauth2.protocol.records import REFRESH_TOKEN
from pyramid_oauth2.protocol.user_grants import (
    LastToken,
    authorizations_of,
    last_token,
)

from .allowing import READ, WRITE, World
from .worlds import LIFETIMES, NOW, make_client, make_request


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
