"""Back-channel logout: each client of a session is notified that it has ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pyramid_oauth2.backends.memory import MemoryBackend
from pyramid_oauth2.fetching import Fetcher
from pyramid_oauth2.jose.public_keys import KeySet
from pyramid_oauth2.jose.uses import LOGOUT_TOKEN
from pyramid_oauth2.jose.verification import verify
from pyramid_oauth2.keys.ring import KeyRing
from pyramid_oauth2.keys.schedule import Schedule
from pyramid_oauth2.openid import back_channel, delivery, delivery_thread
from pyramid_oauth2.openid.back_channel import LEASE, NAMESPACE, PAUSES, Outbox
from pyramid_oauth2.openid.client_fields import FIELDS
from pyramid_oauth2.openid.delivery import Delivery, Round
from pyramid_oauth2.openid.logout_fields import LOGOUT_FIELDS
from pyramid_oauth2.openid.logout_token import EVENT, logout_token
from pyramid_oauth2.openid.pairwise_salt import PairwiseSalt
from pyramid_oauth2.openid.sessions import SessionKeeper
from pyramid_oauth2.openid.sids import Sids
from pyramid_oauth2.protocol.clients.metadata import BY_NAME
from pyramid_oauth2.protocol.events import LogoutNotDelivered
from pyramid_oauth2.protocol.records import Client, Entry, StoreUnavailable
from pyramid_oauth2.protocol.server_secret import ServerSecret
from pyramid_oauth2.protocol.sessions import Sessions
from tests.functional.openid_provider import parts
from tests.jose import judges
from tests.keys.rings import SECRET
from tests.ports import free_port
from tests.protocol.worlds import FACTORIES, make_client

from . import keepers
from .parties import Party, party

URI = "backchannel_logout_uri"


class World(keepers.World):
    """A server that notifies clients."""

    def __init__(self, backend: Any = None) -> None:
        self.backend = backend or MemoryBackend()
        self.emitted: list[Any] = []
        settings: Any = keepers.Settings()

        def keeper(server: Any) -> SessionKeeper:
            sids = Sids(server, PairwiseSalt(None))
            ends = Sessions(server, self.emitted.append)
            self.delivery = Delivery(server, self.emitted.append, Fetcher(), sids, ends.end_left)
            return SessionKeeper(server, settings, sids, self.delivery)

        def signer(server: Any) -> KeyRing:
            secret = ServerSecret((SECRET,))
            return KeyRing(server, secret, Schedule(), clock=lambda: self.clock.now)

        factories = replace(FACTORIES, sessions=keeper, signer=signer)
        fields = {field.name: field for field in (*FIELDS, *LOGOUT_FIELDS)}
        super().__init__(self.backend, factories=factories, client_fields={**BY_NAME, **fields})

    def register(self, client_id: str = "web", uri: str | None = None, **changes: Any) -> Client:
        extra = {**({URI: uri} if uri else {}), **changes}
        client = make_client(client_id=client_id, extra=extra)
        self.server.clients.add(client)
        return client

    def end(self, *client_ids: str) -> str:
        """Sign bob in at clients, and end the session without a thread; return its ``sid``."""
        for client_id in client_ids:
            self.join(client_id)
        sid = self.only_sid()
        assert self.keeper.remove("bob", sid)
        self.delivery.unfinished.finish(self.delivery.unfinished.of_user("bob"))
        return sid

    def waiting(self) -> list[str]:
        return sorted(notice.client_id for notice in self.delivery.outbox.waiting())

    @property
    def lost(self) -> list[LogoutNotDelivered]:
        return [event for event in self.emitted if isinstance(event, LogoutNotDelivered)]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.delivery.close()


@pytest.fixture
def rp() -> Iterator[Party]:
    with party() as its:
        yield its


class TestToken:
    """Back-Channel Logout 1.0 section 2.4."""

    def test_what_it_says(self, world: World):
        header, claims = parts(logout_token(world.server, world.register(), "bob", "s-1"))
        assert (header["typ"], header["alg"]) == ("logout+jwt", "RS256")
        assert claims == {
            "iss": "https://auth.example.com",
            "aud": "web",
            "iat": world.clock.now,
            "exp": world.clock.now + 120,
            "jti": claims["jti"],
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
            "sub": "bob",
            "sid": "s-1",
        }
        assert len(claims["jti"]) == 32

    def test_it_never_has_a_nonce(self, world: World):
        """So that it cannot be used as an ID token."""
        _, claims = parts(logout_token(world.server, world.register(), "bob", "s-1"))
        assert "nonce" not in claims

    def test_each_has_its_own_name(self, world: World):
        client = world.register()
        made = [parts(logout_token(world.server, client, "bob", "s"))[1]["jti"] for _ in range(2)]
        assert len(set(made)) == 2

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256", "Ed25519", "EdDSA"])
    def test_other_libraries_accept_it(self, world: World, algorithm: str):
        world.clock.now = int(time.time())
        client = world.register(id_token_signed_response_alg=algorithm)
        token = logout_token(world.server, client, "bob", "s-1")
        assert world.server.signer is not None
        jwks = {"keys": list(world.server.signer.published())}
        claims = parts(token)[1]
        assert parts(token)[0]["alg"] == algorithm
        options = {"issuer": claims["iss"], "audience": "web", "typ": "logout+jwt"}
        assert judges.by_node(token, jwks, algorithms=[algorithm], **options) == claims
        if algorithm in judges.BY_PYJWT:
            assert judges.by_pyjwt(token, jwks, "web") == claims
            assert judges.by_jwcrypto(token, jwks, algorithm) == claims

    def test_it_holds_by_the_rules_for_those_that_come_in(self, world: World):
        token = logout_token(world.server, world.register(), "bob", "s-1")
        assert world.server.signer is not None
        keys = KeySet.of(world.server.signer.published()).keys
        found = verify(token, LOGOUT_TOKEN, lambda jwt: tuple(keys), world.clock.now)
        assert found.claims["events"] == {EVENT: {}}


class TestOutbox:
    def test_a_notice_for_each_client_that_wants_one(self, world: World, rp: Party):
        world.register("web", rp.url)
        world.register("app", rp.url)
        world.register("silent")
        world.end("web", "app", "silent", "unknown")
        assert world.waiting() == ["app", "web"]

    def test_it_is_sent_as_a_form(self, world: World, rp: Party):
        """Section 2.5."""
        world.register("web", rp.url)
        sid = world.end("web")
        assert world.delivery.deliver() == Round(sent=1)
        ((path, form),) = rp.got
        assert path == "/logout"
        assert list(form) == ["logout_token"]
        assert rp.media_types == ["application/x-www-form-urlencoded"]
        assert parts(rp.tokens[0])[1]["sid"] == sid
        assert world.waiting() == []
        assert world.delivery.deliver() == Round()

    def test_its_sid_is_that_of_the_client(
        self, world: World, rp: Party, monkeypatch: pytest.MonkeyPatch
    ):
        """Section 2.4: the one in its ID tokens, which for a pairwise client is its own."""
        monkeypatch.setattr(Sids, "sid_for", lambda sids, client, sid: f"of {client.client_id}")
        world.register("web", rp.url)
        world.end("web")
        world.delivery.deliver()
        assert parts(rp.tokens[0])[1]["sid"] == "of web"

    @pytest.mark.parametrize("status", [200, 204])
    def test_it_is_done(self, world: World, rp: Party, status: int):
        rp.statuses = [status]
        world.register("web", rp.url)
        world.end("web")
        assert world.delivery.deliver() == Round(sent=1)
        assert world.waiting() == []

    @pytest.mark.parametrize("status", [500, 503, 400, 404, 302, 201])
    def test_another_answer_is_tried_again(self, world: World, rp: Party, status: int):
        rp.statuses = [status]
        world.register("web", rp.url)
        world.end("web")
        assert world.delivery.deliver() == Round(later=1)
        world.clock.now += PAUSES[0] - 1
        assert world.delivery.deliver() == Round()
        world.clock.now += 1
        assert world.delivery.deliver() == Round(sent=1)
        first, second = (parts(token)[1] for token in rp.tokens)
        assert first["jti"] != second["jti"]
        assert first["sid"] == second["sid"]

    def test_three_times_with_growing_pauses_and_then_no_more(self, world: World, rp: Party):
        rp.statuses = [500] * 9
        world.register("web", rp.url)
        sid = world.end("web")
        assert sorted(PAUSES) == list(PAUSES)
        assert len(PAUSES) == 3
        for pause in PAUSES:
            assert world.delivery.deliver() == Round(later=1)
            world.clock.now += pause
        assert world.lost == []
        assert world.delivery.deliver() == Round(dropped=1)
        assert len(rp.got) == 4
        assert world.waiting() == []
        assert world.lost == [
            LogoutNotDelivered(
                client_id="web", subject="bob", sid=sid, error="answers with the status 500"
            )
        ]

    def test_a_dead_client(self, world: World, caplog: pytest.LogCaptureFixture):
        world.register("web", f"http://127.0.0.1:{free_port()}/logout")
        world.end("web")
        assert world.delivery.deliver() == Round(later=1)
        assert "web" in caplog.text
        assert "eyJ" not in caplog.text

    def test_a_dead_client_is_asked_once_in_a_round(self, world: World, rp: Party):
        """Also if many users have signed out: the others must not wait for it."""
        world.register("dead", f"http://127.0.0.1:{free_port()}/logout")
        world.register("web", rp.url)
        for _ in range(3):
            world.end("dead")
        world.end("web")
        assert world.delivery.deliver() == Round(sent=1, later=1)
        assert world.waiting() == ["dead"] * 3

    def test_a_redirect_is_not_followed(self, world: World, rp: Party):
        with party() as other:
            rp.statuses = [307]
            world.register("web", rp.url)
            world.end("web")
            assert world.delivery.deliver() == Round(later=1)
            assert other.got == []

    @pytest.mark.parametrize("change", ["disable", "remove"])
    def test_a_client_that_does_not_want_it_any_more(self, world: World, rp: Party, change: str):
        client = world.register("web", rp.url)
        world.end("web")
        changes = {"disabled_at": 1} if change == "disable" else {"extra": {}}
        assert world.backend.clients.edit("web", client.version, changes)
        assert world.delivery.deliver() == Round(sent=1)
        assert rp.got == []

    def test_two_processes_do_not_both_send_it(self, world: World, rp: Party):
        world.register("web", rp.url)
        world.end("web")
        other = Outbox(world.server)
        (notice,) = world.delivery.outbox.waiting()
        assert other.claim(notice) is not None
        assert world.delivery.outbox.claim(notice) is None
        assert world.delivery.deliver() == Round()
        assert rp.got == []

    def test_if_a_process_ends_while_it_sends_another_one_does(self, world: World, rp: Party):
        world.register("web", rp.url)
        world.end("web")
        (notice,) = world.delivery.outbox.waiting()
        assert Outbox(world.server).claim(notice) is not None
        world.clock.now += LEASE
        assert world.delivery.deliver() == Round(sent=1)
        assert len(rp.got) == 1

    def test_many_processes_at_the_same_moment(self, world: World, rp: Party):
        world.register("web", rp.url)
        for _ in range(3):
            world.end("web")
        line = threading.Barrier(4)
        sids = world.keeper.sids
        deliveries = [
            Delivery(world.server, world.emitted.append, Fetcher(), sids, world.delivery.end_left)
            for _ in range(4)
        ]

        def deliver(delivery: Delivery) -> None:
            line.wait(20)
            delivery.deliver()

        threads = [threading.Thread(target=deliver, args=(each,)) for each in deliveries]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len({parts(token)[1]["sid"] for token in rp.wait_for(3)}) == 3

    def test_in_the_end_it_is_given_up(self, world: World, rp: Party):
        """Not without an event; sent once more, so that a server that was off loses nothing."""
        rp.statuses = [500]
        world.register("web", rp.url)
        world.end("web")
        world.clock.now += back_channel.KEPT
        assert world.delivery.deliver() == Round(dropped=1)
        assert world.waiting() == []
        assert [event.client_id for event in world.lost] == ["web"]

    def test_at_last_the_store_drops_it(self, world: World, rp: Party):
        world.register("web", rp.url)
        world.end("web")
        world.clock.now += back_channel.STORED
        assert world.waiting() == []
        assert world.delivery.deliver() == Round()
        assert world.backend.entries.purge(world.clock.now).removed >= 1

    @pytest.mark.parametrize("error", [StoreUnavailable("no key"), LookupError("a plug-in")])
    def test_one_for_which_there_is_no_token_does_not_stop_the_others(
        self, world: World, rp: Party, monkeypatch: pytest.MonkeyPatch, error: Exception
    ):
        made = delivery.logout_token

        def failing(server: Any, client: Client, *session: str) -> str:
            if client.client_id == "bad":
                raise error
            return made(server, client, *session)

        monkeypatch.setattr(delivery, "logout_token", failing)
        for name in ("bad", "web", "app"):
            world.register(name, rp.url)
        world.end("bad", "web", "app")
        assert world.delivery.deliver() == Round(sent=2, later=1)
        assert world.waiting() == ["bad"]
        for pause in PAUSES:
            world.clock.now += pause
            world.delivery.deliver()
        assert [event.client_id for event in world.lost] == ["bad"]

    @pytest.mark.parametrize("data", [b"", b"[]", b"{", b'{"client_id":1}'])
    def test_a_record_that_cannot_be_read_is_left(self, world: World, data: bytes):
        world.backend.entries.put(Entry(NAMESPACE, "x", None, data), None)
        assert world.delivery.deliver() == Round()

    def test_nothing_of_it_is_in_a_repr(self, world: World, rp: Party):
        world.register("web", rp.url)
        sid = world.end("web")
        (notice,) = world.delivery.outbox.waiting()
        assert sid not in repr(notice)


class TestThread:
    def test_it_is_started_by_the_first_end_and_ends_by_itself(self, world: World, rp: Party):
        world.register("web", rp.url)
        world.join("web")
        assert "oauth2 logout delivery" not in names_of_threads()
        assert world.sessions.end("bob", world.only_sid())
        rp.wait_for(1)
        wait_until(lambda: "oauth2 logout delivery" not in names_of_threads())
        world.join("web")
        assert world.sessions.end("bob", world.only_sid())
        rp.wait_for(2)

    def test_no_thread_where_no_client_is_notified(self, world: World):
        world.register("web")
        world.join("web")
        assert world.sessions.end("bob", world.only_sid())
        assert "oauth2 logout delivery" not in names_of_threads()

    def test_a_slow_client_costs_the_user_nothing(self, world: World, rp: Party):
        rp.delay = 1
        world.register("web", rp.url)
        world.join("web")
        begun = time.monotonic()
        assert world.sessions.end("bob", world.only_sid())
        assert time.monotonic() - begun < 0.5
        rp.wait_for(1)

    def test_it_tries_again(self, world: World, rp: Party, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(back_channel, "PAUSES", (0, 0, 0))
        rp.statuses = [500, 503]
        world.register("web", rp.url)
        world.join("web")
        assert world.sessions.end("bob", world.only_sid())
        rp.wait_for(3)
        wait_until(lambda: world.waiting() == [])
        assert world.lost == []

    def test_what_is_due_is_sent_before_the_process_ends(self, world: World, rp: Party):
        rp.delay = 0.3
        world.register("web", rp.url)
        world.join("web")
        assert world.sessions.end("bob", world.only_sid())
        world.delivery.close()
        assert len(rp.got) == 1
        assert "oauth2 logout delivery" not in names_of_threads()

    def test_an_end_does_not_wait_for_what_is_tried_again(self, world: World, rp: Party):
        rp.statuses = [500]
        world.register("web", rp.url)
        world.join("web")
        assert world.sessions.end("bob", world.only_sid())
        rp.wait_for(1)
        begun = time.monotonic()
        world.delivery.close()
        assert time.monotonic() - begun < 5
        assert world.waiting() == ["web"]

    def test_a_store_that_is_away(
        self,
        world: World,
        rp: Party,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ):
        world.register("web", rp.url)
        world.end("web")

        def away(*_arguments: Any, **_options: Any) -> Any:
            raise StoreUnavailable("away")

        monkeypatch.setattr(delivery_thread, "STORE_PAUSE", 0.1)
        with monkeypatch.context() as patched:
            patched.setattr(world.backend.entries, "list", away)
            world.delivery.wake()
            wait_until(lambda: "later: away" in caplog.text)
        # It asks again by itself.
        rp.wait_for(1)
        wait_until(lambda: "oauth2 logout delivery" not in names_of_threads())

    def test_what_fails_again_is_tried_after_a_pause(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ):
        """The grants of a session that has ended cannot be read."""
        grants, calls = world.server.grants, list[str]()

        def away(subject: str, *_arguments: Any) -> Any:
            calls.append(subject)
            raise StoreUnavailable("away")

        world.sign_in()
        assert world.keeper.remove("bob", world.only_sid())
        world.clock.now += LEASE
        with monkeypatch.context() as patched:
            patched.setattr(grants, "grants", away)
            world.delivery.wake()
            wait_until(lambda: bool(calls))
            time.sleep(0.1)
            assert calls == ["bob"]
        world.delivery.close()

    def test_a_store_that_is_away_does_not_hold_the_process(
        self, world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ):
        def away(*_arguments: Any, **_options: Any) -> Any:
            raise StoreUnavailable("away")

        with monkeypatch.context() as patched:
            patched.setattr(world.backend.entries, "list", away)
            world.delivery.wake()
            wait_until(lambda: "later: away" in caplog.text)
            begun = time.monotonic()
            world.delivery.close()
        assert time.monotonic() - begun < 3
        assert "oauth2 logout delivery" not in names_of_threads()

    def test_one_that_still_sends_stays_closing(
        self, world: World, rp: Party, monkeypatch: pytest.MonkeyPatch
    ):
        """Else it goes on after the end of the process has waited for it."""
        monkeypatch.setattr(delivery_thread, "PATIENCE", 0.01)
        rp.delay = 0.5
        rp.statuses = [500]
        world.register("web", rp.url)
        world.join("web")
        assert world.sessions.end("bob", world.only_sid())
        world.delivery.close()
        wait_until(lambda: "oauth2 logout delivery" not in names_of_threads(), 5)


def names_of_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def wait_until(holds: Any, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    assert holds()
