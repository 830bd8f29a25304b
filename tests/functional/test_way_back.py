"""The page for a request that has expired or is used leads its own user back to the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from webtest import TestResponse

from .flow import AUTHORIZE, BACK, LONG, Flow, answer_in
from .server import Clock
from .test_login import way_back

EXPIRED, USED = "This page has expired", "This page was used already"


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


def expired(flow: Flow, **changes: Any) -> TestResponse:
    """The page that the user gets who decides too late."""
    clock, page = Clock(flow.server), flow.page(**changes)
    clock.now += 600
    answer = flow.decide(page)
    assert answer.html.h1.string == EXPIRED
    return answer


def used(flow: Flow, **changes: Any) -> TestResponse:
    """The page that the user gets who decides a second time, and otherwise."""
    page = flow.page(**changes)
    flow.decide(page, "deny")
    answer = flow.decide(page)
    assert answer.html.h1.string == USED
    return answer


def purge(flow: Flow, clock: Clock) -> None:
    """Remove what is due, as an issuance does; a store may do it at any time."""
    flow.server.service.server.grants.purge(clock.now)


def links(answer: TestResponse) -> list[str]:
    return [link["href"] for link in answer.html.main.find_all("a")]


class TestExpired:
    def test_an_error_leads_back(self, flow: Flow):
        """RFC 6749 section 4.1.2.1: the client waits for a response, with its state."""
        flow.edit(client_name="<b>Web</b>")
        answer = expired(flow)
        (link,) = links(answer)
        assert link.startswith(f"{BACK}?")
        assert answer_in(link) == {
            "error": "access_denied",
            "error_description": "The user did not decide in time.",
            "state": "xyz",
            "iss": "http://localhost",
        }
        assert answer.html.main.a.get_text() == "Back to <b>Web</b>"
        assert answer.html.main.find("strong").string == "client.example"

    def test_by_a_form_where_the_client_wants_one(self, flow: Flow):
        answer = expired(flow, response_mode="form_post")
        assert links(answer) == []
        assert answer.form.action == BACK
        assert dict(answer.form.submit_fields())["error"] == "access_denied"

    def test_to_an_app_on_the_device(self, start_flow: Callable[..., Flow]):
        flow = start_flow(client_id="app")
        (link,) = links(expired(flow, redirect_uri="com.example.app:/back"))
        assert link.startswith("com.example.app:/back?error=access_denied&")

    def test_when_a_stored_request_is_opened_too_late(self, flow: Flow):
        clock, page = Clock(flow.server), flow.page(state=LONG)
        clock.now += 600
        answer = flow.get({"interaction": page.form["interaction"].value})
        assert answer_in(links(answer)[0])["state"] == LONG

    @pytest.mark.parametrize("state", ["xyz", LONG])
    def test_for_two_hours_whatever_is_purged(self, flow: Flow, state: str):
        clock, page = Clock(flow.server), flow.page(state=state)
        clock.now += 600 + 2 * 3600 - 1
        purge(flow, clock)
        answer = flow.decide(page)
        assert answer.html.h1.string == EXPIRED
        assert answer_in(links(answer)[0])["state"] == state
        clock.now += 1
        purge(flow, clock)
        answer = flow.decide(page)
        assert (answer.html.h1.string, links(answer)) == (EXPIRED, [])

    def test_no_longer_where_no_user_has_opened_it(self, flow: Flow):
        """Anyone can have a long request stored, so it must not stay for long."""
        clock, stranger = Clock(flow.server), Flow(flow.server)
        stranger.ask(state=LONG)
        assert [record.kind for record in flow.server.records()] == ["interaction"]
        clock.now += 600
        purge(flow, clock)
        assert flow.server.records() == []

    def test_also_when_the_session_has_ended_too(self, flow: Flow):
        clock, page = Clock(flow.server), flow.page()
        clock.now += 600
        assert links(flow.log_out().decide(page))

    @pytest.mark.parametrize("has_cookie", [False, True])
    def test_when_the_login_took_too_long(self, flow: Flow, has_cookie: bool):
        """A request that is stored belongs to no browser before its user has logged in."""
        clock, browser = Clock(flow.server), Flow(flow.server)
        if has_cookie:
            browser.log_in().page()
            browser.log_out()
        at_login = browser.browser.get(browser.ask(state=LONG).location)
        clock.now += 601
        answer = browser.log_in().browser.get(way_back(at_login), status=400)
        assert answer.html.h1.string == EXPIRED
        assert answer_in(links(answer)[0])["state"] == LONG

    @pytest.mark.parametrize("what", ["disabled", "deleted", "another redirect URI"])
    def test_not_where_the_client_is_not_there_any_more(self, flow: Flow, what: str):
        clock, page = Clock(flow.server), flow.page()
        clock.now += 600
        if what == "another redirect URI":
            flow.edit(redirect_uris=("https://client.example/new",))
        else:
            end = getattr(flow.server.service.clients, what.removesuffix("d"))
            end("web")
        answer = flow.decide(page)
        assert (answer.html.h1.string, links(answer)) == (EXPIRED, [])

    def test_not_for_another_user(self, flow: Flow):
        clock, page = Clock(flow.server), flow.page()
        clock.now += 600
        answer = flow.log_in("alice").decide(page)
        assert (links(answer), "xyz" in answer) == ([], False)

    @pytest.mark.parametrize("has_cookie", [False, True])
    def test_not_for_another_browser(self, flow: Flow, has_cookie: bool):
        clock, page = Clock(flow.server), flow.page()
        stranger = Flow(flow.server).log_in()
        if has_cookie:
            stranger.page()
        clock.now += 600
        answer = stranger.get({"interaction": page.form["interaction"].value})
        assert (answer.html.h1.string, links(answer)) == (EXPIRED, [])
        assert "xyz" not in answer

    def test_of_a_handle_that_was_never_made(self, flow: Flow):
        flow.page()
        answer = flow.get({"interaction": "oin_" + "0" * 65})
        assert (answer.html.h1.string, links(answer)) == (EXPIRED, [])


class TestUsed:
    @pytest.mark.parametrize("decision", ["allow", "deny"])
    def test_for_two_hours_whatever_is_purged(self, flow: Flow, decision: str):
        clock, page = Clock(flow.server), flow.page()
        flow.decide(page, decision)
        clock.now += 600 + 2 * 3600 - 1
        purge(flow, clock)
        answer = flow.decide(page, decision)
        assert answer.html.h1.string == USED
        assert links(answer) == ["https://client.example/"]

    def test_the_site_of_the_redirect_uri(self, flow: Flow):
        """The client has its response, so this is none."""
        assert links(used(flow)) == ["https://client.example/"]

    def test_the_website_of_the_client(self, flow: Flow):
        flow.edit(client_uri="https://www.client.example/start")
        answer = used(flow)
        assert links(answer) == ["https://www.client.example/start"]
        assert answer.html.main.find("strong").string == "www.client.example"

    @pytest.mark.parametrize("uri", ["com.example.app:/back", "http://127.0.0.1:5000/back"])
    def test_an_app_on_the_device_has_none(self, start_flow: Callable[..., Flow], uri: str):
        assert links(used(start_flow(client_id="app"), redirect_uri=uri)) == []

    def test_not_for_another_browser(self, flow: Flow):
        page = flow.page()
        flow.decide(page, "deny")
        stranger = Flow(flow.server).log_in()
        stranger.page()
        answer = stranger.get({"interaction": page.form["interaction"].value})
        assert (answer.html.h1.string, links(answer)) == (USED, [])


class TestOtherReasons:
    """Each has its own words."""

    def test_a_user_who_was_deactivated_meanwhile(self, flow: Flow):
        page = flow.page()
        flow.server.change(is_active=lambda subject: False)
        answer = flow.decide(page)
        assert answer.html.h1.string == "Your account is deactivated"
        assert EXPIRED not in answer

    def test_access_that_was_withdrawn_meanwhile(self, flow: Flow, monkeypatch: pytest.MonkeyPatch):
        flow.allow()
        consents = flow.server.service.server.consents
        get = type(consents).get

        def withdrawn_at_once(self: Any, subject: str, client_id: str) -> Any:
            found = get(self, subject, client_id)
            self.forget(subject, client_id)
            return found

        monkeypatch.setattr(type(consents), "get", withdrawn_at_once)
        answer = flow.ask()
        assert answer.html.h1.string == "The access was withdrawn"

    def test_a_record_of_another_version(self, flow: Flow):
        page = flow.page()
        handle = page.form["interaction"].value
        grants = flow.server.service.server.grants
        (token,) = (record for record in flow.server.records() if record.kind == "interaction")
        later = b'{"critical": ["later"], "later": 1, "asked": {}}'
        assert grants.amend(token.ref, token.version, {"data": later})
        for answer in (flow.get({"interaction": handle}), flow.decide(page)):
            assert answer.html.h1.string == "This site is being updated"
            assert links(answer) == []


def test_a_new_browser_that_opens_a_stored_request_twice(flow: Flow):
    """Each page sets a cookie, and one stays: the form of either gives a code."""
    login = next(f"{c.name}={c.value}" for c in flow.browser.cookiejar if c.name == "auth_tkt")
    for number in (0, 1):
        # A form of another site has no cookie, and is too long to be sent on in a URL.
        form = flow.parameters(state=LONG, prompt="consent")
        stored = flow.server.fresh_browser().post(AUTHORIZE, form, status=303).location
        pages = [
            flow.server.fresh_browser().get(stored, headers={"Cookie": login}, status=200)
            for _ in "12"
        ]
        stays = pages[1].headers["Set-Cookie"].partition(";")[0]
        fields = pages[number].form.submit_fields("decision", submit_value="allow")
        headers = {"Cookie": f"{login}; {stays}", "Origin": "http://localhost"}
        for _ in "12":
            answer = flow.server.fresh_browser().post(AUTHORIZE, fields, headers=headers)
            assert "code" in answer_in(answer.location)
