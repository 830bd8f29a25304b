"""A refresh token is spent once: fifty refreshes at once, over four processes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pyramid_oauth2.interfaces import IGrantStore
from pyramid_oauth2.protocol.listings import every
from pyramid_oauth2.protocol.records import ACCESS_TOKEN, REFRESH_TOKEN, Token
from pyramid_oauth2.protocol.token_strings import parse_token
from pyramid_oauth2.scripts.ini import Ini
from pyramid_oauth2.service import OAuth2Service
from tests.live import LiveClient, LiveServer
from tests.visitor import Visitor

from .clock import FILE
from .flows import FEWER_ROUNDS, ROUNDS, api_status, error_of, post, race, refresh_form, tokens_of

GRACE = 30


@pytest.fixture
def service(server: LiveServer) -> Iterator[OAuth2Service]:
    """The store, opened by one more process."""
    with Ini(str(server.ini)).service() as service:
        yield service


def unspent(grants: IGrantStore, value: str) -> dict[str, list[Token]]:
    """The unspent tokens of a token's grant, by kind."""
    ref = parse_token(value)
    assert ref is not None
    tokens = list(every(lambda at: grants.tokens(ref.family, at)))
    live = [t for t in tokens if t.consumed_at is None and t.revoked_at is None]
    return {kind: [t for t in live if t.kind == kind] for kind in (ACCESS_TOKEN, REFRESH_TOKEN)}


def test_within_the_grace_everybody_gets_the_same_bytes(
    server: LiveServer, service: OAuth2Service
) -> None:
    client, visitor = server.register(), Visitor()
    for _ in range(ROUNDS):
        first = tokens_of(server, client, visitor)
        form = refresh_form(first["refresh_token"])
        answers = race(server, lambda at, form=form: post(at, client, form))
        assert {answer.status_code for answer in answers} == {200}
        (body,) = {answer.content for answer in answers}
        second = json.loads(body)

        live = unspent(service.server.grants, second["refresh_token"])
        # The previous access token stays valid beside the one of the new pair.
        assert len(live[ACCESS_TOKEN]) == 2
        (successor,) = live[REFRESH_TOKEN]
        ref = parse_token(second["refresh_token"])
        assert ref is not None
        assert successor.digest == ref.digest
        assert {api_status(at, second["access_token"]) for at in server.addresses} == {200}


@pytest.fixture
def put_forward(server: LiveServer) -> Iterator[Callable[[int], None]]:
    """Move the time of every process forward by that many seconds."""
    file = server.ini.with_name(FILE)
    yield lambda seconds: put(file, seconds)
    file.unlink(missing_ok=True)


def put(file: Path, ahead: int) -> None:
    """Write in one step, since a process may be reading."""
    new = file.with_suffix(".new")
    new.write_text(str(ahead))
    new.rename(file)


def test_after_the_grace_the_family_is_dead_everywhere(
    server: LiveServer, put_forward: Callable[[int], None]
) -> None:
    """RFC 9700 section 4.14.2."""
    client, visitor = server.register(), Visitor()
    ahead = 0
    for _ in range(ROUNDS):
        first = tokens_of(server, client, visitor)
        form = refresh_form(first["refresh_token"])
        second = post(server.issuer, client, form).json()
        put_forward(ahead := ahead + GRACE)
        answers = race(server, lambda at, form=form: post(at, client, form))
        assert set(map(error_of, answers)) == {(400, "invalid_grant")}
        assert_dead(server, client, first, second)


def test_once_the_successor_was_used_so_it_is_within_the_grace(server: LiveServer) -> None:
    """Only the last generation can be repeated."""
    client, visitor = server.register(), Visitor()
    for _ in range(FEWER_ROUNDS):
        first = tokens_of(server, client, visitor)
        form = refresh_form(first["refresh_token"])
        second = post(server.issuer, client, form).json()
        third = post(server.issuer, client, refresh_form(second["refresh_token"])).json()
        answers = race(server, lambda at, form=form: post(at, client, form), 8)
        assert set(map(error_of, answers)) == {(400, "invalid_grant")}
        assert_dead(server, client, first, second, third)


def assert_dead(server: LiveServer, client: LiveClient, *all_tokens: dict[str, str]) -> None:
    """No token of the grant is accepted by any process."""
    for address in server.addresses:
        for tokens in all_tokens:
            assert api_status(address, tokens["access_token"]) == 401
            refused = post(address, client, refresh_form(tokens["refresh_token"]))
            assert error_of(refused) == (400, "invalid_grant")


def test_a_spent_token_and_a_dump_open_nothing_once_the_successor_was_used(
    server: LiveServer, service: OAuth2Service
) -> None:
    client = server.register()
    first = tokens_of(server, client, Visitor())
    second = post(server.issuer, client, refresh_form(first["refresh_token"])).json()
    ref = parse_token(first["refresh_token"])
    assert ref is not None

    def kept() -> object:
        found = service.server.grants.find(ref)
        assert found is not None
        return found[0].sealed_answer

    assert kept() is not None
    assert post(server.issuer, client, refresh_form(second["refresh_token"])).ok
    assert kept() is None


def test_a_refresh_against_a_revocation(server: LiveServer) -> None:
    """In either order, nothing of the grant is left."""
    client, visitor = server.register(), Visitor()
    for _ in range(FEWER_ROUNDS):
        first = tokens_of(server, client, visitor)
        value = first["refresh_token"]

        def ask(address: str, value: str = value):
            if address == server.addresses[0]:
                return post(address, client, {"token": value}, "revoke")
            return post(address, client, refresh_form(value))

        answers = race(server, ask, 12)
        assert {answer.status_code for answer in answers} <= {200, 400}
        made = [a.json() for a in answers if a.ok and a.content]
        for tokens in (first, *made):
            for address in server.addresses:
                assert api_status(address, tokens["access_token"]) == 401


def test_tokens_for_two_apis_at_once(server: LiveServer) -> None:
    """RFC 8707 section 2.2: one wins, the other is refused, and nothing is revoked."""
    client, visitor = server.register(), Visitor()
    apis = (f"{server.issuer}/bills", f"{server.issuer}/photos")
    for _ in range(FEWER_ROUNDS):
        first = tokens_of(server, client, visitor, resource=apis, token_for=apis[0])
        form, turns = refresh_form(first["refresh_token"]), itertools.cycle(apis)
        answers = race(
            server,
            lambda at, form=form, turns=turns: post(at, client, {**form, "resource": next(turns)}),
            8,
        )
        won = {answer.content for answer in answers if answer.status_code == 200}
        lost = [answer for answer in answers if answer.status_code != 200]
        assert len(won) == 1
        assert {error_of(answer) for answer in lost} == {(400, "invalid_grant")}
        again = refresh_form(json.loads(won.pop())["refresh_token"])
        assert post(server.issuer, client, {**again, "resource": apis[1]}).status_code == 200
