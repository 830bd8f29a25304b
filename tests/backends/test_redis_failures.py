"""A server that is wrong, slow, busy or gone: no half-done write, no false success, recovery."""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from pyramid_oauth2.backends.contract.factories import (
    HOUR,
    NOW,
    every,
    new_answer,
    new_attempt,
    new_client,
    new_consent,
    new_digest,
    new_entry,
    new_grant,
    new_token,
)
from pyramid_oauth2.backends.redis import first_contact
from pyramid_oauth2.backends.redis.failures import translated
from pyramid_oauth2.backends.redis.key_names import token_key
from pyramid_oauth2.backends.redis.watched_connections import TCPConnection
from pyramid_oauth2.protocol.records import (
    AUTHORIZATION_CODE,
    DuplicateRecord,
    Outcome,
    OutcomeUnknown,
    StoreUnavailable,
)
from tests.ports import HOST
from tests.servers import valkey
from tests.servers.proxy import AFTER, BEFORE, Proxy

from .proxy import Proxy as CuttingProxy
from .redis_contract import flush, open_backend

A_FEW_SECONDS = 4


@pytest.fixture(scope="module")
def node():
    """A server that the tests may break; every write is on disk before the reply."""
    with valkey.single("appendonly yes", "appendfsync always") as node:
        yield node


@pytest.fixture
def backend(node):
    """A backend that connects to the server directly."""
    backend = open_backend(node.url)
    flush(backend)
    yield backend
    backend.close()


@pytest.fixture
def proxy(node):
    proxy = Proxy(node.port)
    yield proxy
    proxy.close()


@pytest.fixture
def distant(proxy):
    """A backend that connects to the same server through the proxy."""
    distant = open_backend(f"redis://127.0.0.1:{proxy.port}/0")
    yield distant
    distant.close()


def cuts(proxy, distant):
    """Iterate over all places where an operation may be cut, before and after every request."""
    for side in BEFORE, AFTER:
        for number in range(20):
            distant.grants.find(new_token().ref)  # Connects, so that only the operation counts.
            proxy.cut(side, number)
            yield side
            if not proxy.has_cut:
                assert number > 0
                break
        else:
            raise AssertionError("an operation has no end of requests")


class TestCutConnections:
    def test_redeem_is_won_once(self, backend, proxy, distant):
        for _ in cuts(proxy, distant):
            grant = new_grant()
            code = new_token(AUTHORIZATION_CODE, grant, parent=new_digest())
            assert backend.grants.open(grant, [code], NOW)
            fruit, attempt = new_token(grant=grant), new_attempt()
            won = distant.grants.redeem(
                code,
                NOW,
                attempt,
                [fruit],
                grant_expires_at=NOW + 2 * HOUR,
                sealed_answer=new_answer(),
            )
            assert won.outcome is Outcome.WON
            again = distant.grants.redeem(code, NOW, attempt, [fruit])
            assert again.outcome is Outcome.WON
            assert set(every(backend.grants.tokens, grant_id=grant.id)) == {
                backend.grants.find(code.ref)[0],
                fruit,
            }
            other = backend.grants.redeem(code, NOW, new_attempt(), [new_token(grant=grant)])
            assert other.outcome is Outcome.CONSUMED

    def test_open_is_all_or_nothing(self, backend, proxy, distant):
        for _ in cuts(proxy, distant):
            grant = new_grant()
            tokens = [new_token(grant=grant) for _ in range(3)]
            try:
                done = distant.grants.open(grant, tokens, NOW)
            except OutcomeUnknown:
                done = False
            found = [backend.grants.find(token.ref) for token in tokens]
            assert found in ([(token, grant) for token in tokens], [None] * 3)
            assert not done or None not in found
            if None in found:
                assert backend.grants.open(grant, tokens, NOW)
            else:
                with pytest.raises(DuplicateRecord):
                    backend.grants.open(grant, tokens, NOW)
            assert grant in set(every(backend.grants.grants, subject="alice"))

    def test_add_and_revoke_are_done_or_not(self, backend, proxy, distant):
        for _ in cuts(proxy, distant):
            grant = new_grant()
            assert backend.grants.open(grant, [], NOW)
            token = new_token(grant=grant)
            try:
                assert distant.grants.add(grant.id, [token], NOW)
                assert backend.grants.find(token.ref) == (token, grant)
                assert distant.grants.revoke_token(token.ref, NOW)
                assert distant.grants.revoke_grant(grant.id, NOW, "test")
            except StoreUnavailable:
                distant.grants.revoke_grant(grant.id, NOW, "test")
            assert backend.grants.revoke_grant(grant.id, NOW, "again") is False
            assert backend.grants.add(grant.id, [new_token(grant=grant)], NOW) is False

    def test_clients_are_found_by_every_index_or_by_none(self, backend, proxy, distant):
        for number, _ in enumerate(cuts(proxy, distant)):
            owner = f"owner {number}"
            client = new_client(owner=owner, client_name=owner)
            try:
                distant.clients.add(client)
                assert distant.clients.edit(client.client_id, 0, {"client_name": f"{owner}!"})
            except StoreUnavailable:
                pass
            kept = backend.clients.get(client.client_id)
            expected = () if kept is None else (kept,)
            assert backend.clients.search(owner=owner).items == expected
            assert backend.clients.search(prefix=f"{owner}").items == expected
            assert backend.clients.search(owner=owner, sort="created_at").items == expected

    def test_consents_are_found_by_client_if_they_are_there(self, backend, proxy, distant):
        for number, _ in enumerate(cuts(proxy, distant)):
            consent = new_consent(client_id=f"client-{number}")
            try:
                done = distant.consents.put(consent, None)
            except StoreUnavailable:
                done = False
            kept = backend.consents.get("alice", consent.client_id)
            assert kept == (consent if done else kept)
            listed = backend.consents.list(client_id=consent.client_id).items
            assert listed == (() if kept is None else (kept,))

    @pytest.mark.parametrize("operation", ["put", "delete"])
    def test_entries_are_done_or_not_with_their_listings(self, backend, proxy, distant, operation):
        for number, _ in enumerate(cuts(proxy, distant)):
            entry = new_entry(owner=f"first-{number}")
            changed = replace(entry, owner=f"second-{number}")
            assert backend.entries.put(entry, None)
            try:
                if operation == "put":
                    done = distant.entries.put(changed, 0)
                else:
                    done = distant.entries.delete(entry.namespace, entry.key)
            except StoreUnavailable:
                done = False
            kept = backend.entries.get(entry.namespace, entry.key)
            after = replace(changed, version=1) if operation == "put" else None
            assert kept in ((after,) if done else (entry, after))
            for owner in (entry.owner, changed.owner):
                listed = backend.entries.list(owner=owner).items
                assert listed == ((kept,) if kept and kept.owner == owner else ())

    @pytest.mark.parametrize("store", ["clients", "consents", "entries", "grants"])
    def test_an_import_that_was_sent_is_in_doubt(self, backend, proxy, distant, store):
        importing, imported = getattr(distant, store).import_, getattr(backend, store)
        for number, _ in enumerate(cuts(proxy, distant)):
            records = records_of(store, number)
            try:
                assert importing(records) == len(records)
            except OutcomeUnknown:
                imported.import_(records)
            stored = list(every(imported.export))
            assert all(record in stored for record in records)


def records_of(store, number):
    if store == "grants":
        grant = new_grant()
        return [grant, new_token(AUTHORIZATION_CODE, grant, consumed_at=NOW, attempt=new_attempt())]
    if store == "consents":
        return [new_consent(client_id=f"client-{number}")]
    return [new_client() if store == "clients" else new_entry()]


@pytest.mark.parametrize("answered", [False, True], ids=["request lost", "answer lost"])
def test_a_call_that_was_cut_stays_in_doubt(node, backend, answered):
    """Also if the repeated one finds no server; the outcome of the next call is known."""
    proxy = CuttingProxy(("127.0.0.1", node.port))
    distant = open_backend(f"redis://127.0.0.1:{proxy.port}/0")
    token = new_token()
    backend.grants.open(None, [token], NOW)
    for call in (
        lambda: distant.grants.redeem(token, NOW, new_attempt(), []),
        lambda: distant.grants.open(None, [new_token()], NOW),
        lambda: distant.grants.revoke_token(token.ref, NOW),
    ):
        distant.grants.find(token.ref)
        proxy.cut(1, answered, for_good=True)
        for error in OutcomeUnknown, StoreUnavailable:
            with pytest.raises(StoreUnavailable) as caught:
                call()
            assert type(caught.value) is error
        proxy.mend()
    distant.close()
    proxy.close()


class TestServerGone:
    def test_clear_refusal_and_recovery(self, node, backend):
        grant = new_grant()
        token = new_token(grant=grant)
        assert backend.grants.open(grant, [token], NOW)
        node.kill()
        for operation in (
            lambda: backend.grants.find(token.ref),
            lambda: backend.grants.redeem(token, NOW, new_attempt(), []),
            lambda: backend.grants.open(new_grant(), [], NOW),
            lambda: backend.clients.get("client"),
            lambda: backend.consents.purge(NOW),
            lambda: backend.entries.put(new_entry(), None),
        ):
            begin = time.monotonic()
            with pytest.raises(
                StoreUnavailable, match=r"cannot be reached at oauth2\.redis\.url"
            ) as refused:
                operation()
            assert type(refused.value) is StoreUnavailable, "nothing was sent"
            assert time.monotonic() - begin < A_FEW_SECONDS
        node.start()
        assert backend.grants.find(token.ref) == (token, grant)
        assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON

    def test_mute_server(self, node, backend):
        token = new_token()
        assert backend.grants.open(None, [token], NOW)
        node.daemon.process.send_signal(signal.SIGSTOP)
        try:
            begin = time.monotonic()
            with pytest.raises(StoreUnavailable, match="did not answer in time"):
                backend.grants.find(token.ref)
            assert time.monotonic() - begin < A_FEW_SECONDS
        finally:
            node.daemon.process.send_signal(signal.SIGCONT)
        assert backend.grants.find(token.ref) == (token, None)

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
    def test_a_trial_that_fails_for_another_reason_blocks_no_other(self, backend, error):
        server = backend._server
        server._breaker._is_open = True

        def failing(client):
            raise error

        with pytest.raises(error):
            server._repeated(failing)
        assert backend.grants.find(new_token().ref) is None

    def test_pool_exhausted(self, node):
        backend = open_backend(node.url, max_connections="1", timeout="0.1")
        assert backend.clients.get("client") is None
        pool = backend._server._connected().connection_pool
        connection = pool.get_connection()
        with pytest.raises(StoreUnavailable, match=r"oauth2\.redis\.max_connections") as refused:
            backend.grants.open(None, [new_token()], NOW)
        assert type(refused.value) is StoreUnavailable, "nothing was sent"
        pool.release(connection)
        assert backend.grants.open(None, [new_token()], NOW)
        backend.close()

    def test_full_server(self, node, backend):
        token = new_token()
        assert backend.grants.open(None, [token], NOW)
        node.command("CONFIG", "SET", "maxmemory", 1)
        try:
            with pytest.raises(StoreUnavailable, match=r"OOM.*maxmemory") as refused:
                backend.grants.open(None, [new_token()], NOW)
            assert type(refused.value) is StoreUnavailable, "the server refused it"
            with pytest.raises(StoreUnavailable, match="OOM"):
                backend.grants.redeem(token, NOW, new_attempt(), [])
            assert backend.grants.find(token.ref) == (token, None)
        finally:
            node.command("CONFIG", "SET", "maxmemory", 0)
        assert backend.grants.redeem(token, NOW, new_attempt(), []).outcome is Outcome.WON

    def test_replicas_that_are_not_there(self, node, backend):
        token, attempt = new_token(), new_attempt()
        assert backend.grants.open(None, [token], NOW)
        careful = open_backend(node.url, wait_replicas="1")
        with pytest.raises(OutcomeUnknown, match=r"oauth2\.redis\.wait_replicas asks for 1"):
            careful.grants.redeem(token, NOW, attempt, [])
        careful.close()
        assert backend.grants.redeem(token, NOW, attempt, []).outcome is Outcome.WON

    def test_a_connection_that_another_thread_closes_is_a_lost_one(self, node):
        connection = TCPConnection(host=HOST, port=node.port, socket_timeout=A_FEW_SECONDS)
        connection.send_command("BLPOP", "nothing", A_FEW_SECONDS)
        threading.Timer(0.2, connection.disconnect).start()
        with pytest.raises(StoreUnavailable, match="closed"), translated():
            connection.read_response()

    def test_a_write_whose_connection_another_thread_closes_is_in_doubt(self, node):
        connection = TCPConnection(host=HOST, port=node.port, socket_timeout=A_FEW_SECONDS)
        connection.send_command("BLPOP", "nothing", A_FEW_SECONDS)
        threading.Timer(0.2, connection.disconnect).start()
        with pytest.raises(OutcomeUnknown, match="closed"), translated(writes=True):
            connection.read_response()

    def test_close_and_use_again(self, backend):
        backend.clients.add(new_client(client_id="client"))
        backend.close()
        assert backend.clients.get("client").client_id == "client"


class TestCrashUnderLoad:
    WORKERS = 6
    TOKENS = 120

    def test_nothing_is_redeemed_twice(self, node, backend):
        tokens = [new_token() for _ in range(self.TOKENS)]
        backend.grants.import_(tokens)
        halfway = threading.Event()

        def work(number):
            outcomes = []
            for place, token in enumerate(tokens):
                attempt = new_attempt()
                while True:
                    try:
                        outcomes.append(backend.grants.redeem(token, NOW, attempt, []).outcome)
                        break
                    except StoreUnavailable:
                        time.sleep(0.05)
                if place == self.TOKENS // 3:
                    halfway.set()
            return outcomes

        with ThreadPoolExecutor(self.WORKERS) as pool:
            working = [pool.submit(work, number) for number in range(self.WORKERS)]
            assert halfway.wait(30)
            node.kill()
            node.start()
            results = [future.result(30) for future in working]
        for outcomes in zip(*results, strict=True):
            assert Counter(outcomes) == {Outcome.WON: 1, Outcome.CONSUMED: self.WORKERS - 1}


class TestFirstContact:
    SOUND = {"redis_version": "6.2.0", "maxmemory": 0, "aof_enabled": 1, "cluster_enabled": 0}

    @pytest.mark.parametrize(
        ("differs", "reason"),
        [
            ({"redis_version": "6.0.16"}, "version 6.0.16; at least Redis 6.2"),
            ({"redis_version": "5.0.3"}, "at least Redis 6.2 or any Valkey"),
            ({"cluster_enabled": 1}, r"redis\+cluster://"),
            ({"maxmemory": 1, "maxmemory_policy": "allkeys-lru"}, "allkeys-lru.*noeviction"),
            ({"maxmemory": 1, "maxmemory_policy": "volatile-ttl"}, "volatile-ttl.*noeviction"),
        ],
    )
    def test_refused(self, differs, reason):
        with pytest.raises(StoreUnavailable, match=reason):
            list(first_contact.check(self.SOUND | differs, of_cluster=False))

    @pytest.mark.parametrize(
        "differs",
        [
            {},
            {"redis_version": "8.0.1"},
            {"redis_version": "10.0"},
            {"maxmemory": 1, "maxmemory_policy": "noeviction"},
            {"maxmemory": 0, "maxmemory_policy": "allkeys-lru"},
        ],
    )
    def test_accepted(self, differs):
        assert list(first_contact.check(self.SOUND | differs, of_cluster=False)) == []

    def test_warning_without_append_only_file(self, caplog):
        with valkey.single("appendonly no") as node:
            backend = open_backend(node.url)
            for _ in range(2):
                assert backend.clients.get("client") is None
            (warning,) = backend.check()
            backend.close()
        (record,) = caplog.records
        assert record.levelno == logging.WARNING
        assert "appendonly yes" in record.getMessage()
        assert record.getMessage() == warning

    def test_evicting_server_until_it_is_cured(self):
        with valkey.single("maxmemory 64mb", "maxmemory-policy allkeys-lru") as node:
            backend = open_backend(node.url)
            for _ in range(2):
                with pytest.raises(StoreUnavailable, match="maxmemory-policy is allkeys-lru"):
                    backend.grants.find(new_token().ref)
            node.command("CONFIG", "SET", "maxmemory-policy", "noeviction")
            assert backend.grants.find(new_token().ref) is None
            backend.close()

    def test_plain_client_on_a_node_of_a_cluster(self, redis_cluster_url):
        plain = "redis://" + redis_cluster_url.partition("://")[2].split(",")[0]
        with pytest.raises(StoreUnavailable, match=r"use redis\+cluster://"):
            open_backend(plain).clients.get("client")

    def test_wrong_password(self, caplog):
        with valkey.single() as node:
            node.command("CONFIG", "SET", "requirepass", "correct-horse")
            right = open_backend(f"redis://:correct-horse@{node.address}")
            assert right.clients.get("client") is None
            right.close()
            for credentials in "", ":battery-staple@":
                wrong = open_backend(f"redis://{credentials}{node.address}")
                with pytest.raises(StoreUnavailable, match=r"let us in|NOAUTH") as failure:
                    wrong.clients.get("client")
                assert "battery" not in f"{failure.value} {failure.value.__cause__} {caplog.text}"
                # The server may also demand what is in the keys, so both places are named.
                for place in "url", "password":
                    assert f"oauth2.redis.{place}" in str(failure.value)

    def test_no_digest_in_an_error(self, backend, node):
        token = new_token()
        node.command("LPUSH", token_key(token), "not ours")
        for operation in (
            lambda: backend.grants.redeem(token, NOW, new_attempt(), []),
            lambda: backend.grants.export(),
            lambda: backend.grants.purge(NOW),
        ):
            with pytest.raises(StoreUnavailable, match="WRONGTYPE") as failure:
                operation()
            assert token.digest.hex() not in f"{failure.value} {failure.value.__cause__}"
