"""Back-channel logout: each client of a session is notified that it has ended."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from pyramid_oauth2.fetching import Fetcher
from pyramid_oauth2.openid import back_channel, delivery
from pyramid_oauth2.openid.back_channel import LEASE, NAMESPACE, PAUSES, Outbox
from pyramid_oauth2.openid.delivery import Delivery, Round
from pyramid_oauth2.openid.sids import Sids
from pyramid_oauth2.protocol.events import LogoutNotDelivered
from pyramid_oauth2.protocol.records import Client, Entry, StoreUnavailable
from tests.functional.openid_provider import parts
from tests.ports import free_port

from .notifying import World
from .parties import Party, party


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
