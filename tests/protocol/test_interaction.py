"""A pending request: for one browser and one user, for a while, and used once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pyramid_oauth2.protocol.authorization.interaction import (
    KEPT,
    begin_interaction,
    open_interaction,
)
from pyramid_oauth2.protocol.authorization.interaction_data import Interaction
from pyramid_oauth2.protocol.authorization.response import approval, denial
from pyramid_oauth2.protocol.authorization.unusable import (
    ExpiredInteraction,
    ForeignInteraction,
    UnusableInteraction,
)

from .worlds import NOW, Clock, make_client, make_request, make_server


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def server(clock):
    server = make_server(clock)
    server.clients.add(make_client())
    return server


def begin(server, browser="", subject=None, **changes):
    return begin_interaction(server, Interaction(make_request(**changes), browser, subject))[0]


def test_it_survives_being_kept():
    for interaction in (Interaction(make_request()), Interaction(make_request(), "b", "bob", NOW)):
        assert Interaction.decode(interaction.encode()) == interaction


def test_the_first_user_and_their_browser_own_it(server):
    handle = begin(server)
    opened = open_interaction(server, handle, "browser", "bob").interaction
    assert (opened.browser, opened.subject) == ("browser", "bob")
    for browser, subject, by_user in (("other", "bob", False), ("browser", "alice", True)):
        with pytest.raises(ForeignInteraction) as caught:
            open_interaction(server, handle, browser, subject)
        assert caught.value.another_user is by_user


def test_until_a_user_is_signed_in_it_is_no_browsers(server):
    """Another page may give the browser another cookie before the user returns from the login."""
    handle = begin(server)
    for browser in ("first", "second"):
        assert open_interaction(server, handle, browser, None).interaction.browser == ""
    assert open_interaction(server, handle, "second", "bob").interaction.browser == "second"
    with pytest.raises(ForeignInteraction):
        open_interaction(server, handle, "first", "bob")


class TestANewBrowserThatOpensItTwice:
    """Each answer sets a cookie; one of them stays, and the forms of both pages are valid."""

    @pytest.fixture
    def handle(self, server):
        handle = begin(server)
        open_interaction(server, handle, "first", "bob", new=True)
        return handle

    def test_both_pages_are_valid(self, server, handle):
        open_interaction(server, handle, "second", "bob", new=True)
        for browser in ("first", "second"):
            assert open_interaction(server, handle, browser, "bob", bind=False)
            assert open_interaction(server, handle, browser, "bob")

    @pytest.mark.parametrize(
        ("seconds", "browser"),
        [
            (5, {"new": True}),
            (0, {"new": False}),
            (0, {"new": True, "subject": "alice"}),
            (0, {"new": True, "bind": False}),
        ],
        ids=["later", "with a cookie", "another user", "a form"],
    )
    def test_no_other_browser(self, server, clock, handle, seconds, browser):
        clock.now += seconds
        with pytest.raises(ForeignInteraction) as caught:
            open_interaction(server, handle, "second", **{"subject": "bob", **browser})
        assert not caught.value.another_user

    def test_not_one_that_began_with_a_cookie(self, server):
        handle = begin(server)
        open_interaction(server, handle, "first", "bob")
        with pytest.raises(ForeignInteraction):
            open_interaction(server, handle, "second", "bob", new=True)

    def test_it_does_not_grow_without_end(self, server, handle):
        for number in range(4):
            open_interaction(server, handle, str(number), "bob", new=True)
        with pytest.raises(ForeignInteraction):
            open_interaction(server, handle, "4", "bob", new=True)


def test_nobody_signed_in_owns_nothing(server):
    """After the session ended, the page does not belong to another user."""
    handle = begin(server, "browser", "bob")
    assert open_interaction(server, handle, "browser", None).interaction.subject == "bob"


@pytest.mark.parametrize("seconds", [0, 599])
def test_in_time(server, clock, seconds):
    handle = begin(server)
    clock.now += seconds
    assert open_interaction(server, handle, "browser", None)


def test_expired(server, clock):
    handle = begin(server)
    clock.now += 600
    with pytest.raises(UnusableInteraction, match="expired"):
        open_interaction(server, handle, "browser", None)


def test_its_record_stays_for_the_user_who_has_seen_it(server, clock):
    """And only its record: no later change makes the page valid for longer."""
    handle = begin(server, "browser")
    opened = open_interaction(server, handle, "browser", "bob")
    assert opened.token.expires_at == NOW + 600 + KEPT
    with pytest.raises(UnusableInteraction):
        open_interaction(server, handle, "browser", "alice")
    clock.now += 599
    assert open_interaction(server, handle, "browser", "bob").token == opened.token
    clock.now += 1
    for bind in (True, False):
        with pytest.raises(ExpiredInteraction) as caught:
            open_interaction(server, handle, "browser", "bob", bind=bind)
        assert caught.value.token == opened.token
        assert dict(caught.value.refusal.compared)["expires_at"] == str(NOW + 600)


def test_one_of_an_earlier_version_ends_with_its_record(server, clock):
    handle, begun = begin_interaction(server, Interaction(make_request(), "browser", "bob"))
    earlier = replace(begun.interaction, ends_at=None)
    changes = {"data": earlier.encode(), "expires_at": NOW + 2 * 600 + KEPT}
    assert server.grants.amend(begun.token.ref, begun.token.version, changes)
    clock.now += 600 + KEPT
    assert open_interaction(server, handle, "browser", "bob").interaction == earlier
    clock.now += 600
    with pytest.raises(ExpiredInteraction):
        open_interaction(server, handle, "browser", "bob")


@pytest.mark.parametrize("end", ["allowed", "denied", "revoked"])
def test_used(server, end):
    handle = begin(server, "browser", "bob")
    pending = open_interaction(server, handle, "browser", "bob")
    if end == "allowed":
        approval(server, make_client(), "bob", make_request(), pending)
    elif end == "denied":
        denial(server, pending)
    else:
        server.grants.revoke_token(pending.token.ref, NOW)
    with pytest.raises(UnusableInteraction, match="used"):
        open_interaction(server, handle, "browser", "bob")


@pytest.mark.parametrize("handle", ["", "x", "oin_" + "0" * 65, "oac_" + "0" * 65])
def test_never_made(server, handle):
    with pytest.raises(UnusableInteraction):
        open_interaction(server, handle, "browser", None)


class TestDemandedLogin:
    def test_who_is_signed_in_before_it_does_not_own_it(self, server):
        handle = begin(server, prompt=frozenset({"login"}))
        assert open_interaction(server, handle, "browser", "bob").interaction.subject is None
        opened = open_interaction(server, handle, "browser", "alice", new_login_since=NOW)
        assert opened.interaction.login_demanded_at == NOW
        assert opened.interaction.subject == "alice"
        with pytest.raises(ForeignInteraction):
            open_interaction(server, handle, "browser", "bob")


class Racing:
    """A grant store in which another tab writes just before the first amendment."""

    def __init__(self, store, rival):
        self.store, self.rival = store, rival

    def __getattr__(self, name):
        return getattr(self.store, name)

    def amend(self, ref, version, changes):
        rival, self.rival = self.rival, None
        if rival:
            rival()
        return self.store.amend(ref, version, changes)


def test_of_two_users_who_open_it_at_once_one_owns_it(server):
    handle = begin(server, "browser")
    rival = lambda: open_interaction(server, handle, "browser", "alice")  # noqa: E731
    racing = replace(server, grants=Racing(server.grants, rival))
    with pytest.raises(ForeignInteraction):
        open_interaction(racing, handle, "browser", "bob")
    assert open_interaction(server, handle, "browser", "alice").interaction.subject == "alice"
