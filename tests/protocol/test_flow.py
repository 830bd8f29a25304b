"""The authorization endpoint's decisions without HTTP: which result each situation has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import pytest

from pyramid_oauth2.events import ConsentGiven
from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.flow import begin, decide, resume
from pyramid_oauth2.protocol.authorization.results import (
    Again,
    Ask,
    Login,
    Refuse,
    Respond,
    Result,
)
from pyramid_oauth2.protocol.authorization.return_query import LONGEST
from pyramid_oauth2.protocol.authorization.unusable import ForeignInteraction
from pyramid_oauth2.protocol.authorization.user import User
from pyramid_oauth2.protocol.http import HTTPRequest, Parameters
from pyramid_oauth2.protocol.records import Grant

from .worlds import BACK, CHALLENGE, NOW, Clock, make_client, make_server

REQUEST = {
    "response_type": "code",
    "client_id": "web",
    "redirect_uri": BACK,
    "scope": "read",
    "state": "xyz",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


class World:
    def __init__(self, **changes: Any) -> None:
        self.clock = Clock()
        self.server = make_server(self.clock, **changes)
        self.server.clients.add(make_client(optional_scope=frozenset({"write"})))
        self.authentication: Authentication | None = None

    def user(self, subject: str | None = "bob", browser: str = "b", **more: Any) -> User:
        return User(subject, lambda: browser, lambda: self.authentication, **more)

    def begin(self, user: User | None = None, method: str = "GET", **changes: str | None) -> Result:
        values = {name: (v,) for name, v in {**REQUEST, **changes}.items() if v is not None}
        http = HTTPRequest(method, "https://auth.example.com/oauth2/authorize")
        return begin(self.server, http, Parameters(values), user or self.user())

    def resume(self, query: str, user: User | None = None) -> Result:
        return self.follow(query, user)

    def follow(self, query: str, user: User | None = None) -> Result:
        """What our own URL leads to."""
        values = {name: tuple(each) for name, each in parse_qs(query).items()}
        http, user = HTTPRequest("GET", ""), user or self.user()
        if "interaction" not in values:
            return begin(self.server, http, Parameters(values), user)
        (handle,), (mark,) = values["interaction"], values.get("oauth2_login", (None,))
        return resume(self.server, http, handle, user, mark)

    def decide(self, asked: Any, user: User | None = None, **form: str) -> Result:
        values = {name: tuple(value.split()) for name, value in form.items()}
        http = HTTPRequest("POST", "")
        return decide(self.server, http, asked.handle, user or self.user(), Parameters(values))

    def grants(self, subject: str = "bob") -> tuple[Grant, ...]:
        return self.server.grants.grants(subject).items


@pytest.fixture
def world() -> World:
    return World()


def sent(result: Result) -> Any:
    assert isinstance(result, Respond)
    return result.response.parameters


def test_asked_allowed_remembered(world: World):
    page = world.begin()
    assert isinstance(page, Ask)
    assert page.changed
    allowed = world.decide(page, decision="allow")
    assert sent(allowed).keys() == {"code", "state", "iss"}
    assert isinstance(allowed, Respond)
    assert allowed.changed
    assert allowed.events == (
        ConsentGiven(client_id="web", subject="bob", scope=frozenset({"read"})),
    )
    again = world.begin()
    assert "code" in sent(again)
    assert isinstance(again, Respond)
    assert again.events == ()


def test_denied(world: World):
    page = world.begin()
    assert sent(world.decide(page, decision="deny"))["error"] == "access_denied"
    assert world.grants() == ()


def test_a_user_who_is_not_signed_in_is_sent_to_the_login_and_nothing_is_stored(world: World):
    result = world.begin(world.user(None), extension="e")
    assert isinstance(result, Login)
    assert dict(parse_qsl(result.query)) == {**REQUEST, "extension": "e"}
    assert world.server.grants.export().items == ()


@pytest.mark.parametrize("subject", [None, "bob"])
def test_a_form_is_sent_on_as_a_get(world: World, subject: str | None):
    result = world.begin(world.user(subject), "POST")
    assert isinstance(result, Again)
    assert (dict(parse_qsl(result.query)), result.changed) == (REQUEST, False)


@pytest.mark.parametrize("length", [LONGEST // 3 - 200, LONGEST])
def test_a_request_that_is_too_long_is_stored(world: World, length: int):
    result = world.begin(world.user(None), state="%" * length)
    # Each of these characters is five in the login's URL.
    assert isinstance(result, Again)
    assert result.changed
    login = world.resume(result.query, world.user(None))
    assert login == Login(result.query)
    page = world.resume(result.query)
    assert isinstance(page, Ask)
    assert sent(world.decide(page, decision="allow"))["state"] == "%" * length


def test_one_that_just_fits_is_not(world: World):
    fixed = world.begin(world.user(None), state="x")
    assert isinstance(fixed, Login)
    longest = LONGEST - len(fixed.query.replace("%", "%25").replace("=", "%3D").replace("&", "%26"))
    for more, kind in ((0, Login), (1, Again)):
        assert isinstance(world.begin(world.user(None), state="x" * (1 + longest + more)), kind)


@pytest.mark.parametrize("subject", [None, "bob"])
def test_prompt_none_has_no_page(world: World, subject: str | None):
    error = "login_required" if subject is None else "consent_required"
    assert sent(world.begin(world.user(subject), prompt="none"))["error"] == error
    assert world.server.grants.export().items == ()


@pytest.mark.parametrize(("changes", "page"), [({"client_id": "x"}, True), ({"scope": "x"}, False)])
def test_where_an_error_is_shown(world: World, changes: dict[str, str], page: bool):
    result = world.begin(**changes)
    assert isinstance(result, Refuse if page else Respond)


class TestDecision:
    def test_of_a_user_who_signed_out(self, world: World):
        page: Any = world.begin()
        result = world.decide(page, world.user(None), decision="allow")
        assert result == Again(f"interaction={page.handle}")

    @pytest.mark.parametrize(
        ("user", "another_user"), [({"subject": "eve"}, True), ({"browser": "c"}, False)]
    )
    def test_of_another_user_or_browser(
        self, world: World, user: dict[str, str], another_user: bool
    ):
        result = world.decide(world.begin(), world.user(**user), decision="allow")
        assert isinstance(result, Refuse)
        assert isinstance(result.error, ForeignInteraction)
        assert result.error.another_user is another_user
        assert world.grants() == ()

    @pytest.mark.parametrize("decision", ["allow", "deny"])
    def test_of_a_user_who_has_not_seen_the_page(self, world: World, decision: str):
        """The handle of a request that was stored is known before the login."""
        begun = world.begin(world.user(None), state="%" * LONGEST)
        assert isinstance(begun, Again)
        form = Parameters({"decision": (decision,)})
        handle = dict(parse_qsl(begun.query))["interaction"]
        result = decide(world.server, HTTPRequest("POST", ""), handle, world.user(), form)
        assert result == Again(begun.query)
        assert world.grants() == ()

    @pytest.mark.parametrize("decision", ["", "maybe"])
    def test_that_is_none(self, world: World, decision: str):
        assert isinstance(world.decide(world.begin(), decision=decision), Refuse)

    def test_that_narrows(self, world: World):
        page = world.begin(scope="read write")
        world.decide(page, decision="allow", scope="read")
        (grant,) = world.grants()
        assert grant.scope == {"read"}

    @pytest.mark.parametrize("decision", ["allow", "deny"])
    def test_of_a_request_that_the_client_may_not_make_any_more(self, world: World, decision: str):
        page = world.begin()
        client: Any = world.server.clients.get("web")
        world.server.clients.edit("web", client.version, {"scope": frozenset({"write"})})
        error = "invalid_scope" if decision == "allow" else "access_denied"
        assert sent(world.decide(page, decision=decision))["error"] == error

    def test_of_two_one_counts(self, world: World):
        page = world.begin()
        world.decide(page, decision="allow")
        assert isinstance(world.decide(page, decision="deny"), Refuse)
        assert len(world.grants()) == 1

    def test_of_a_user_who_was_deactivated(self, world: World):
        page = world.begin()
        world.server = replace(world.server, is_active=lambda subject: False)
        assert isinstance(world.decide(page, decision="allow"), Refuse)
        assert world.grants() == ()


def test_the_grant_keeps_how_the_user_authenticated(world: World):
    world.authentication = Authentication(NOW - 9, amr=("pwd",))
    world.decide(world.begin(), decision="allow")
    (grant,) = world.grants()
    assert b'"pwd"' in grant.data
