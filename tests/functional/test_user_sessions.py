"""``/oauth2/authorizations``: where the user is signed in, and the button to sign out there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2 import Authentication
from pyramid_oauth2.events import SessionEnded
from pyramid_oauth2.openid.session_record import entry_of
from pyramid_oauth2.openid.sessions import PAGE as PAGE_OF_ENTRIES
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.protocol.session import Session
from pyramid_oauth2.views import user_sessions
from pyramid_oauth2.views.user_sessions import SHOWN

from . import openid_provider
from .client_pages import words
from .flow import Flow
from .openid_provider import PROVIDER, SIGNED_IN_AT, give_scopes, provider

StartFlow = Callable[..., Flow]
PAGE = "/oauth2/authorizations"
STAYS = "A browser that is signed in here stays signed in here"


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


def signed_in(flow: Flow, **changes: Any) -> dict[str, Any]:
    give_scopes(flow, **changes)
    return dict(flow.tokens(scope="openid read", prompt="consent"))


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    return start_flow(provider, **PROVIDER)


def show(flow: Flow) -> Any:
    return flow.browser.get(PAGE)


def buttons(page: Any) -> list[Any]:
    return [form for form in page.forms.values() if "session" in form.fields]


def press(flow: Flow, form: Any) -> Any:
    return flow.browser.post(form.action, form.submit_fields(), status=303).follow()


def test_a_session_of_this_browser_and_of_another(flow: Flow):
    signed_in(flow, client_name="Foto Print")
    other = Flow(flow.server).log_in("bob")
    signed_in(other)
    page = show(flow)
    said = words(page)
    assert "This browser Foto Print" in said
    assert "A login since" in said
    assert len(buttons(page)) == 2


def test_one_is_ended(flow: Flow):
    tokens = signed_in(flow)
    other = Flow(flow.server).log_in("bob")
    kept = signed_in(other)
    events: list[Any] = []
    flow.server.hear(events.append, SessionEnded)
    here = next(
        article for article in show(flow).html.find_all("article") if "This browser" in article.text
    )
    sid = here.find("input", {"name": "session"})["value"]
    form = next(each for each in buttons(show(flow)) if each["session"].value == sid)
    page = press(flow, form)
    assert page.html.find(class_="done").string == "You are signed out there."
    assert len(buttons(page)) == 1
    assert flow.refresh(tokens["refresh_token"]).status_int == 400
    assert flow.refresh(kept["refresh_token"]).status_int == 200
    (event,) = events
    assert (event.subject, event.sid) == ("bob", sid)
    assert event.reason == "session ended by the user"
    # The login of the application goes on: only its own logout ends it.
    assert flow.browser.get("/whoami").text == "bob"


def test_the_page_says_what_goes_on(flow: Flow, start_flow: StartFlow):
    signed_in(flow)
    assert STAYS in words(show(flow))

    class Users(openid_provider.Users):
        def authentication(self, request: Any) -> Authentication:
            return Authentication(SIGNED_IN_AT, sid="s-1")

        def end_session(self, subject: str, sid: str) -> None:
            pass

    def own(config: Any) -> None:
        config.set_oauth2_resource_owners(Users())

    other = start_flow(own, **PROVIDER)
    signed_in(other)
    assert STAYS not in words(show(other))


def test_one_that_has_ended_already(flow: Flow):
    signed_in(flow)
    (button,) = buttons(show(flow))
    assert flow.server.service.sessions.end_all("bob") == 1
    page = press(flow, button)
    assert page.html.find(class_="done")
    assert buttons(page) == []


@pytest.mark.parametrize("token", ["", "x", "f" * 64])
def test_a_form_of_another_site(flow: Flow, token: str):
    signed_in(flow)
    (button,) = buttons(show(flow))
    fields = {**dict(button.submit_fields()), "oauth2_browser_token": token}
    flow.browser.post(PAGE, fields, status=403)
    assert len(buttons(show(flow))) == 1


def test_that_of_another_user_is_not_ended(flow: Flow):
    signed_in(flow)
    alice = Flow(flow.server).log_in("alice")
    signed_in(alice)
    (own,) = buttons(show(alice))
    (sid,) = (each.sid for each in flow.server.service.sessions.list("bob"))
    fields = {**dict(own.submit_fields()), "session": sid}
    alice.browser.post(PAGE, fields, status=303)
    assert len(flow.server.service.sessions.list("bob")) == 1


def test_a_forged_link_says_nothing(flow: Flow):
    signed_in(flow)
    (session,) = flow.server.service.sessions.list("bob")
    page = flow.browser.get(f"{PAGE}?ended={session.sid[-16:]}")
    assert page.html.find(class_="done") is None


def test_a_client_that_is_disabled_is_not_named(flow: Flow):
    signed_in(flow, client_name="Your bank")
    flow.server.service.clients.disable("web")
    said = words(show(flow))
    assert "An application that is not available" in said


def test_the_latest_of_many(flow: Flow):
    for _ in range(SHOWN + 1):
        signed_in(Flow(flow.server).log_in("bob"))
    page = show(flow)
    assert len(buttons(page)) == SHOWN
    assert "There are more, which began earlier." in words(page)


def test_of_very_many_only_some_are_read(flow: Flow, monkeypatch: pytest.MonkeyPatch):
    """A script that keeps no cookie has one for each time that it signs in."""
    entries, end = flow.server.service.entries, flow.server.service.server.clock() + 3600
    for number in range(2 * PAGE_OF_ENTRIES):
        session = Session("bob", f"{number:032x}.0", 1, None, ())
        entries.put(entry_of(session, f"{number:032x}", end), None)
    read: list[int] = []
    list_entries = type(entries).list

    def counted(self: Any, *arguments: Any) -> Any:
        page = list_entries(self, *arguments)
        read.append(len(page.items))
        return page

    monkeypatch.setattr(type(entries), "list", counted)
    monkeypatch.setattr(user_sessions, "RECORDS_READ", PAGE_OF_ENTRIES)
    page = show(flow)
    assert len(buttons(page)) == SHOWN
    assert "There are more" in words(page)
    assert sum(read) == PAGE_OF_ENTRIES


def test_without_sessions(start_flow: StartFlow):
    flow = start_flow()
    flow.tokens()
    page = show(flow)
    assert buttons(page) == []
    assert "signed in with this account" not in words(page)


class TestSignOut:
    """``/oauth2/sign_out`` ends the session of the login that it ends."""

    def sign_out(self, flow: Flow, **query: str) -> Any:
        page = flow.browser.get("/oauth2/sign_out", query)
        return flow.browser.post(page.form.action, page.form.submit_fields(), status=303)

    def test_the_clients_are_signed_out_too(self, flow: Flow):
        tokens = signed_in(flow)
        other = Flow(flow.server).log_in("bob")
        kept = signed_in(other)
        events: list[Any] = []
        flow.server.hear(events.append, SessionEnded)
        self.sign_out(flow)
        assert flow.refresh(tokens["refresh_token"]).status_int == 400
        assert flow.refresh(kept["refresh_token"]).status_int == 200
        (event,) = events
        assert (event.subject, event.reason) == ("bob", "the user signed out")
        assert flow.browser.get("/whoami").text == "anonymous"

    def test_the_page_says_so(self, flow: Flow, start_flow: Callable[..., Flow]):
        said = "and of the applications at which you signed in with this login."
        assert said in words(flow.browser.get("/oauth2/sign_out"))
        give_scopes(flow)
        handle = flow.page(prompt="consent", scope="openid").form["interaction"].value
        page = words(flow.browser.get("/oauth2/sign_out", {"interaction": handle}))
        assert f"{said} Then you sign in as another user" in page
        assert said not in words(start_flow().browser.get("/oauth2/sign_out"))

    def test_who_goes_on_as_another_user_has_signed_out(self, flow: Flow):
        signed_in(flow)
        page = flow.page(prompt="consent", scope="openid")
        self.sign_out(flow, interaction=page.form["interaction"].value)
        assert flow.server.service.sessions.list("bob") == []

    def test_a_store_that_is_away_keeps_no_one_signed_in(
        self, flow: Flow, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ):
        signed_in(flow)

        def away(*_arguments: Any) -> Any:
            raise StoreUnavailable("away")

        monkeypatch.setattr(flow.server.service.server.entries, "get", away)
        self.sign_out(flow)
        assert flow.browser.get("/whoami").text == "anonymous"
        assert "A session goes on, although its user has signed out: away" in caplog.text
