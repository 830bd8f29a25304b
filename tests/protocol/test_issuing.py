"""Issuing, apart from any grant type: operations, reservations, members, what a lost race means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.events import CodeReplayed, GrantRevoked, TokenIssued
from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.errors import InvalidGrant, InvalidScope, InvalidTarget, InvalidToken
from pyramid_oauth2.protocol.records import (
    REFRESH_TOKEN,
    Client,
    Grant,
    StoreUnavailable,
    Token,
)
from pyramid_oauth2.protocol.single_use import SingleUse
from pyramid_oauth2.protocol.token.issuance import Add, Issuance, Open, Redeem, Repeat, Reuse
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.token.resolution import find_access_token
from pyramid_oauth2.protocol.token.token_response import IssuedTokens
from pyramid_oauth2.protocol.token_strings import parse_token
from pyramid_oauth2.read_only import ReadOnlyBackend

from .worlds import NOW, Clock, make_client, make_server

READ = Access(frozenset({"read"}))
REUSE = Reuse(CodeReplayed, "used twice")


@dataclass
class Seen:
    """The grant store, and the names of the methods that were called."""

    store: Any
    calls: list[str]

    def __getattr__(self, name: str) -> Any:
        self.calls.append(name)
        return getattr(self.store, name)


class World:
    def __init__(self, **changes: Any) -> None:
        self.clock, self.backend = Clock(), MemoryBackend()
        self.server = make_server(self.clock, grants=self.backend.grants, **changes)
        self.client = make_client()
        self.server.clients.add(self.client)
        self.events: list[Any] = []

    def issue(self, issuance: Issuance, client: Client | None = None) -> IssuedTokens:
        client = client or self.client
        return issue(self.server, client, issuance, "example", self.events.append)

    def open(self) -> IssuedTokens:
        return self.issue(Issuance(READ, Open("bob")))

    def find(self, value: str | None) -> tuple[Token, Grant]:
        ref = parse_token(value or "")
        found = self.server.grants.find(ref) if ref else None
        assert found is not None
        assert found[1] is not None
        return found[0], found[1]

    def redeem(self, value: str | None, repeat: Repeat | None = None) -> Redeem:
        return Redeem(*self.find(value), "It cannot be used.", REUSE, repeat)

    def repeat(self, value: str | None, scope: frozenset[str] = READ.scope) -> Repeat:
        return Repeat(value or "", scope, 30, CodeReplayed, "For another scope.")


@pytest.fixture
def world() -> World:
    return World()


def test_the_event_names_the_grant_type(world: World):
    issued = world.open()
    assert world.events == [
        TokenIssued(
            client_id="web",
            grant_type="example",
            subject="bob",
            scope=READ.scope,
            expires_in=3600,
            grant_id=issued.grant_id,
        )
    ]


def test_a_refresh_token_can_be_left_out(world: World):
    assert world.issue(Issuance(READ, Open("bob"), refresh_token=False)).refresh_token is None


def test_a_token_that_stands_alone_is_valid_until_the_epoch_is_raised(world: World):
    world.server.clients.raise_epoch("web", NOW)
    client = world.server.clients.get("web")
    assert client is not None
    value = world.issue(Issuance(READ), client).access_token
    assert find_access_token(world.server, value).client == client
    world.server.clients.raise_epoch("web", NOW)
    with pytest.raises(InvalidToken):
        find_access_token(world.server, value)


class TestWhatHoldsForEveryGrantType:
    def test_no_token_for_a_user_who_is_deactivated(self, world: World):
        world.server = replace(world.server, is_active=lambda subject: False)
        with pytest.raises(InvalidGrant, match="The grant was revoked"):
            world.open()
        assert not world.events

    @pytest.mark.parametrize("more", [{"scope": READ.scope | {"write"}}, {"resources": ("x:y",)}])
    def test_no_more_than_was_granted(self, world: World, more: dict[str, Any]):
        first = world.open()
        redeem, wanted = world.redeem(first.refresh_token), replace(READ, **more)
        for operation in (redeem, Add(redeem.grant, "It has ended.")):
            with pytest.raises((InvalidScope, InvalidTarget)):
                world.issue(Issuance(wanted, operation))
        world.issue(Issuance(READ, redeem))

    def test_no_limit_is_left_out(self, world: World):
        limited = replace(READ, resources=("https://api.example/",), details=({"type": "x"},))
        issued = world.issue(Issuance(limited, Open("bob")))
        redeem = world.redeem(issued.refresh_token)
        for less in (READ, replace(limited, details=()), replace(limited, resources=())):
            for operation in (redeem, Add(redeem.grant, "It has ended.")):
                with pytest.raises(InvalidTarget):
                    world.issue(Issuance(less, operation))
        assert world.issue(Issuance(limited, redeem)).refresh_token

    def test_nothing_for_a_grant_that_is_not_understood(self, world: World):
        redeem = world.redeem(world.open().refresh_token)
        later = replace(redeem.grant, data=b'{"critical": ["later"]}')
        with pytest.raises(InvalidGrant, match="later version"):
            world.issue(Issuance(READ, replace(redeem, grant=later)))


class TestAdd:
    def test_a_token_joins_the_grant_and_ends_with_it(self, world: World):
        first = world.open()
        _, grant = world.find(first.access_token)
        world.clock.now = grant.expires_at - 10
        added = world.issue(Issuance(READ, Add(grant, "It has ended."), refresh_token=False))
        assert (added.grant_id, added.subject, added.expires_in) == (grant.id, "bob", 10)
        found = find_access_token(world.server, added.access_token)
        assert (found.subject, found.grant_id) == ("bob", grant.id)
        assert world.find(added.access_token)[0].parent is None
        assert world.find(first.access_token)[0].revoked_at is None

    def test_no_second_refresh_token(self, world: World):
        _, grant = world.find(world.open().access_token)
        assert world.issue(Issuance(READ, Add(grant, "It has ended."))).refresh_token is None

    def test_not_to_a_grant_that_ended(self, world: World):
        _, grant = world.find(world.open().access_token)
        world.server.grants.revoke_grant(grant.id, NOW, "by the test")
        with pytest.raises(InvalidGrant, match="It has ended"):
            world.issue(Issuance(READ, Add(grant, "It has ended.")))

    def test_not_to_a_grant_of_another_client(self, world: World):
        _, grant = world.find(world.open().access_token)
        other = make_client(client_id="other")
        with pytest.raises(InvalidGrant, match="It has ended"):
            world.issue(Issuance(READ, Add(grant, "It has ended.")), other)

    def test_not_for_a_user_who_is_deactivated(self, world: World):
        _, grant = world.find(world.open().access_token)
        world.server = replace(world.server, is_active=lambda subject: False)
        with pytest.raises(InvalidGrant, match="It has ended"):
            world.issue(Issuance(READ, Add(grant, "It has ended.")))

    def test_not_to_a_grant_of_before_the_clients_rights_were_withdrawn(self, world: World):
        _, grant = world.find(world.open().access_token)
        later = replace(world.client, epoch=grant.epoch + 1)
        with pytest.raises(InvalidGrant, match="It has ended"):
            world.issue(Issuance(READ, Add(grant, "It has ended.")), later)


class TestRedeem:
    def test_what_is_issued_takes_its_place(self, world: World):
        first = world.open()
        second = world.issue(Issuance(READ, world.redeem(first.refresh_token)))
        spent, _ = world.find(first.refresh_token)
        assert spent.consumed_at == NOW
        assert world.find(second.refresh_token)[0].parent == spent.digest
        assert spent.sealed_answer is None

    def test_the_grant_lives_as_long_as_what_was_issued(self, world: World):
        first = world.open()
        world.clock.now += 1000
        second = world.issue(Issuance(READ, world.redeem(first.refresh_token)))
        token, grant = world.find(second.refresh_token)
        assert grant.expires_at == token.expires_at == world.clock.now + 7200

    def test_a_second_use_ends_the_grant(self, world: World):
        first = world.open()
        redeem = world.redeem(first.refresh_token)
        world.issue(Issuance(READ, redeem))
        world.events.clear()
        with pytest.raises(InvalidGrant, match="It cannot be used"):
            world.issue(Issuance(READ, redeem))
        replayed, revoked = world.events
        assert isinstance(replayed, CodeReplayed)
        assert isinstance(revoked, GrantRevoked)
        assert revoked.reason == "used twice"
        assert world.find(first.refresh_token)[1].revoked_at == NOW

    def test_one_that_was_found_used_makes_nothing(self, world: World):
        first = world.open()
        world.issue(Issuance(READ, world.redeem(first.refresh_token)))
        again = world.redeem(first.refresh_token, world.repeat(first.refresh_token))
        seen = Seen(world.server.grants, [])

        world.server = replace(world.server, grants=seen)
        with pytest.raises(InvalidGrant, match="It cannot be used"):
            world.issue(Issuance(READ, again, reservations=(SingleUse("x", b"x", NOW + 9),)))
        assert seen.calls == ["redeem", "revoke_grant"]

    def test_one_that_was_revoked_is_no_second_use(self, world: World):
        first = world.open()
        world.issue(Issuance(READ, world.redeem(first.refresh_token)))
        world.server.grants.revoke_grant(first.grant_id, NOW, "by the test")
        world.events.clear()
        with pytest.raises(InvalidGrant, match="It cannot be used"):
            world.issue(Issuance(READ, world.redeem(first.refresh_token)))
        assert world.events == []

    def test_one_whose_own_record_was_revoked_is_no_second_use(self, world: World):
        first = world.open()
        redeem = world.redeem(first.refresh_token)
        world.issue(Issuance(READ, redeem))
        world.server.grants.revoke_token(redeem.token.ref, NOW)
        for again in (redeem, world.redeem(first.refresh_token)):
            with pytest.raises(InvalidGrant, match="It cannot be used"):
                world.issue(Issuance(READ, again))
        assert world.find(first.refresh_token)[1].revoked_at is None


class TestRepeat:
    def issue_once(self, world: World, **more: Any) -> tuple[IssuedTokens, str]:
        presented = world.open().refresh_token or ""
        redeem = world.redeem(presented, world.repeat(presented))
        return world.issue(Issuance(READ, redeem, **more)), presented

    @pytest.mark.parametrize("raced", [True, False])
    def test_the_same_request_gets_every_member_again(self, world: World, raced: bool):
        presented = world.open().refresh_token or ""
        before = world.redeem(presented, world.repeat(presented))
        first = world.issue(Issuance(READ, before, members={"id_token": "x.y.z"}))
        world.events.clear()
        again = before if raced else world.redeem(presented, world.repeat(presented))
        second = world.issue(Issuance(READ, again, members={"id_token": "another"}))
        assert second.encode() == first.encode()
        assert second.parameters()["id_token"] == "x.y.z"
        assert second.repeated
        assert [type(event) for event in world.events] == [CodeReplayed]

    def test_another_scope_does_not(self, world: World):
        _, presented = self.issue_once(world)
        other = world.redeem(presented, world.repeat(presented, READ.scope | {"write"}))
        with pytest.raises(InvalidGrant, match="For another scope"):
            world.issue(Issuance(READ, other))
        assert world.find(presented)[1].revoked_at is None

    def test_another_request_is_a_reuse_where_no_refusal_is_named(self, world: World):
        _, presented = self.issue_once(world)
        other = world.repeat(presented, READ.scope | {"write"})
        redeem = world.redeem(presented, replace(other, error_description=None))
        with pytest.raises(InvalidGrant, match="It cannot be used"):
            world.issue(Issuance(READ, redeem))
        assert world.find(presented)[1].revoked_at == world.clock.now

    def test_nothing_is_sealed_without_a_grace(self, world: World):
        presented = world.open().refresh_token or ""
        repeat = replace(world.repeat(presented), grace=0)
        world.issue(Issuance(READ, world.redeem(presented, repeat)))
        assert world.find(presented)[0].sealed_answer is None

    def test_nor_once_the_successor_was_used_after_it_was_found(self, world: World):
        first, presented = self.issue_once(world)
        found = world.redeem(presented, world.repeat(presented))
        world.issue(Issuance(READ, world.redeem(first.refresh_token)))
        with pytest.raises(InvalidGrant, match="It cannot be used"):
            world.issue(Issuance(READ, found))
        assert world.find(presented)[1].revoked_at == world.clock.now

    def test_nor_while_the_store_refuses_to_write(self, world: World):
        _, presented = self.issue_once(world)
        again = world.redeem(presented, world.repeat(presented))
        world.server = replace(world.server, grants=ReadOnlyBackend(world.backend).grants)
        with pytest.raises(StoreUnavailable):
            world.issue(Issuance(READ, again))

    def test_nor_after_the_grace(self, world: World):
        _, presented = self.issue_once(world)
        world.clock.now += 30
        with pytest.raises(InvalidGrant, match="It cannot be used"):
            world.issue(Issuance(READ, world.redeem(presented, world.repeat(presented))))
        assert world.find(presented)[1].revoked_at == world.clock.now


class TestReservations:
    VOUCHER = SingleUse("voucher", b"1", NOW + 60)

    def test_one_request_gets_it(self, world: World):
        issuance = Issuance(READ, Open("bob"), reservations=(self.VOUCHER,))
        world.issue(issuance)
        with pytest.raises(InvalidGrant, match="was used already"):
            world.issue(issuance)
        assert len(world.server.grants.grants("bob").items) == 1


class TestMembers:
    def test_they_are_in_the_response(self, world: World):
        issued = world.issue(Issuance(READ, Open("bob"), members={"id_token": "x.y.z"}))
        assert list(issued.parameters())[-1] == "id_token"

    @pytest.mark.parametrize(
        "name", ["access_token", "scope", REFRESH_TOKEN, "expires_in", "critical"]
    )
    def test_none_replaces_what_the_server_says(self, name: str):
        with pytest.raises(ValueError, match=name):
            Issuance(READ, members={name: "mine"})

    def test_one_that_json_cannot_say_is_refused_before_anything_is_stored(self):
        with pytest.raises(TypeError):
            Issuance(READ, members={"at": object()})

    def test_no_repr_shows_them(self, world: World):
        issuance = Issuance(READ, members={"id_token": "x.y.z"})
        assert "x.y.z" not in repr(issuance) + repr(world.issue(issuance))


class Attempt:
    counted = 0

    def count(self, client_id: str) -> None:
        self.counted += 1


def test_an_attempt_is_counted_once_it_is_issued(world: World):
    attempt: Any = Attempt()
    presented = world.open().refresh_token
    redeem = world.redeem(presented, world.repeat(presented))
    for _ in range(2):
        world.issue(Issuance(READ, redeem, attempt=attempt))
    assert attempt.counted == 1


def test_under_a_single_access_token_an_earlier_grant_ends():
    world = World(single_access_token=True)
    first = world.open()
    world.clock.now += 1
    world.open()
    assert world.find(first.access_token)[1].revoked_at == world.clock.now
