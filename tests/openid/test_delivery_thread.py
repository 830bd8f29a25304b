"""The thread that notifies clients of the end of a session."""

from __future__ import annotations

import time
from typing import Any

import pytest

from pyramid_oauth2.openid import back_channel, delivery_thread
from pyramid_oauth2.openid.back_channel import LEASE
from pyramid_oauth2.protocol.records import StoreUnavailable

from .notifying import World, names_of_threads, wait_until
from .parties import Party


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
