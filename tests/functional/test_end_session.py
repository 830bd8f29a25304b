"""A client lets its user sign out (OpenID Connect RP-Initiated Logout 1.0).

What the conformance suite tries is in ``test_end_session_conformance.py``.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pyramid_oauth2 import Authentication

from . import openid_provider
from .client_pages import words
from .flow import Flow
from .openid_provider import PROVIDER, SIGNED_IN_AT, give_scopes, parts, provider
from .signing_out import (  # noqa: F401
    BYE,
    END_SESSION,
    Party,
    StartFlow,
    asks,
    browser_cookie,
    says_signed_out,
    storage,
)


@pytest.fixture
def party(start_flow: StartFlow) -> Party:
    return Party(start_flow(provider, **PROVIDER))


class TestClient:
    """Section 2: the client of the hint and the one that is named must agree."""

    def test_both(self, party: Party):
        wanted = {"client_id": "web", "post_logout_redirect_uri": BYE}
        assert party.send(id_token_hint=party.id_token, **wanted).location == BYE

    @pytest.mark.parametrize("client_id", ["app", "unknown", "WEB"])
    def test_another_one(self, party: Party, client_id: str):
        wanted = {"client_id": client_id, "post_logout_redirect_uri": BYE}
        answer = party.send(id_token_hint=party.id_token, **wanted)
        assert asks(answer)
        assert says_signed_out(party.press(answer))

    def test_named_alone(self, party: Party):
        """The user is asked; then they are sent back."""
        answer = party.send(client_id="web", post_logout_redirect_uri=BYE, state="x")
        assert asks(answer)
        assert "web asks to sign you out." in words(answer)
        answer = party.press(answer)
        assert answer.location == f"{BYE}?state=x"
        assert party.is_over()

    def test_an_unknown_one(self, party: Party):
        answer = party.send(client_id="unknown", post_logout_redirect_uri=BYE)
        assert asks(answer)
        assert "unknown" not in words(answer)

    def test_a_disabled_one(self, party: Party):
        party.flow.server.service.clients.disable("web")
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert asks(answer)
        assert says_signed_out(party.press(answer))

    def test_a_query_of_the_registered_uri_stays(self, party: Party):
        uri = f"{BYE}?a=b"
        wanted = {"post_logout_redirect_uri": uri, "state": "x"}
        assert party.send(id_token_hint=party.id_token, **wanted).location == f"{uri}&state=x"

    @pytest.mark.parametrize(
        "name", ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"]
    )
    def test_a_parameter_twice(self, party: Party, name: str):
        answer = party.flow.browser.get(f"{END_SESSION}?{name}=a&{name}=b", status=400)
        assert "Location" not in answer.headers
        assert party.user == "bob"


class TestOwnHint:
    """Only an ID token of this very session signs the user out without a question."""

    def test_of_another_session_of_the_user(self, party: Party):
        other = Flow(party.flow.server).log_in("bob")
        hint = other.tokens(scope="openid", prompt="consent")["id_token"]
        assert parts(hint)[1]["sid"] != party.sid
        answer = party.send(id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert asks(answer)
        assert not party.is_over()
        assert party.press(answer).location == BYE
        assert party.is_over()

    def test_of_another_user(self, party: Party):
        other = Flow(party.flow.server).log_in("alice")
        hint = other.tokens(scope="openid")["id_token"]
        answer = party.send(id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert asks(answer)
        assert not party.is_over()

    def test_one_that_has_expired(self, party: Party):
        """Section 2: the server should accept it."""
        service = party.flow.server.service
        later = service.server.clock() + 2 * 86_400
        object.__setattr__(service.server, "clock", lambda: later)
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE

    def test_of_a_session_that_has_ended(self, party: Party):
        """The user has signed in to the application again, or was signed out elsewhere."""
        assert party.flow.server.service.sessions.end("bob", party.sid)
        assert asks(party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE))
        assert party.user == "bob"

    def test_an_access_token_is_none(self, party: Party):
        assert asks(party.send(id_token_hint=party.tokens["access_token"]))

    @pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "token-introspection+jwt"])
    def test_another_jwt_of_ours_is_none(self, party: Party, typ: str):
        from pyramid_oauth2.jose.signing import sign

        server = party.flow.server.service.server
        claims = {**parts(party.id_token)[1], "client_id": "web", "jti": "x", "events": {}}
        assert asks(party.send(id_token_hint=sign(server, typ, claims, "RS256")))
        assert asks(party.send(id_token_hint=sign(server, "JWT", without_time(claims), "RS256")))

    def test_of_a_client_with_pairwise_subjects(self, start_flow: StartFlow):
        salted = {**PROVIDER, "openid.pairwise_salt": "p" * 43}
        flow = give_scopes(start_flow(provider, **salted), subject_type="pairwise")
        party = Party(flow)
        assert parts(party.id_token)[1]["sub"] != "bob"
        assert (
            party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE).location == BYE
        )
        assert party.is_over()


def without_time(claims: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in claims.items() if name != "iat"}


class TestForgery:
    """Other sites cannot sign a user out."""

    def test_an_image_ends_nothing(self, party: Party):
        for parameters in ({}, {"client_id": "web"}, {"client_id": "web", "logout_hint": "bob"}):
            party.send(**parameters)
        assert not party.is_over()

    @pytest.mark.parametrize("token", [None, "", "x", "f" * 64])
    def test_a_form_of_another_site_ends_nothing(self, party: Party, token: str | None):
        page = party.send(client_id="web")
        fields = {**dict(page.form.submit_fields()), "oauth2_browser_token": token}
        assert asks(party.send("post", **fields))
        assert not party.is_over()

    def test_the_form_of_another_user_ends_nothing(self, party: Party):
        page = party.send()
        party.flow.log_in("alice")
        assert asks(party.press(page))
        assert party.user == "alice"

    def test_without_cookies_there_is_a_page_that_says_so(self, party: Party):
        page = party.send()
        jar = party.flow.browser.cookiejar
        for cookie in [cookie for cookie in jar if "browser" in cookie.name]:
            jar.clear(cookie.domain, cookie.path, cookie.name)
        answer = party.press(page)
        assert answer.status_int == 400
        assert party.user == "bob"

    @pytest.mark.parametrize("proof", ["", "x", "f" * 64, "ä"])
    def test_a_proof_that_a_login_has_ended(self, party: Party, proof: str):
        party.flow.log_out()
        answer = party.send(client_id="web", post_logout_redirect_uri=BYE, ended=proof)
        assert says_signed_out(answer)

    def test_the_browser_gets_another_secret(self, party: Party):
        """So that pages which are open in other tabs are over."""
        before = browser_cookie(party)
        party.send(id_token_hint=party.id_token)
        assert browser_cookie(party) != before

    def test_the_page_cannot_be_framed(self, party: Party):
        answer = party.send()
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]

    def test_the_hint_is_not_in_the_page(self, party: Party):
        other = Flow(party.flow.server).log_in("bob")
        hint = other.tokens(scope="openid", prompt="consent")["id_token"]
        answer = party.send(id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert hint not in answer.text


class TestEnd:
    def test_the_event(self, party: Party):
        party.send(id_token_hint=party.id_token)
        (event,) = party.events
        assert (event.subject, event.sid, event.reason) == ("bob", party.sid, "the user signed out")
        assert (event.clients, event.grants) == ({"web"}, 1)
        assert event.request is not None

    def test_what_was_allowed_for_offline_access_stays(self, party: Party):
        """Back-Channel Logout 1.0 section 2.7."""
        kept = party.flow.tokens(scope="openid offline_access", prompt="consent")
        party.send(id_token_hint=party.id_token)
        assert party.flow.refresh(kept["refresh_token"]).status_int == 200
        assert party.flow.refresh(party.tokens["refresh_token"]).status_int == 400

    def test_by_the_application_s_own_logout(self, start_flow: StartFlow):
        """It ends the login, and the user comes back to us, and from there to the client."""
        seen: list[str] = []

        def logging_out(config: Any) -> None:
            def log_out(request: Any) -> Any:
                from pyramid.httpexceptions import HTTPFound
                from pyramid.security import forget

                seen.append(request.params["next"])
                return HTTPFound(request.params["next"], headers=forget(request))

            config.add_route("log_out", "/log_out")
            config.add_view(log_out, route_name="log_out")

        party = Party(start_flow(provider, logging_out, logout_route="log_out", **PROVIDER))
        wanted = {"post_logout_redirect_uri": BYE, "state": "x"}
        answer = party.send(id_token_hint=party.id_token, **wanted)
        assert answer.location == f"{BYE}?state=x"
        assert party.is_over()
        (path,) = seen
        assert path.startswith(END_SESSION)
        assert "id_token_hint" not in parse_qs(urlsplit(path).query)

    def test_the_application_s_own_session(self, start_flow: StartFlow):
        ended: list[tuple[str, str]] = []

        class Users(openid_provider.Users):
            def authentication(self, request: Any) -> Authentication:
                return Authentication(SIGNED_IN_AT, sid="s-1")

            def end_session(self, subject: str, sid: str) -> None:
                ended.append((subject, sid))

        def own(config: Any) -> None:
            config.set_oauth2_resource_owners(Users())

        party = Party(start_flow(own, **PROVIDER))
        assert party.sid == "s-1"
        assert (
            party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE).location == BYE
        )
        assert ended == [("bob", "s-1")]

    def test_each_page_is_in_the_language_of_the_request(self, party: Party):
        page = party.send(ui_locales="de")
        assert party.press(page).html.html["lang"] == "de"
        party.flow.log_in()
        party.id_token = party.sign_in(prompt="consent")["id_token"]
        answer = party.send(id_token_hint=party.id_token, ui_locales="fr")
        assert answer.html.html["lang"] == "fr"
        assert party.user == "anonymous"

    def test_in_the_language_of_the_request(self, party: Party):
        """Section 2, ``ui_locales``."""
        assert party.send(ui_locales="fr de").html.html["lang"] == "fr"

    def test_with_a_slash_at_the_end(self, party: Party):
        party.flow.browser.get(f"{END_SESSION}/", status=200)

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_no_other_method(self, party: Party, method: str):
        assert party.flow.browser.request(END_SESSION, method=method, status=405)


def test_without_openid_connect_there_is_none(start_flow: StartFlow):
    start_flow().browser.get(END_SESSION, status=404)
