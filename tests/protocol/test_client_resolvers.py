"""Clients that a resolver finds, since the store does not have them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import pytest

from pyramid_oauth2.attempt_storage import AttemptCounter
from pyramid_oauth2.extension import (
    AccessDenied,
    Client,
    Parameters,
)
from pyramid_oauth2.protocol.authentication import Authentication
from pyramid_oauth2.protocol.authorization.client_lookup import ClientLookup
from pyramid_oauth2.protocol.authorization.login_demand import end_login
from pyramid_oauth2.protocol.authorization.results import (
    Again,
    Ask,
    Login,
    LoginAgain,
    Refuse,
    Respond,
)
from pyramid_oauth2.protocol.authorization.unusable import (
    CookiesNeeded,
)
from pyramid_oauth2.protocol.authorization.user import User
from pyramid_oauth2.protocol.clients.source import approved
from pyramid_oauth2.protocol.errors import TemporarilyUnavailable
from pyramid_oauth2.protocol.throttling import FETCHES, Limit, Throttle

from .plugged import Plugged
from .test_flow import REQUEST, sent
from .test_request_sources import SOURCES, bare
from .worlds import BACK, NOW, make_client

URL = "https://app.example/client"


class Resolver:
    def __init__(self) -> None:
        self.asked: list[str] = []
        self.found: Client | None = None

    def recognises(self, client_id: str) -> bool:
        return client_id.startswith("https:")

    def resolve(self, lookup: ClientLookup) -> Client | None:
        self.asked.append(lookup.client_id)
        lookup.count()
        return self.found


@pytest.fixture
def resolver() -> Resolver:
    resolver = Resolver()
    resolver.found = make_client(client_id=URL)
    return resolver


@pytest.fixture
def world(resolver: Resolver) -> Plugged:
    return Plugged(client_resolvers={"urls": resolver})


def test_it_is_found_and_stored_when_it_is_allowed(world: Plugged, resolver: Resolver) -> None:
    page = world.begin(client_id=URL)
    assert isinstance(page, Ask)
    assert world.server.clients.get(URL) is None
    code = world.code(world.decide(page, decision="allow"))
    stored, now = world.server.clients.get(URL), world.server.clock()
    found = replace(resolver.found, created_at=now, updated_at=now)
    assert stored == replace(found, extra={"source": "document"})
    resolver.asked.clear()
    (grant,) = world.grants()
    assert (grant.client_id, code[:4]) == (URL, "oac_")
    assert isinstance(world.begin(client_id=URL), Ask)
    assert resolver.asked == [URL]
    resolver.found = approved(stored)
    world.decide(world.begin(client_id=URL), decision="allow")
    assert isinstance(world.begin(client_id=URL), Respond)


def test_one_that_breaks_a_rule_is_none(world: Plugged, resolver: Resolver) -> None:
    """No other party may bring in what an operator could not register."""
    resolver.found = make_client(client_id=URL, redirect_uris=("javascript:alert(1)",))
    result = world.begin(client_id=URL, redirect_uri="javascript:alert(1)")
    assert isinstance(result, Refuse)
    assert result.error.refusal.check == "client_metadata"


def test_a_denial_stores_nothing(world: Plugged) -> None:
    world.decide(world.begin(client_id=URL), decision="deny")
    assert world.server.clients.get(URL) is None


def test_the_user_signs_in_first(world: Plugged, resolver: Resolver) -> None:
    login = world.begin(world.user(None), client_id=URL)
    assert isinstance(login, Login)
    assert f"state={REQUEST['state']}" in login.query
    again = world.begin(world.user(None), "POST", client_id=URL)
    assert isinstance(again, Again)
    for changes in ({"prompt": "none"}, {"state": "%" * 4000}):
        result = world.begin(world.user(None), client_id=URL, **changes)
        assert isinstance(result, Refuse)
    assert resolver.asked == []


@pytest.mark.parametrize("known", [False, True])
def test_a_new_login(world: Plugged, resolver: Resolver, known: bool) -> None:
    """The mark of the login comes back with a user who is signed out."""
    stranger, wanted = world.user(None), {"client_id": URL, "prompt": "login"}
    world.authentication = Authentication(NOW - 60) if known else None
    result = world.begin(**wanted)
    if isinstance(result, Login):
        result = world.follow(result.query)
    if isinstance(result, LoginAgain):
        sent_again = Parameters({name: (v,) for name, v in parse_qsl(result.query)})
        result = end_login(world.server, sent_again, "", world.user())
    assert isinstance(result, Again)
    assert result.end
    login = world.follow(result.query, stranger)
    assert isinstance(login, Login)
    # The URL stays the same: a forbidden view returns users to the present one.
    world.clock.now += 5
    assert world.follow(login.query, stranger) == login
    world.authentication = Authentication(world.clock.now) if known else None
    assert isinstance(world.follow(login.query), Ask)


def test_a_new_login_of_a_user_who_was_signed_out(world: Plugged) -> None:
    login = world.begin(world.user(None), client_id=URL, prompt="login")
    assert isinstance(login, Login)
    assert isinstance(world.follow(login.query), Ask)


def test_a_new_login_in_a_browser_without_cookies(world: Plugged, resolver: Resolver) -> None:
    stranger = world.user(None, new=True)
    login = world.begin(stranger, client_id=URL, prompt="login")
    assert isinstance(login, Login)
    result = world.follow(login.query, stranger)
    assert isinstance(result, Refuse)
    assert isinstance(result.error, CookiesNeeded)
    assert resolver.asked == []


def test_a_form_of_another_site_makes_no_secret(world: Plugged) -> None:
    def secret() -> str:
        raise AssertionError("a cookie would be replaced")

    stranger = User(None, secret, lambda: None, new=True)
    again = world.begin(stranger, "POST", client_id=URL, prompt="login")
    assert isinstance(again, Again)
    assert "oauth2_login" not in again.query


def test_a_new_login_that_a_request_object_demands(world: Plugged, resolver: Resolver) -> None:
    """It is not read for a stranger: the mark alone says that a login was demanded."""
    url, stranger = URL, world.user(None)
    world.plug(request_sources=SOURCES, client_resolvers={"urls": resolver})
    wanted = json.dumps({**REQUEST, "client_id": url, "prompt": "login"})
    first = world.begin(stranger, **{**bare(request=wanted), "client_id": url})
    assert isinstance(first, Login)
    page = world.follow(first.query)
    assert isinstance(page, LoginAgain)
    sent_again = Parameters({name: (v,) for name, v in parse_qsl(page.query)})
    ended = end_login(world.server, sent_again, "", world.user())
    login = world.follow(ended.query, stranger)
    assert isinstance(login, Login)
    assert isinstance(world.follow(login.query), Ask)


def test_it_is_not_asked_for_others(world: Plugged, resolver: Resolver) -> None:
    assert isinstance(world.begin(), Ask)
    for user in (world.user(), world.user(None)):
        assert isinstance(world.begin(user, client_id="none"), Refuse)
    assert resolver.asked == []


def test_a_disabled_client_stays_so(world: Plugged, resolver: Resolver) -> None:
    world.server.clients.add(make_client(client_id=URL, disabled_at=NOW))
    for user in (world.user(), world.user(None)):
        assert isinstance(world.begin(user, client_id=URL), Refuse)
    assert resolver.asked == []


def test_a_deleted_client_stays_so(world: Plugged, resolver: Resolver) -> None:
    page = world.begin(client_id=URL)
    assert resolver.found is not None
    world.server.clients.add(resolver.found)
    world.server.clients.delete(URL, NOW)
    resolver.asked.clear()
    for user in (world.user(), world.user(None)):
        result: Any = world.begin(user, client_id=URL)
        assert result.error.code == "unauthorized_client"
    assert isinstance(world.decide(page, decision="allow"), Refuse)
    assert (resolver.asked, world.grants()) == ([], ())


def test_one_that_is_deleted_at_this_moment(world: Plugged, resolver: Resolver) -> None:
    page = world.begin(client_id=URL)

    world.server.clients.add(make_client(client_id=URL))
    world.server.clients.delete(URL, NOW)
    result = world.decide(page, decision="allow")
    assert isinstance(result, Refuse)
    assert world.grants() == ()


def test_one_that_is_not_found_or_disabled(world: Plugged, resolver: Resolver) -> None:
    for found in (None, make_client(client_id=URL, disabled_at=NOW)):
        resolver.found = found
        assert isinstance(world.begin(client_id=URL), Refuse)


def test_one_that_cannot_be_found_now(world: Plugged, resolver: Resolver) -> None:
    def fail(lookup: ClientLookup) -> Client:
        raise AccessDenied("It is away.")

    resolver.resolve = fail  # type: ignore[method-assign]
    result = world.begin(client_id=URL)
    assert isinstance(result, Refuse)
    assert str(result.error) == "It is away."


def test_another_one(world: Plugged, resolver: Resolver) -> None:
    resolver.found = make_client()
    with pytest.raises(ValueError, match="another client"):
        world.begin(client_id=URL)


def test_two_tabs_store_it_once(world: Plugged) -> None:
    tabs = [world.begin(client_id=URL, state=state) for state in "ab"]
    for tab in tabs:
        assert "code" in sent(world.decide(tab, decision="allow"))
    assert len(world.grants()) == 2


OTHER = "https://client.example/other"
LATER = NOW + 3600


@pytest.fixture
def allowed(world: Plugged) -> Client:
    """The client as the store has it once a user has allowed it something."""
    world.code(world.decide(world.begin(client_id=URL), decision="allow"))
    stored = world.server.clients.get(URL)
    assert stored is not None
    return stored


class TestWhatHasChangedSince:
    @pytest.fixture
    def changed(self, allowed: Client, resolver: Resolver) -> Client:
        changes = {"client_name": "New", "redirect_uris": (BACK, OTHER), "updated_at": LATER}
        resolver.found = replace(allowed, **changes)  # type: ignore[arg-type]
        return resolver.found

    def allow(self, world: Plugged, redirect_uri: str = OTHER) -> str:
        page = world.begin(client_id=URL, redirect_uri=redirect_uri, prompt="consent")
        return world.code(world.decide(page, decision="allow"))

    def test_it_is_stored_when_it_is_allowed(
        self, world: Plugged, allowed: Client, changed: Client
    ) -> None:
        page = world.begin(client_id=URL, redirect_uri=OTHER)
        assert isinstance(page, Ask)
        assert page.client.client_name == "New"
        assert world.server.clients.get(URL) == allowed
        world.decide(page, decision="deny")
        assert world.server.clients.get(URL) == allowed
        assert self.allow(world)
        stored = world.server.clients.get(URL)
        assert stored == replace(changed, created_at=allowed.created_at, version=1)

    def test_the_resolver_gets_what_the_store_has(
        self, world: Plugged, resolver: Resolver, allowed: Client
    ) -> None:
        lookups: list[ClientLookup] = []
        resolver.resolve = lookups.append  # type: ignore[assignment]
        page = world.begin(client_id=URL, prompt="consent")
        assert isinstance(page, Ask)
        assert page.client == allowed
        assert [each.stored for each in lookups] == [allowed]

    def test_an_older_one_replaces_none(self, world: Plugged, changed: Client) -> None:
        """Of two users, one was shown the page before the client changed."""
        assert self.allow(world)
        newest = world.server.clients.get(URL)
        world.server.clients.edit(URL, 1, {"updated_at": LATER + 1})
        assert self.allow(world)
        stored = world.server.clients.get(URL)
        assert newest is not None
        assert stored == replace(newest, updated_at=LATER + 1, version=2)

    def test_what_the_server_says_of_it_stays(
        self, world: Plugged, resolver: Resolver, changed: Client
    ) -> None:
        page = world.begin(client_id=URL, redirect_uri=OTHER, prompt="consent")
        world.server.clients.raise_epoch(URL, LATER)
        world.code(world.decide(page, decision="allow"))
        stored = world.server.clients.get(URL)
        assert stored is not None
        assert (stored.epoch, stored.client_name) == (1, "New")
        assert [grant.epoch for grant in world.grants()] == [1, 0] or [
            grant.epoch for grant in world.grants()
        ] == [0, 1]

    def test_one_that_is_disabled_meanwhile(self, world: Plugged, changed: Client) -> None:
        page = world.begin(client_id=URL, redirect_uri=OTHER)
        world.server.clients.raise_epoch(URL, LATER, LATER)
        assert isinstance(world.decide(page, decision="allow"), Refuse)

    def test_that_nothing_has_changed_is_written_once_a_day(
        self, world: Plugged, resolver: Resolver, allowed: Client
    ) -> None:
        for later, written in ((3600, NOW), (86_400, NOW + 86_400), (90_000, NOW + 86_400)):
            resolver.found = replace(allowed, updated_at=NOW + later)
            assert self.allow(world, BACK)
            stored = world.server.clients.get(URL)
            assert stored is not None
            assert stored.updated_at == written

    def test_one_that_an_operator_has_registered_is_not_asked_for(
        self, world: Plugged, resolver: Resolver
    ) -> None:
        world.server.clients.add(make_client(client_id=URL))
        assert isinstance(world.begin(client_id=URL), Ask)
        assert resolver.asked == []

    def test_nothing_is_looked_up_before_a_user_has_signed_in(
        self, world: Plugged, resolver: Resolver, changed: Client
    ) -> None:
        resolver.asked.clear()
        assert isinstance(world.begin(world.user(None), client_id=URL), Login)
        assert resolver.asked == []


class TestWhatTheUserWasShown:
    def test_it_travels_with_the_request(self, world: Plugged, resolver: Resolver) -> None:
        """Nothing is looked up between the page and the token."""
        page = world.begin(client_id=URL)
        resolver.found = None
        resolver.asked.clear()
        assert world.code(world.decide(page, decision="allow"))
        assert resolver.asked == []

    def test_a_repeated_decision(self, world: Plugged, resolver: Resolver) -> None:
        page = world.begin(client_id=URL)
        first, second = (world.code(world.decide(page, decision="allow")) for _ in range(2))
        assert first != second

    def test_a_denial_sent_again(self, world: Plugged) -> None:
        page = world.begin(client_id=URL)
        for _ in range(2):
            assert sent(world.decide(page, decision="deny"))["error"] == "access_denied"

    def test_a_record_of_another_version(self, world: Plugged, resolver: Resolver) -> None:
        """One that cannot be read is no client, and not an error of the server."""
        page: Any = world.begin(client_id=URL)
        (token,) = world.server.grants.export().items
        data = token.data.replace(b'"redirect_uris":["', b'"redirect_uris":[5,"')
        assert data != token.data
        world.server.grants.amend(token.ref, token.version, {"data": data})
        result = world.decide(page, decision="allow")
        assert isinstance(result, Refuse)

    def test_a_request_of_a_client_in_the_store_is_as_it_was(self, world: Plugged) -> None:
        page: Any = world.begin()
        assert "client_document" not in page.pending.interaction.request.encode()


class TestHowManyLookUps:
    @pytest.fixture
    def world(self, resolver: Resolver) -> Plugged:
        limit = Limit(100, "minute")
        counter = AttemptCounter(None)
        throttle = Throttle(limit, limit, limit, limit, limit, counter)
        return Plugged({"throttle": throttle}, client_resolvers={"urls": resolver})

    def test_one_user(self, world: Plugged, resolver: Resolver) -> None:
        for _ in range(FETCHES.attempts):
            assert isinstance(world.begin(client_id=URL), Ask)
        result = world.begin(client_id=URL)
        assert isinstance(result, Refuse)
        assert isinstance(result.error, TemporarilyUnavailable)
        assert [event.limit for event in result.events] == ["fetches"]  # type: ignore[attr-defined]
        again = world.begin(client_id=URL)
        assert isinstance(again, Refuse)
        # Without an address all others are at the same one.
        assert isinstance(world.begin(world.user("alice"), client_id=URL), Refuse)
        assert isinstance(world.begin(), Ask)
