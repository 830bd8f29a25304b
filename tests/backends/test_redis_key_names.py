"""The keys on the server: every key of protocol state expires by itself, and not too early."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pyramid_oauth2.backends.contract.factories import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    every,
    new_answer,
    new_attempt,
    new_client,
    new_consent,
    new_digest,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.redis import key_names, scripts
from pyramid_oauth2.protocol.records import (
    AUTHORIZATION_CODE,
    INTERACTION,
    REFRESH_TOKEN,
    Outcome,
)
from pyramid_oauth2.protocol.token_kinds import TokenKind, register

from .redis_contract import flush, open_backend, raw_keys, raw_nodes

SPARE = 300
BADGE = TokenKind("redis_badge", "orbdg", remembered=True)
SLACK = 5  # seconds that a test may take


@pytest.fixture
def backend(redis_url):
    backend = open_backend(redis_url)
    flush(backend)
    yield backend
    backend.close()


@pytest.fixture
def raw(backend):
    (client,) = raw_nodes(backend)
    return client


def left(raw, key):
    """Seconds until a key expires; None for never, negative if it does not exist."""
    milliseconds = raw.pttl(key)
    return None if milliseconds == -1 else milliseconds / 1000


def assert_kept(raw, key, end, now=NOW):
    assert end - now + SPARE - SLACK < left(raw, key) <= end - now + SPARE


def test_life_of_every_key_of_protocol_state(backend, raw):
    grants = backend.grants
    interaction = new_token(INTERACTION)
    assert grants.open(None, [interaction], NOW)
    grant = new_grant(id=interaction.family, expires_at=NOW + MINUTE)
    code = new_token(AUTHORIZATION_CODE, grant)
    assert (
        grants.redeem(interaction, NOW, new_attempt(), [code], grant=grant).outcome is Outcome.WON
    )
    refresh = new_token(REFRESH_TOKEN, grant, expires_at=NOW + HOUR)
    grants.redeem(
        code,
        NOW,
        new_attempt(),
        [refresh],
        grant_expires_at=NOW + HOUR,
        sealed_answer=new_answer(expires_at=NOW + 30),
    )
    grants.reserve("jti", new_digest(), NOW + MINUTE, NOW)
    grants.revoke_subject("alice", NOW, "left")
    lives = {key: left(raw, key) for _, key in raw_keys(backend)}
    assert len(lives) == 9
    assert None not in lives.values()
    assert_kept(raw, key_names.token_key(interaction), NOW + HOUR)
    assert_kept(raw, key_names.grant_key(grant.id), NOW + HOUR)
    assert_kept(raw, key_names.members_key(grant.id), NOW + HOUR)
    assert_kept(raw, key_names.token_key(refresh), NOW + HOUR)
    assert_kept(raw, key_names.token_key(code), NOW + HOUR)
    assert_kept(raw, key_names.answer_key(grant.id, code.digest), NOW + 30)
    assert_kept(raw, key_names.subject_index("alice"), NOW + HOUR)
    assert_kept(raw, key_names.client_index("client"), NOW + HOUR)


def test_life_of_a_spent_code_follows_its_grant(backend, raw):
    grant = new_grant(expires_at=NOW + MINUTE)
    code = new_token(AUTHORIZATION_CODE, grant)
    assert backend.grants.open(grant, [code], NOW)
    token, now = code, NOW
    for end in NOW + HOUR, NOW + 2 * HOUR, NOW + 3 * HOUR:
        fruit = new_token(REFRESH_TOKEN, grant, expires_at=end)
        won = backend.grants.redeem(token, now, new_attempt(), [fruit], grant_expires_at=end)
        assert won.outcome is Outcome.WON
        for key in (
            key_names.token_key(code),
            key_names.grant_key(grant.id),
            key_names.members_key(grant.id),
            key_names.subject_index("alice"),
        ):
            assert_kept(raw, key, end, now)
        token, now = fruit, end - 1


@pytest.mark.parametrize("kind", [AUTHORIZATION_CODE, BADGE.name])
@pytest.mark.parametrize("code_first", [True, False])
def test_life_of_a_spent_code_that_was_copied(backend, raw, code_first, kind):
    register(BADGE)
    grant = new_grant(absolute_end=NOW + 10 * DAY, expires_at=NOW + 9 * DAY)
    code = new_token(
        kind,
        grant,
        expires_at=NOW + MINUTE,
        consumed_at=NOW,
        attempt=new_attempt(),
    )
    for record in (code, grant) if code_first else (grant, code):
        assert backend.grants.import_([record]) == 1
    assert left(raw, key_names.token_key(code)) >= left(raw, key_names.grant_key(grant.id)) - SLACK
    token = new_token(grant=grant)
    assert backend.grants.add(grant.id, [token], NOW)
    won = backend.grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=NOW + 10 * DAY)
    assert won.outcome is Outcome.WON
    assert left(raw, key_names.token_key(code)) >= left(raw, key_names.grant_key(grant.id)) - SLACK


@pytest.mark.parametrize("code_first", [True, False])
def test_life_of_a_spent_code_that_was_copied_with_many_tokens(backend, raw, code_first):
    """The code is not among the first tokens of its grant, which are listed by their end."""
    grant = new_grant(absolute_end=NOW + 10 * DAY, expires_at=NOW + 9 * DAY)
    spent = {"consumed_at": NOW, "attempt": new_attempt()}
    code = new_token(AUTHORIZATION_CODE, grant, expires_at=NOW + MINUTE, **spent)
    many = [new_token(grant=grant, expires_at=NOW) for _ in range(1100)]
    backend.grants.import_([*many, code] if code_first else [grant, *many])
    assert backend.grants.import_([grant] if code_first else [code]) == 1
    assert left(raw, key_names.token_key(code)) >= left(raw, key_names.grant_key(grant.id)) - SLACK


def test_life_of_a_spent_token_follows_its_sealed_answer(backend, raw):
    grant = new_grant()
    alone, token = new_token(INTERACTION, expires_at=NOW + 1), new_token(grant=grant)
    token = replace(token, expires_at=NOW + 1)
    assert backend.grants.open(None, [alone], NOW)
    assert backend.grants.open(grant, [token], NOW)
    answer = new_answer(expires_at=NOW + DAY)
    for spent in alone, token:
        won = backend.grants.redeem(spent, NOW, new_attempt(), [], sealed_answer=answer)
        assert won.outcome is Outcome.WON
        assert_kept(raw, key_names.token_key(spent), NOW + DAY)
        assert_kept(raw, key_names.answer_key(spent.family, spent.digest), NOW + DAY)
    assert_kept(raw, key_names.members_key(grant.id), NOW + DAY)
    assert not raw.exists(key_names.members_key(alone.family))


def test_life_of_a_spent_token_that_was_copied_follows_its_sealed_answer(backend, raw):
    grant = new_grant()
    answer = new_answer(expires_at=NOW + 9 * DAY)
    state = {"consumed_at": NOW, "attempt": new_attempt(), "sealed_answer": answer}
    token = new_token(grant=grant, **state)
    assert backend.grants.import_([grant, token]) == 2
    answer_left = left(raw, key_names.answer_key(grant.id, token.digest))
    for key in key_names.token_key(token), key_names.members_key(grant.id):
        assert left(raw, key) >= answer_left - SLACK
    assert raw.zscore(key_names.members_key(grant.id), key_names.member(token)) == NOW + 9 * DAY


def test_life_of_several_spent_codes_follows_their_grant(backend, raw):
    grant = new_grant(expires_at=NOW + MINUTE)
    codes = [new_token(AUTHORIZATION_CODE, grant) for _ in range(3)]
    last = new_token(REFRESH_TOKEN, grant)
    assert backend.grants.open(grant, [*codes, last], NOW)
    for token in codes:
        assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON
    backend.grants.redeem(last, NOW, new_attempt(), [], grant_expires_at=NOW + DAY)
    for code in codes:
        assert_kept(raw, key_names.token_key(code), NOW + DAY)


def test_life_of_a_code_that_is_spent_while_its_grant_is_extended(backend, raw, monkeypatch):
    grant = new_grant(expires_at=NOW + MINUTE)
    first, second = (new_token(AUTHORIZATION_CODE, grant) for _ in "12")
    retired, refresh = new_token(grant=grant), new_token(grant=grant)
    assert backend.grants.open(grant, [first, second, retired, refresh], NOW)
    assert backend.grants.redeem(first, NOW, new_attempt(), []).outcome is Outcome.WON
    read = backend._server.read

    def spend_after_the_read(*keys):
        values = read(*keys)
        monkeypatch.setattr(backend._server, "read", read)
        assert backend.grants.redeem(second, NOW, new_attempt(), []).outcome is Outcome.WON
        return values

    monkeypatch.setattr(backend._server, "read", spend_after_the_read)
    fruit = new_token(grant=grant)
    extending = {"grant_expires_at": NOW + DAY, "retire": [retired.ref]}
    won = backend.grants.redeem(refresh, NOW, new_attempt(), [fruit], **extending)
    assert won.outcome is Outcome.WON
    for code in first, second:
        assert_kept(raw, key_names.token_key(code), NOW + DAY)
    assert_kept(raw, key_names.token_key(retired), NOW + MINUTE)
    assert backend.grants.find(retired.ref)[0].revoked_at == NOW
    assert backend.grants.find(fruit.ref)[0] == fruit


def test_one_spent_code_is_in_its_grant_as_in_its_key(backend, raw):
    """Also one of an earlier version, whose key has its long name: both follow their grant."""
    grant = new_grant()
    code = new_token(AUTHORIZATION_CODE, grant)
    assert backend.grants.open(grant, [code], NOW)
    backend.grants.redeem(code, NOW, new_attempt(), [])
    line = raw.get(key_names.grant_key(grant.id)).partition(b"\n")[0]
    name = line.split(b" ")[4].decode()
    assert raw.exists(key_names.member_key(grant.id, name))
    assert name == key_names.member(code)


def test_a_kind_of_any_name_is_listed_and_purged(backend, raw):
    """As that of a later version might be: a name that a key has to quote."""
    grant = new_grant()
    token = new_token("Later kind:{2},3", grant, expires_at=NOW + MINUTE)
    assert backend.grants.open(grant, [token], NOW)
    assert list(every(backend.grants.tokens, grant_id=grant.id)) == [token]
    assert set(every(backend.grants.export)) == {grant, token}
    assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON
    assert backend.grants.purge(NOW + MINUTE, limit=100).removed == 1


def test_life_follows_an_amended_end(backend, raw):
    token = new_token()
    assert backend.grants.open(None, [token], NOW)
    assert backend.grants.amend(token.ref, 0, {"expires_at": NOW + DAY})
    assert_kept(raw, key_names.token_key(token), NOW + DAY)
    assert backend.grants.amend(token.ref, 1, {"expires_at": NOW - DAY})
    assert left(raw, key_names.token_key(token)) == pytest.approx(SPARE, abs=SLACK)


@pytest.mark.parametrize("data", [b"", b"\n", bytes(range(256))])
def test_new_data_leaves_the_parent_before_it(backend, data):
    grant = new_grant()
    token = new_token(grant=grant, parent=bytes(range(10, 42)), data=b"old")
    assert backend.grants.open(grant, [token], NOW)
    for version in range(2):
        assert backend.grants.amend(token.ref, version, {"data": data})
        assert backend.grants.find(token.ref)[0] == replace(token, data=data, version=version + 1)


def test_life_is_not_changed_by_a_revocation(backend, raw):
    grant = new_grant()
    token = new_token(grant=grant)
    assert backend.grants.open(grant, [token], NOW)
    assert backend.grants.revoke_token(token.ref, NOW + MINUTE)
    assert backend.grants.revoke_grant(grant.id, NOW + MINUTE, "test")
    for key in key_names.token_key(token), key_names.grant_key(grant.id):
        assert_kept(raw, key, grant.expires_at)


def test_what_a_later_version_added_to_a_document_is_passed_over(backend, raw):
    grants = [new_grant(), new_grant(epoch=7), new_grant(resources=("https://api.example",))]
    tokens, consent = [new_token(grant=grant) for grant in grants], new_consent()
    for grant, token in zip(grants, tokens, strict=True):
        backend.grants.open(grant, [token], NOW)
    assert backend.consents.put(consent, None)
    key = key_names.consent_key(consent.subject, consent.client_id)
    raw.set(key, raw.get(key).replace(b'"resources"', b'"later": 1, "resources"'))
    for key in map(key_names.grant_key, (grant.id for grant in grants)):
        line, document, data = raw.get(key).split(b"\n", 2)
        facts = json.loads(document)
        facts += [*[0, []][len(facts) - 4 :], {"later": 1}]
        raw.set(key, b"\n".join([line, json.dumps(facts).encode(), data]))
    for key in (key for _, key in raw_keys(backend) if raw.type(key) == b"string"):
        raw.set(key, value_of(raw, key).replace(b"\n", b" later\n", 1))
    for grant, token in zip(grants, tokens, strict=True):
        assert backend.grants.find(token.ref) == (token, grant)
    assert backend.consents.get(consent.subject, consent.client_id) == consent


def test_the_data_of_a_consent_is_a_member_only_if_there_is_some(backend, raw):
    """So what a process of an earlier version reads is as it was."""
    consent = new_consent()
    assert backend.consents.put(consent, None)
    key = key_names.consent_key("alice", "client")
    assert b'"data"' not in raw.get(key)
    assert backend.consents.put(replace(consent, data=b"\x00"), 0)
    assert b'"data": "AA=="' in raw.get(key)


def value_of(raw, key):
    return raw.get(key) if raw.type(key) == b"string" else b""


def test_clients_and_consents_stay(backend, raw):
    backend.clients.add(new_client(owner="alice"))
    backend.consents.put(new_consent(), None)
    assert {left(raw, key) for _, key in raw_keys(backend)} == {None}


def test_indexes_are_trimmed_when_they_are_written(backend, raw):
    for number in range(20):
        now = NOW + number * MINUTE
        assert backend.grants.open(new_grant(expires_at=now + MINUTE), [], now)
    assert raw.zcard(key_names.subject_index("alice")) == 1
    assert raw.zcard(key_names.client_index("client")) == 1


def test_members_are_trimmed_when_they_are_written(backend, raw):
    grant = new_grant()
    assert backend.grants.open(grant, [], NOW)
    for number in range(20):
        token = new_token(grant=grant, expires_at=NOW + number + 1)
        assert backend.grants.add(grant.id, [token], NOW + number)
    assert raw.zcard(key_names.members_key(grant.id)) == 1


def test_a_grant_on_its_way_is_revoked_with_its_user(backend, raw):
    grant = new_grant()
    alone = new_token(family=grant.id)
    assert backend.grants.open(None, [alone], NOW)
    raw.zadd(key_names.subject_index("alice"), {grant.id: grant.expires_at})
    assert backend.grants.revoke_subject("alice", NOW, "left") == 0
    assert_kept(raw, key_names.grant_key(grant.id), grant.expires_at)
    assert backend.grants.open(grant, [new_token(grant=grant)], NOW) is False
    assert list(every(backend.grants.grants, subject="alice")) == []
    dead = backend.grants.redeem(alone, NOW, new_attempt(), [], grant=grant)
    assert dead.outcome is Outcome.DEAD


def test_grants_of_two_users_on_their_way_are_revoked(backend, raw):
    """Both decide about one request, and both lose their access before either has decided."""
    alices, bobs = (new_grant(id="a" * 16, subject=subject) for subject in ("alice", "bob"))
    alone = new_token(family=alices.id)
    assert backend.grants.open(None, [alone], NOW)
    for grant in alices, bobs:
        raw.zadd(key_names.subject_index(grant.subject), {grant.id: grant.expires_at})
    for grant in alices, bobs:
        assert backend.grants.revoke_subject(grant.subject, NOW, "left") == 0
    for grant in alices, bobs:
        dead = backend.grants.redeem(alone, NOW, new_attempt(), [], grant=grant)
        assert dead.outcome is Outcome.DEAD
        assert backend.grants.open(grant, [], NOW) is False
    carols = replace(alices, subject="carol", created_at=NOW + MINUTE)
    won = backend.grants.redeem(alone, NOW + MINUTE, new_attempt(), [], grant=carols)
    assert won.outcome is Outcome.WON
    assert_kept(raw, key_names.grant_key(carols.id), carols.expires_at, NOW + MINUTE)


def test_a_grant_on_its_way_is_revoked_by_a_clock_that_is_behind(backend, raw):
    grant = new_grant(created_at=NOW + 3)
    raw.zadd(key_names.subject_index("alice"), {grant.id: grant.expires_at})
    assert backend.grants.revoke_subject("alice", NOW, "left") == 0
    assert backend.grants.open(grant, [], NOW + 3) is False


def test_a_mark_of_an_earlier_version_is_of_every_user(backend, raw):
    grant = new_grant()
    raw.set(key_names.grant_key(grant.id), f"{NOW + HOUR} - {NOW} left -\n")
    for subject in ("alice", "bob"):
        assert backend.grants.open(replace(grant, subject=subject), [], NOW) is False
    raw.zadd(key_names.subject_index("alice"), {grant.id: grant.expires_at})
    assert backend.grants.revoke_subject("alice", NOW, "left") == 0
    assert backend.grants.open(replace(grant, subject="bob"), [], NOW) is False
    assert backend.grants.open(replace(grant, created_at=NOW + MINUTE), [], NOW + MINUTE)


@pytest.mark.parametrize(("limit", "expected"), [(10, 26), (1000, 3)])
def test_purging_looks_at_so_many_keys_a_call(backend, limit, expected):
    backend.grants.import_([new_token() for _ in range(250)])
    calls = 1
    while backend.grants.purge(NOW, limit).more:
        calls += 1
    assert calls == expected


def test_scripts_are_sent_again_after_they_were_flushed(backend, raw):
    grant = new_grant()
    token = new_token(grant=grant)
    assert backend.grants.open(grant, [token], NOW)
    fruit = new_token(grant=grant)
    raw.script_flush()
    won = backend.grants.redeem(
        token, NOW, new_attempt(), [fruit], grant_expires_at=grant.absolute_end
    )
    assert won.outcome is Outcome.WON
    raw.script_flush()
    assert backend.grants.revoke_grant(grant.id, NOW, "test") is True
    raw.script_flush()
    assert backend.grants.reserve("jti", new_digest(), NOW + 1, NOW) is True


@pytest.mark.parametrize("loaded", [(), (scripts.OPEN,), (scripts.INDEX,)])
def test_whichever_script_the_server_knows_a_grant_is_written_and_listed(backend, raw, loaded):
    raw.script_flush()
    for script in loaded:
        raw.script_load(script.text)
    grant = new_grant()
    token = new_token(grant=grant)
    assert backend.grants.open(grant, [token], NOW)
    assert backend.grants.find(token.ref) == (token, grant)
    assert list(every(backend.grants.grants, subject=grant.subject)) == [grant]


def test_no_text_of_a_script_is_sent_twice(backend, raw):
    def spelt_out():
        return raw.info("commandstats").get("cmdstat_eval", {"calls": 0})["calls"]

    def refreshed():
        grant = new_grant()
        token = new_token(grant=grant)
        backend.grants.open(grant, [token], NOW)
        fruit = [new_token(grant=grant)]
        backend.grants.redeem(token, NOW, new_attempt(), fruit, grant_expires_at=NOW + DAY)

    refreshed()
    before = spelt_out()
    refreshed()
    assert spelt_out() == before


def test_what_was_flushed_is_refused(backend, raw):
    grant = new_grant()
    token = new_token(grant=grant)
    assert backend.grants.open(grant, [token], NOW)
    raw.delete(key_names.grant_key(grant.id))
    assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.DEAD
    assert backend.grants.find(token.ref) == (token, None)
    raw.flushall()
    assert backend.grants.find(token.ref) is None
    assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.MISSING
    assert backend.grants.add(grant.id, [token], NOW) is False
    assert backend.grants.revoke_grant(grant.id, NOW, "test") is False


def test_no_command_but_those_that_a_request_may_use(backend, raw):
    raw.config_resetstat()
    grant = new_grant()
    token = new_token(grant=grant)
    grants = backend.grants
    assert grants.open(grant, [token], NOW)
    assert grants.find(token.ref)
    grants.redeem(token, NOW, new_attempt(), [], grant_expires_at=grant.absolute_end)
    grants.grants(subject="alice")
    grants.tokens(grant.id)
    grants.revoke_subject("alice", NOW, "left")
    backend.clients.add(new_client(client_name="App"))
    assert backend.clients.search(prefix="app").items
    used = {name.removeprefix("cmdstat_") for name in raw.info("commandstats")}
    assert not used & {"keys", "scan", "sscan", "hscan", "zscan"}
    assert "mget" in used
