"""Which access tokens are valid, and why the others are not (RFC 6750 section 3.1)."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.access import Access
from pyramid_oauth2.protocol.errors import InvalidToken
from pyramid_oauth2.protocol.records import Client
from pyramid_oauth2.protocol.token.issuance import Issuance, Open
from pyramid_oauth2.protocol.token.issuing import issue
from pyramid_oauth2.protocol.token.presentation import credentials_in, has_token_parameter
from pyramid_oauth2.protocol.token.resolution import find_access_token
from pyramid_oauth2.protocol.token_strings import new_token, parse_token

from .worlds import NOW, Clock, make_server

SCOPE = frozenset({"read"})


class World:
    """A client with its own token and a token of a user."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.server = make_server(self.clock)
        self.client = Client("robot", scope=SCOPE)
        self.server.clients.add(self.client)
        self.own = issue(self.server, self.client, Issuance(Access(SCOPE))).access_token
        self.users = issue(
            self.server, self.client, Issuance(Access(SCOPE), Open("bob"))
        ).access_token

    def resolve(self, value):
        return find_access_token(self.server, value)

    @property
    def grant_id(self):
        return parse_token(self.users).family


@pytest.fixture
def world():
    return World()


def test_a_clients_own_token(world):
    token = world.resolve(world.own)
    assert token.client == world.client
    assert (token.subject, token.grant_id) == (None, None)
    assert (token.scope, token.expires_at) == (SCOPE, NOW + 3600)


def test_a_users_token(world):
    token = world.resolve(world.users)
    assert token.client == world.client
    assert (token.subject, token.grant_id) == ("bob", world.grant_id)
    assert (token.scope, token.expires_at) == (SCOPE, NOW + 3600)


def test_garbage_is_refused_without_asking_the_store():
    class Untouchable:
        def find(self, ref):
            raise AssertionError("the store was asked")

    server = make_server(grants=Untouchable())
    for value in ("", "x", "oat_", "oat_" + "0" * 65, "é" * 69, "\0"):
        with pytest.raises(InvalidToken):
            find_access_token(server, value)


@pytest.mark.parametrize("kind", ["refresh_token", "authorization_code", "interaction"])
def test_another_kind_of_token_is_no_access_token(kind):
    """RFC 6749 section 1.5: refused because of its prefix."""

    class Untouchable:
        def find(self, ref):
            raise AssertionError("the store was asked")

    value = new_token(kind, "f" * 16, os.urandom).value
    with pytest.raises(InvalidToken):
        find_access_token(make_server(grants=Untouchable()), value)


def test_an_unknown_token(world):
    with pytest.raises(InvalidToken, match="unknown"):
        world.resolve(new_token("access_token", world.grant_id, os.urandom).value)


@pytest.mark.parametrize("name", ["own", "users"])
@pytest.mark.parametrize(
    ("end", "words"),
    [
        pytest.param(lambda w, v: setattr(w.clock, "now", NOW + 3600), "expired", id="expired"),
        pytest.param(
            lambda w, v: w.server.grants.revoke_token(parse_token(v), NOW), "revoked", id="revoked"
        ),
        pytest.param(
            lambda w, v: w.server.clients.raise_epoch("robot", NOW), "withdrawn", id="epoch"
        ),
        pytest.param(
            lambda w, v: w.server.clients.raise_epoch("robot", NOW, NOW), "disabled", id="disabled"
        ),
        pytest.param(
            lambda w, v: w.server.clients.delete("robot", NOW), "disabled", id="client deleted"
        ),
    ],
)
def test_dead(world, name, end, words):
    value = getattr(world, name)
    assert world.resolve(value)
    end(world, value)
    with pytest.raises(InvalidToken, match=words):
        world.resolve(value)


def test_one_second_before_its_end(world):
    world.clock.now = NOW + 3599
    assert world.resolve(world.own)
    assert world.resolve(world.users)


def test_a_grant_that_was_revoked(world):
    world.server.grants.revoke_grant(world.grant_id, NOW, "test")
    with pytest.raises(InvalidToken, match="grant"):
        world.resolve(world.users)
    assert world.resolve(world.own), "which has no grant"


class Altered:
    """A grant store that returns something other than what was stored."""

    def __init__(self, store, alter):
        self.store, self.alter = store, alter

    def find(self, ref):
        return self.alter(*self.store.find(ref))


@pytest.mark.parametrize(
    "alter",
    [
        pytest.param(lambda token, grant: (token, None), id="gone"),
        pytest.param(lambda token, grant: (token, replace(grant, expires_at=NOW)), id="ended"),
        pytest.param(lambda token, grant: (token, replace(grant, revoked_at=0)), id="revoked"),
        pytest.param(lambda token, grant: (replace(token, consumed_at=0), grant), id="consumed"),
        pytest.param(lambda token, grant: (replace(token, revoked_at=0), grant), id="token"),
    ],
)
def test_a_users_token_does_not_outlive_its_grant(world, alter):
    server = replace(world.server, grants=Altered(world.server.grants, alter))
    with pytest.raises(InvalidToken):
        find_access_token(server, world.users)


def test_a_token_that_stood_alone_cannot_pass_for_one_whose_grant_is_gone(world):
    """And the other way round: without a grant and without a client of its own, it has no owner."""
    alter = lambda token, grant: (replace(token, grant_id=None), None)  # noqa: E731
    server = replace(world.server, grants=Altered(world.server.grants, alter))
    with pytest.raises(InvalidToken):
        find_access_token(server, world.users)


def test_an_issuer_that_knew_of_a_later_change_is_believed(world):
    """The epoch of a token may be ahead of what this process knows of the client."""
    ahead = replace(world.client, epoch=5)
    value = issue(world.server, ahead, Issuance(Access(SCOPE))).access_token
    assert world.resolve(value)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Bearer abc", "abc"),
        ("bearer abc", "abc"),
        ("BEARER   abc  ", "abc"),
        ("  Bearer abc", "abc"),
        ("Bearer abc def", "abc def"),
        ("Bearer", ""),
        ("Bearer ", ""),
        ("Bearerabc", None),
        ("Basic abc", None),
        ("abc", None),
        ("", None),
        (None, None),
    ],
)
def test_what_follows_bearer(header, value):
    assert credentials_in(header, {"bearer"}) == (None if value is None else ("bearer", value))


@pytest.mark.parametrize(
    ("encoded", "there"),
    [
        (b"", False),
        (b"a=b", False),
        (b"access_token=x", True),
        (b"a=b&access_token=x", True),
        (b"access_tokens=x", False),
        (b"x_access_token=x", False),
        (b"%ff&access_token=", True),
        (b"\xff\0%ff", False),
    ],
)
def test_a_token_that_is_elsewhere_too(encoded, there):
    assert has_token_parameter(encoded) is there
