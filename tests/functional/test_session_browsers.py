"""The session of a browser is found again, so that it ends when its user signs out.

RP-Initiated Logout 1.0 section 2.1: if the user says yes, the server must sign them out; section 4
of Back-Channel Logout 1.0: the clients of the session are notified.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pyramid_oauth2 import Authentication

from . import openid_provider
from .flow import Flow, answer_in
from .openid_provider import PROVIDER, SIGNED_IN_AT, give_scopes, parts, provider
from .signing_out import BYE, Party, StartFlow, asks, storage  # noqa: F401
from .test_own_sign_out import own_sign_out, sign_out

OURS = "oauth2_browser"
DAY = 86_400


@pytest.fixture
def party(start_flow: StartFlow) -> Party:
    return Party(start_flow(provider, own_sign_out, **PROVIDER))


def forget(flow: Flow, of: Callable[[Any], bool]) -> None:
    """Let the browser forget our cookies of that kind; the login of the application stays."""
    jar = flow.browser.cookiejar
    for cookie in [each for each in jar if each.name == OURS and of(each)]:
        jar.clear(cookie.domain, cookie.path, cookie.name)


def close(flow: Flow) -> None:
    """Close the browser, which forgets what has no end (RFC 6265 section 5.3)."""
    forget(flow, lambda cookie: cookie.expires is None)


class TestClosedBrowser:
    """A user whom the application remembers stays signed in."""

    def test_a_client_signs_them_out_without_a_question(self, party: Party):
        close(party.flow)
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE
        assert party.is_over()

    def test_the_application_signs_them_out(self, party: Party):
        close(party.flow)
        assert sign_out(party.flow) == "True"
        assert party.is_over()

    def test_their_next_sign_in_is_in_the_same_session(self, party: Party):
        close(party.flow)
        again = party.sign_in(prompt="consent")
        assert parts(again["id_token"])[1]["sid"] == party.sid

    def test_each_sign_in_lets_the_browser_keep_the_cookie(self, party: Party):
        before = party.flow.browser.cookies[OURS]
        answer = party.flow.ask(scope="openid read")
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"{OURS}={before}")
        assert f"Max-Age={365 * DAY}" in cookie

    def test_who_has_signed_out_leaves_none(self, party: Party):
        answer = party.flow.browser.get(f"/oauth2/end_session?id_token_hint={party.id_token}")
        ours = [each for each in answer.headers.getall("Set-Cookie") if each.startswith(OURS)]
        assert len(ours) == 1
        assert "Max-Age" not in ours[0]
        close(party.flow)
        assert OURS not in party.flow.browser.cookies

    def test_without_sessions_it_keeps_none(self, start_flow: StartFlow):
        flow = start_flow()
        assert "Max-Age" not in flow.page().headers["Set-Cookie"]
        assert "Set-Cookie" not in flow.decide(flow.page()).headers


class TestOwnSid:
    """The application names its sessions, and the login has ended by itself."""

    @pytest.fixture
    def party(self, start_flow: StartFlow) -> Party:
        class Users(openid_provider.Users):
            def authentication(self, request: Any) -> Authentication:
                return Authentication(SIGNED_IN_AT, sid="login-1")

            def end_session(self, subject: str, sid: str) -> None:
                assert (subject, sid) == ("bob", "login-1")

        return Party(
            start_flow(lambda config: config.set_oauth2_resource_owners(Users()), **PROVIDER)
        )

    def test_the_session_of_this_browser_ends(self, party: Party):
        party.flow.log_out()
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE
        assert party.is_over()

    def test_a_request_without_openid_belongs_to_no_session(self, party: Party):
        tokens = party.flow.tokens(scope="read", prompt="consent")
        assert party.flow.server.service.sessions.end("bob", "login-1")
        assert party.flow.refresh(party.tokens["refresh_token"]).status_int == 400
        assert party.flow.refresh(tokens["refresh_token"]).status_int == 200

    def test_a_request_without_openid_needs_no_session(self, party: Party):
        assert party.flow.server.service.sessions.end("bob", "login-1")
        assert party.flow.tokens(scope="read", prompt="consent")["scope"] == "read"

    def test_that_of_another_browser_does_not(self, party: Party):
        elsewhere = Party.__new__(Party)
        elsewhere.flow = Flow(party.flow.server)
        assert elsewhere.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert not party.is_over()


class TestOtherCookie:
    """The session is not known by the present cookie: the page asks, and then it ends."""

    def test_a_lost_one(self, party: Party):
        forget(party.flow, lambda cookie: True)
        page = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert asks(page)
        assert not party.is_over()
        assert party.press(page).location == BYE
        assert party.is_over()

    def test_the_session_of_another_browser(self, party: Party):
        """A client can be signed in by that one, as on a device with an app."""
        other = Flow(party.flow.server).log_in("bob")
        tokens = other.tokens(scope="openid read", prompt="consent")
        page = party.send(id_token_hint=tokens["id_token"])
        assert other.refresh(tokens["refresh_token"]).status_int == 200
        party.press(page)
        assert party.is_over()
        assert not party.flow.server.service.sessions.list("bob")

    def test_that_of_another_user_goes_on(self, party: Party):
        """Nor can the form name it."""
        other = Flow(party.flow.server).log_in("alice")
        tokens = other.tokens(scope="openid read")
        page = party.send(id_token_hint=tokens["id_token"])
        assert "session" not in page.form.fields
        fields = [*page.form.submit_fields(), ("session", parts(tokens["id_token"])[1]["sid"])]
        party.flow.browser.post(page.form.action, fields, status=303)
        assert other.refresh(tokens["refresh_token"]).status_int == 200

    def test_a_link_names_none(self, party: Party):
        party.send(session=party.sid)
        assert not party.is_over()

    def test_two_first_pages_at_once(self, start_flow: StartFlow):
        """Each sets a cookie, and the later one stays: the form of the other page is sent."""
        flow = give_scopes(start_flow(provider, **PROVIDER), post_logout_redirect_uris=(BYE,))
        page = flow.page(scope="openid read")
        forget(flow, lambda cookie: True)
        flow.page(scope="openid read")
        form = dict(page.form.submit_fields("decision", submit_value="allow"))
        ours = {"Origin": "http://localhost"}
        answer = flow.browser.post(page.form.action, form, headers=ours, status=303)
        tokens = flow.redeem(answer_in(answer.location)["code"]).json
        location = flow.browser.get(
            f"/oauth2/end_session?id_token_hint={tokens['id_token']}", status="*"
        )
        assert location.status_int == 303
        assert not flow.server.service.sessions.list("bob")
