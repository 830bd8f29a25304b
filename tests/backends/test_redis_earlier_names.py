"""Tokens that an earlier version stored under their long names, in every operation of the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.factories import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    every,
    new_answer,
    new_attempt,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.redis import RedisBackend, key_names
from pyramid_oauth2.protocol.records import (
    ACCESS_TOKEN,
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    Grant,
    Outcome,
    Token,
)
from tests.servers import redis_url  # noqa: F401

from .redis_contract import flush, open_backend, raw_keys, raw_nodes

KINDS = (ACCESS_TOKEN, AUTHORIZATION_CODE, REFRESH_TOKEN)


@pytest.fixture
def backend(redis_url: str) -> Iterator[RedisBackend]:  # noqa: F811
    backend = open_backend(redis_url)
    flush(backend)
    yield backend
    backend.close()


@pytest.fixture
def raw(backend: RedisBackend) -> Any:
    (client,) = raw_nodes(backend)
    return client


def grant_value(grant: Grant) -> bytes:
    """As an earlier version wrote it."""
    return (
        f"{grant.expires_at} {grant.absolute_end} - - -\n"
        f'{{"client_id": "{grant.client_id}", "epoch": {grant.epoch}, '
        f'"subject": "{grant.subject}", "scope": ["read"], "created_at": {grant.created_at}, '
        '"resources": []}\n'
    ).encode() + grant.data


def token_value(token: Token) -> bytes:
    """As an earlier version wrote it."""
    parent = "-" if token.parent is None else token.parent.hex()
    granted = "-" if token.grant_id is None else "%2B"
    return (
        f"{token.expires_at} - - - 0 {granted} {token.issued_at} {parent}\n".encode() + token.data
    )


def write(raw: Any, grant: Grant, *tokens: Token) -> None:
    """Write what an earlier version wrote."""
    life = grant.expires_at - NOW + 300
    raw.set(f"oauth2:{{{grant.id}}}:g", grant_value(grant), ex=life)
    for index in f"oauth2:i:subject:{grant.subject}", f"oauth2:i:client:{grant.client_id}":
        raw.zadd(index, {grant.id: grant.expires_at})
        raw.expire(index, life)
    for token in tokens:
        name = f"{token.kind}:{token.digest.hex()}"
        life = token.expires_at - NOW + 300
        raw.set(f"oauth2:{{{grant.id}}}:t:{name}", token_value(token), ex=life)
        raw.zadd(f"oauth2:{{{grant.id}}}:m", {name: token.expires_at})
        raw.expire(f"oauth2:{{{grant.id}}}:m", life)


@pytest.fixture
def grant() -> Grant:
    return new_grant(scope=frozenset({"read"}), expires_at=NOW + HOUR, absolute_end=NOW + 9 * DAY)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_found_listed_and_copied(
    backend: RedisBackend, raw: Any, grant: Grant, kind: str
) -> None:
    token = new_token(kind, grant, parent=bytes(32), data=b"\x00\n")
    write(raw, grant, token)
    assert backend.grants.find(token.ref) == (token, grant)
    assert backend.grants.tokens(grant.id).items == (token,)
    assert backend.grants.grants(subject=grant.subject).items == (grant,)
    assert set(every(backend.grants.export)) == {grant, token}


def test_it_is_not_imported_again(backend: RedisBackend, raw: Any, grant: Grant) -> None:
    token, other = (new_token(REFRESH_TOKEN, grant) for _ in "12")
    write(raw, grant, token)
    assert backend.grants.import_([grant, token, other]) == 1
    assert set(backend.grants.tokens(grant.id).items) == {token, other}
    assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON
    assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.CONSUMED


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_amended_and_revoked(
    backend: RedisBackend, raw: Any, grant: Grant, kind: str
) -> None:
    token = new_token(kind, grant, parent=bytes(32))
    write(raw, grant, token)
    changes = {"data": b"later", "expires_at": NOW + HOUR}
    assert backend.grants.amend(token.ref, 0, changes)
    assert not backend.grants.amend(token.ref, 0, changes)
    amended = replace(token, version=1, **changes)
    assert backend.grants.find(token.ref) == (amended, grant)
    assert backend.grants.tokens(grant.id).items == (amended,), "its place was moved, not doubled"
    assert backend.grants.revoke_token(token.ref, NOW)
    assert not backend.grants.revoke_token(token.ref, NOW)
    assert backend.grants.find(token.ref) == (replace(amended, revoked_at=NOW), grant)


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_spent_once(backend: RedisBackend, raw: Any, grant: Grant, kind: str) -> None:
    token = new_token(kind, grant, parent=bytes(32))
    write(raw, grant, token)
    fruits = [new_token(each, grant, parent=token.digest) for each in (REFRESH_TOKEN, ACCESS_TOKEN)]
    attempt = new_attempt()
    for _ in "first", "repeated":
        won = backend.grants.redeem(
            token, NOW, attempt, fruits, grant_expires_at=NOW + DAY, sealed_answer=new_answer()
        )
        assert won.outcome is Outcome.WON
    for fruit in fruits:
        assert backend.grants.find(fruit.ref) == (fruit, replace(grant, expires_at=NOW + DAY))
    again = backend.grants.redeem(token, NOW, new_attempt(), [])
    assert again.outcome is Outcome.CONSUMED
    assert again.token is not None
    assert again.token.attempt == attempt
    assert again.token.sealed_answer is not None
    assert len(backend.grants.tokens(grant.id).items) == 3


def test_its_successor_clears_its_answer(backend: RedisBackend, raw: Any, grant: Grant) -> None:
    token = new_token(REFRESH_TOKEN, grant)
    write(raw, grant, token)
    fruit = new_token(REFRESH_TOKEN, grant, parent=token.digest)
    backend.grants.redeem(token, NOW, new_attempt(), [fruit], sealed_answer=new_answer())
    won = backend.grants.redeem(fruit, NOW, new_attempt(), [])
    assert won.outcome is Outcome.WON
    found = backend.grants.find(token.ref)
    assert found is not None
    assert found[0].sealed_answer is None


def test_it_is_retired(backend: RedisBackend, raw: Any, grant: Grant) -> None:
    refresh, earlier = new_token(REFRESH_TOKEN, grant), new_token(grant=grant)
    later = new_token(grant=grant)
    write(raw, grant, refresh, earlier)
    assert backend.grants.add(grant.id, [later], NOW)
    retire = [earlier.ref, later.ref]
    won = backend.grants.redeem(refresh, NOW, new_attempt(), [], retire=retire)
    assert won.outcome is Outcome.WON
    for ref in retire:
        found = backend.grants.find(ref)
        assert found is not None
        assert found[0].revoked_at == NOW


def test_a_spent_code_stays_as_long_as_its_grant(
    backend: RedisBackend, raw: Any, grant: Grant
) -> None:
    code = new_token(AUTHORIZATION_CODE, grant, expires_at=NOW + MINUTE)
    write(raw, grant, code)
    token = code
    for end in NOW + DAY, NOW + 2 * DAY:
        fruit = new_token(REFRESH_TOKEN, grant, expires_at=end)
        won = backend.grants.redeem(token, NOW, new_attempt(), [fruit], grant_expires_at=end)
        assert won.outcome is Outcome.WON
        assert raw.ttl(f"oauth2:{{{grant.id}}}:t:{AUTHORIZATION_CODE}:{code.digest.hex()}") > (
            end - NOW
        )
        token = fruit
    backend.grants.purge(NOW + DAY, limit=1000)
    found = backend.grants.find(code.ref)
    assert found is not None
    assert found[0].consumed_at == NOW


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_purged(backend: RedisBackend, raw: Any, grant: Grant, kind: str) -> None:
    token = new_token(kind, grant, expires_at=NOW + MINUTE)
    write(raw, grant, token)
    assert backend.grants.purge(NOW + MINUTE, limit=1000).removed == 1
    assert backend.grants.find(token.ref) is None
    assert backend.grants.tokens(grant.id).items == ()


def test_its_grant_is_listed_for_longer_when_it_is_extended(
    backend: RedisBackend, raw: Any, grant: Grant
) -> None:
    """An earlier version listed a grant no longer than it lived."""
    token = new_token(REFRESH_TOKEN, grant)
    write(raw, grant, token)
    fruit = new_token(REFRESH_TOKEN, grant)
    end = grant.expires_at + 1
    won = backend.grants.redeem(token, NOW, new_attempt(), [fruit], grant_expires_at=end)
    assert won.outcome is Outcome.WON
    for index in f"oauth2:i:subject:{grant.subject}", f"oauth2:i:client:{grant.client_id}":
        assert raw.zscore(index, grant.id) == end


def test_the_interaction_of_a_login_is_not_stored_twice(backend: RedisBackend, raw: Any) -> None:
    """Its digest is derived from the login, and one login must give one grant."""
    interaction = new_token(INTERACTION)
    assert backend.grants.open(None, [interaction], NOW)
    (key,) = (key for _, key in raw_keys(backend))
    family = interaction.family
    assert key.decode() == f"oauth2:{{{family}}}:t:interaction:{interaction.digest.hex()}"


def test_a_name_with_an_unknown_letter_is_refused() -> None:
    with pytest.raises(ValueError, match="neither a letter nor a kind"):
        key_names.ref_of("family", "x" * 44)
