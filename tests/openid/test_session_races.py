"""Sign-ins and endings of a session at the same moment, on every store."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pyramid_oauth2.backends.contract.racing import rounds
from pyramid_oauth2.openid.back_channel import Notice, Outbox
from pyramid_oauth2.protocol.sessions import sid_of
from tests.backends.openers import STORES, opened_together

from .keepers import World

RACERS = 6
PATIENCE = 60  # seconds that one waits for the others
# In a Cluster one server has all entries.


class Race:
    """Several processes of one server, each with connections of its own."""

    def __init__(self, worlds: list[World]) -> None:
        self.worlds = worlds

    @property
    def world(self) -> World:
        return self.worlds[0]

    def run(self, *calls: Callable[[World], Any]) -> list[Any]:
        """Call each in another process, all at the same moment."""
        line = threading.Barrier(len(calls))

        def start(call: Callable[[World], Any], world: World) -> Any:
            line.wait(PATIENCE)
            return call(world)

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(start, calls, self.worlds))

    def events(self) -> list[Any]:
        """What the sessions' ends have emitted, and no more of it from now on."""
        found = [event for world in self.worlds for event in world.ended]
        for world in self.worlds:
            world.emitted.clear()
        return found

    def stale(self) -> list[Any]:
        """The living grants whose session has ended: there must be none."""
        keeper, living = self.world.keeper, self.world.living()
        grants = [grant for grant in self.world.grants() if grant.id in living]
        return [grant for grant in grants if not keeper.lasts("bob", str(sid_of(grant)))]


@pytest.fixture(params=STORES)
def race(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Race]:
    with opened_together(request.param, request, tmp_path, RACERS) as backends:
        yield Race([World(backend) for backend in backends])


def signing_in(client_id: str) -> Callable[[World], Any]:
    return lambda world: world.sign_in(client_id)


def joining(client_id: str, browser: str) -> Callable[[World], Any]:
    return lambda world: world.join(client_id, browser=browser)


def ending(sid: str) -> Callable[[World], Any]:
    return lambda world: world.sessions.end("bob", sid)


def test_sign_ins_at_several_clients_are_one_session(race: Race):
    for turn in range(rounds()):
        browser = f"b{turn}"
        names = [f"c{number}" for number in range(RACERS)]
        sids = race.run(*(joining(name, browser) for name in names))
        assert len(set(sids)) == 1
        session = race.world.keeper.current("bob", None, browser)
        assert session is not None
        assert sorted(each.client_id for each in session.sign_ins) == names


def test_of_several_endings_one_ends_it(race: Race):
    for _ in range(rounds()):
        race.world.sign_in()
        sid = race.world.only_sid()
        ended = race.run(*[ending(sid)] * RACERS)
        assert Counter(ended) == {True: 1, False: RACERS - 1}
        assert [event.sid for event in race.events()] == [sid]
        assert race.world.living() == set()


def test_a_sign_in_against_an_ending(race: Race):
    """Either the ending ends its grant, or it is in a session that lasts."""
    for _ in range(rounds()):
        race.world.sign_in("first")
        sid = race.world.only_sid()
        *_, ended = race.run(*map(signing_in, ("a", "b", "c")), ending(sid))
        assert ended
        assert race.stale() == []
        (event,) = race.events()
        # Each client is notified of the end of its session, or it is in one that lasts.
        lasting = {
            each.client_id
            for session in race.world.sessions.list("bob")
            for each in session.sign_ins
        }
        assert {*event.clients} | lasting == {"first", "a", "b", "c"}
        race.world.sessions.end_all("bob")
        race.events()


@pytest.mark.parametrize("end", ["revoke", "forget"])
def test_an_ending_against_that_of_the_user(race: Race, end: str):
    for _ in range(rounds()):
        race.world.sign_in()
        sid = race.world.only_sid()
        race.run(
            ending(sid),
            lambda world: getattr(world.users, end)("bob"),
        )
        assert [event.sid for event in race.events()] == [sid]
        assert race.world.living() == set()
        assert race.world.sessions.list("bob") == []


def test_a_sign_in_against_the_end_of_the_user(race: Race):
    for _ in range(rounds()):
        race.world.sign_in("first")
        race.run(signing_in("a"), signing_in("b"), lambda world: world.users.revoke("bob"))
        assert race.stale() == []
        race.world.sessions.end_all("bob")
        race.events()


def test_of_several_processes_one_claims_a_notice(race: Race):
    """So two do not both send it (Back-Channel Logout 1.0 section 2.5)."""
    for turn in range(rounds()):
        now = race.world.clock.now
        notice = Notice(f"n{turn}", "web", "bob", "s-1", 0, now, now + 60, 0)
        assert race.world.server.entries.put(notice.entry(), None)
        claimed = race.run(*[claiming(notice)] * RACERS)
        (won,) = [each for each in claimed if each is not None]
        assert (won.attempts, won.version) == (1, 1)
        Outbox(race.world.server).done(won)
        assert list(Outbox(race.world.server).waiting()) == []


def claiming(notice: Notice) -> Callable[[World], Any]:
    return lambda world: Outbox(world.server).claim(notice)
