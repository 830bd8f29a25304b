"""The mark that proves a new login: it is of one browser and one request, and valid for a while."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from pyramid_oauth2.protocol.authorization.results import (
    Ask,
    Login,
    LoginAgain,
    Refuse,
    Result,
)
from pyramid_oauth2.protocol.authorization.unusable import (
    CookiesNeeded,
    ForeignInteraction,
)

from .login_worlds import LONG, Known, LoginWorld, mark_in, request_in
from .test_flow import sent
from .worlds import BACK, NOW


@pytest.fixture
def unknown() -> LoginWorld:
    return LoginWorld()


@pytest.fixture(params=[LoginWorld, Known], ids=["time unknown", "time known"])
def world(request: pytest.FixtureRequest) -> LoginWorld:
    made: LoginWorld = request.param()
    return made


@pytest.fixture(params=[{}, {"state": LONG}], ids=["in the URL", "stored"])
def changes(request: pytest.FixtureRequest) -> dict[str, str]:
    found: dict[str, str] = request.param
    return found


class TestMarkOfAnother:
    """A mark is for one browser and one request. Any other is as good as none."""

    def refused(self, world: LoginWorld, result: Result) -> bool:
        assert world.grants() == ()
        return isinstance(result, Login if world.known else LoginAgain)

    def test_browser(self, world: LoginWorld, changes: dict[str, str]):
        login = world.sent_to_login(**changes)
        world.log_in()
        result = world.follow(login.query, world.user(browser="c"))
        if changes:
            assert isinstance(result, Refuse)
            assert isinstance(result.error, ForeignInteraction)
        else:
            assert self.refused(world, result)

    @pytest.mark.parametrize(
        "changed",
        [
            {"scope": "read write"},
            {"state": "abc"},
            {"redirect_uri": f"{BACK}/2"},
            {"client_id": "web2"},
            {"code_challenge": "x" * 43},
            {"prompt": "login consent"},
            {"nonce": "n"},
        ],
        ids=lambda changed: next(iter(changed)),
    )
    def test_request(self, world: LoginWorld, changed: dict[str, str]):
        client: Any = world.server.clients.get("web")
        uris = (BACK, f"{BACK}/2")
        world.server.clients.add(replace(client, client_id="web2", redirect_uris=uris))
        world.server.clients.edit("web", client.version, {"redirect_uris": uris})
        login = world.sent_to_login()
        world.log_in()
        moved = urlencode({**dict(parse_qsl(login.query)), **changed})
        assert self.refused(world, world.follow(moved))
        assert isinstance(world.follow(login.query), Ask)

    def test_request_that_lacks_a_parameter(self, world: LoginWorld):
        query = dict(parse_qsl(world.sent_to_login(extension="e").query))
        world.log_in()
        del query["extension"]
        assert self.refused(world, world.follow(urlencode(query)))

    def test_stored_request(self, world: LoginWorld):
        first, second = (world.sent_to_login(state=LONG) for _ in "12")
        world.log_in()
        query = f"{second.query.partition('&')[0]}&oauth2_login={mark_in(first)}"
        assert self.refused(world, world.follow(query))

    @pytest.mark.parametrize("to", ["stored", "in the URL"])
    def test_kind_of_request(self, world: LoginWorld, to: str):
        stored, in_the_url = world.sent_to_login(state=LONG), world.sent_to_login()
        world.log_in()
        if to == "stored":
            query = f"{stored.query.partition('&')[0]}&oauth2_login={mark_in(in_the_url)}"
        else:
            query = urlencode(
                {**request_in(in_the_url.query), "state": "x", "oauth2_login": mark_in(stored)}
            )
        assert self.refused(world, world.follow(query))

    @pytest.mark.parametrize(
        "change",
        [
            lambda mark: "",
            lambda mark: "x",
            lambda mark: mark[:-1] + ("A" if mark[-1] != "A" else "E"),
            lambda mark: mark.replace(str(NOW), str(NOW - 100)),
            lambda mark: mark.replace(str(NOW), f"0{NOW}"),
            lambda mark: mark.replace(".none.", ".kept.").replace(".ended.", ".none."),
            lambda mark: f"{mark}\n",
            lambda mark: mark.replace(".", "\u0660.", 1),
            lambda mark: "\u20ac" * 57,
        ],
    )
    def test_text(self, unknown: LoginWorld, change: Any):
        login = unknown.sent_to_login()
        changed = {**dict(parse_qsl(login.query)), "oauth2_login": change(mark_in(login))}
        assert self.refused(unknown, unknown.follow(urlencode(changed)))

    def test_that_a_client_sends_twice(self, unknown: LoginWorld):
        login = unknown.sent_to_login()
        result = unknown.follow(f"{login.query}&oauth2_login={mark_in(login)}")
        assert sent(result)["error"] == "invalid_request"

    def test_a_mark_of_the_button_is_not_one_of_a_user_who_was_signed_out(
        self, unknown: LoginWorld
    ):
        ended = unknown.press(unknown.ask())
        query = ended.query.replace(".ended.", ".none.")
        assert self.refused(unknown, unknown.follow(query))


class TestTime:
    def test_an_expired_mark_is_replaced(self, world: LoginWorld, changes: dict[str, str]):
        login = world.sent_to_login(**changes)
        world.clock.now += 600
        world.log_in()
        result = world.follow(login.query)
        if changes:
            assert isinstance(result, Refuse), "the stored request has expired as well"
        elif world.known:
            assert isinstance(result, Login)
            assert mark_in(result) != mark_in(login)
        else:
            assert isinstance(result, LoginAgain)
        assert world.grants() == ()

    def test_an_expired_mark_of_a_user_who_has_not_logged_in(self, world: LoginWorld):
        login = world.ask(world.user(None))
        world.clock.now += 600
        later = world.follow(login.query, world.user(None))
        assert isinstance(later, Login)
        assert mark_in(later).startswith(f"{NOW + 600}.none.")


class TestBrowserWithoutCookies:
    @pytest.mark.parametrize("subject", ["bob", None])
    def test_no_endless_loop(self, world: LoginWorld, subject: str | None):
        login = world.sent_to_login()
        result = world.follow(login.query, world.user(subject, browser="new", new=True))
        assert isinstance(result, Refuse)
        assert isinstance(result.error, CookiesNeeded)

    def test_its_first_request_is_no_return(self, world: LoginWorld):
        assert not isinstance(world.ask(world.user(new=True)), Refuse)
        assert not isinstance(world.ask(world.user(None, new=True)), Refuse)
