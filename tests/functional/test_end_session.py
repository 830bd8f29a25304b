"""A client lets its user sign out (OpenID Connect RP-Initiated Logout 1.0).

The modules of the conformance suite for it are in :class:`TestConformance`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from pyramid_oauth2 import Authentication
from pyramid_oauth2.events import SessionEnded

from . import openid_provider
from .client_pages import words
from .flow import Flow, answer_in
from .openid_provider import PROVIDER, SIGNED_IN_AT, give_scopes, parts, provider

StartFlow = Callable[..., Flow]
END_SESSION = "/oauth2/end_session"
BYE = "https://client.example/bye"


@pytest.fixture
def storage() -> dict[str, str]:
    """Nothing here depends on the store."""
    return {"oauth2.backend": "memory"}


class Party:
    """A client at which bob has signed in, and his browser."""

    def __init__(self, flow: Flow) -> None:
        self.flow = give_scopes(flow, post_logout_redirect_uris=(BYE, f"{BYE}?a=b"))
        self.tokens = self.sign_in()
        self.id_token = str(self.tokens["id_token"])
        self.events: list[Any] = []
        flow.server.hear(self.events.append, SessionEnded)

    def sign_in(self, **changes: str) -> Any:
        return self.flow.tokens(scope="openid read", **changes)

    def send(self, method: str = "get", **parameters: str | None) -> Any:
        """The last response on our site; of a redirect to the client, that redirect."""
        given = {name: value for name, value in parameters.items() if value is not None}
        if method == "post":
            answer = self.flow.browser.post(END_SESSION, given, status="*")
        else:
            answer = self.flow.browser.get(f"{END_SESSION}?{urlencode(given)}", status="*")
        return self.followed(answer)

    def followed(self, answer: Any) -> Any:
        while answer.status_int in (302, 303) and answer.location.startswith("http://localhost"):
            answer = self.flow.browser.get(answer.location, status="*")
        return answer

    def press(self, page: Any) -> Any:
        """Press the button of the page that asks."""
        fields = page.form.submit_fields()
        return self.followed(self.flow.browser.post(page.form.action, fields, status="*"))

    @property
    def user(self) -> str:
        """Who is signed in to the application."""
        return str(self.flow.browser.get("/whoami").text)

    @property
    def sid(self) -> str:
        return str(parts(self.id_token)[1]["sid"])

    def is_over(self) -> bool:
        """Whether login, session and grant have ended."""
        service = self.flow.server.service
        lasts = any(each.sid == self.sid for each in service.sessions.list("bob"))
        refreshed = self.flow.refresh(self.tokens["refresh_token"])
        over = (self.user, lasts, refreshed.status_int)
        assert over in (("anonymous", False, 400), ("bob", True, 200)), over
        return over[0] == "anonymous"


def asks(answer: Any) -> bool:
    return answer.status_int == 200 and answer.html.h1.string == "Sign out?"


def says_signed_out(answer: Any) -> bool:
    return answer.status_int == 200 and answer.html.h1.string == "You are signed out"


@pytest.fixture
def party(start_flow: StartFlow) -> Party:
    return Party(start_flow(provider, **PROVIDER))


class TestConformance:
    """What the modules of the plan oidcc-rp-initiated-logout-certification-test-plan try."""

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_logout(self, party: Party, method: str):
        """oidcc-rp-initiated-logout"""
        wanted = {"id_token_hint": party.id_token, "post_logout_redirect_uri": BYE, "state": "x y&"}
        answer = party.send(method, **wanted)
        assert answer.status_int == 303
        assert urlsplit(answer.location)._replace(query="").geturl() == BYE
        assert answer_in(answer.location) == {"state": "x y&"}
        assert party.is_over()

    def test_no_state(self, party: Party):
        """oidcc-rp-initiated-logout-no-state"""
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE
        assert party.is_over()

    def test_no_post_logout_redirect_uri(self, party: Party):
        """oidcc-rp-initiated-logout-no-post-logout-redirect-uri"""
        assert says_signed_out(party.send(id_token_hint=party.id_token, state="x"))
        assert party.is_over()

    @pytest.mark.parametrize(
        "uri",
        [
            "https://client.example/other",
            "https://evil.example/bye",
            f"{BYE}/",
            f"{BYE}#x",
            "https://client.example/BYE",
            "HTTPS://client.example/bye",
            "https://client.example:443/bye",
            f"{BYE}/../bye",
            "//client.example/bye",
            "/bye",
            "javascript:alert(1)",
            "https://client.example/back",
        ],
    )
    def test_bad_post_logout_redirect_uri(self, party: Party, uri: str):
        """oidcc-rp-initiated-logout-bad-post-logout-redirect-uri"""
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=uri)
        assert says_signed_out(answer)
        assert "example" not in answer.html.main.decode()
        assert party.is_over()

    @pytest.mark.parametrize("query", ["?extra=1", "?", "?state=1"])
    def test_query_added_to_post_logout_redirect_uri(self, party: Party, query: str):
        """oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri"""
        uri = f"{BYE}{query}"
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=uri)
        assert says_signed_out(answer)

    def test_modified_id_token_hint(self, party: Party):
        """oidcc-rp-initiated-logout-modified-id-token-hint"""
        header, payload, signature = party.id_token.split(".")
        changed = "A" if signature[0] != "A" else "B"
        hint = f"{header}.{payload}.{changed}{signature[1:]}"
        answer = party.send(id_token_hint=hint, post_logout_redirect_uri=BYE, state="x")
        assert asks(answer)
        assert not party.is_over()
        assert says_signed_out(party.press(answer))
        assert party.is_over()

    @pytest.mark.parametrize("hint", ["bad", "a.b.c", "..", "x" * 3000, "eyJhbGciOiJub25lIn0.e30."])
    def test_bad_id_token_hint(self, party: Party, hint: str):
        """oidcc-rp-initiated-logout-bad-id-token-hint"""
        wanted = {"post_logout_redirect_uri": BYE, "state": "x", "client_id": "web"}
        answer = party.send(id_token_hint=hint, **wanted)
        assert asks(answer)
        assert not party.is_over()
        # Section 4: nothing is used that depends on it, also not the client that is named.
        assert says_signed_out(party.press(answer))

    def test_no_id_token_hint(self, party: Party):
        """oidcc-rp-initiated-logout-no-id-token-hint"""
        answer = party.send(post_logout_redirect_uri=BYE, state="x")
        assert asks(answer)
        assert says_signed_out(party.press(answer))
        assert party.is_over()

    def test_no_params(self, party: Party):
        """oidcc-rp-initiated-logout-no-params"""
        answer = party.send()
        assert asks(answer)
        assert says_signed_out(party.press(answer))
        assert party.is_over()

    def test_only_state(self, party: Party):
        """oidcc-rp-initiated-logout-only-state"""
        answer = party.send(state="x")
        assert asks(answer)
        assert says_signed_out(party.press(answer))

    def test_discovery(self, party: Party):
        """oidcc-rp-initiated-logout-discovery-endpoint-verification"""
        found = party.flow.server.get("/.well-known/openid-configuration").json
        assert found["end_session_endpoint"] == f"http://localhost{END_SESSION}"


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


class TestNoUser:
    """The login of the application has ended by itself, or in another tab."""

    def test_the_session_of_this_browser_ends(self, party: Party):
        party.flow.log_out()
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE, state="x")
        assert answer.location == f"{BYE}?state=x"
        assert party.is_over()

    def test_that_of_another_browser_does_not(self, party: Party):
        """An ID token is no secret: it ends nothing where its user is not."""
        elsewhere = Party.__new__(Party)
        elsewhere.flow = Flow(party.flow.server)
        answer = elsewhere.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE
        assert not party.is_over()

    def test_without_a_hint_a_page_links_to_the_client(self, party: Party):
        party.flow.log_out()
        answer = party.send(client_id="web", post_logout_redirect_uri=BYE, state="x")
        assert says_signed_out(answer)
        assert answer.html.main.find("a")["href"] == f"{BYE}?state=x"

    @pytest.mark.parametrize("hinted", [True, False])
    def test_to_what_a_stranger_has_registered_no_link_leads(self, party: Party, hinted: bool):
        """RFC 9700 section 4.11.2: this server is trusted, that site is not."""
        party.flow.server.service.clients.edit("web", source="registered")
        elsewhere = Party.__new__(Party)
        elsewhere.flow = Flow(party.flow.server)
        named = {"id_token_hint": party.id_token} if hinted else {"client_id": "web"}
        answer = elsewhere.send(**named, post_logout_redirect_uri=BYE)
        assert says_signed_out(answer)
        assert answer.html.main.find("a") is None

    def test_who_has_signed_out_there_goes_back_to_it(self, party: Party):
        party.flow.server.service.clients.edit("web", source="registered")
        answer = party.send(id_token_hint=party.id_token, post_logout_redirect_uri=BYE)
        assert answer.location == BYE

    def test_who_signs_out_on_our_page_stays_here(self, party: Party):
        """Section 3: without a valid hint, only where an operator knows the client."""
        party.flow.server.service.clients.edit("web", source="registered")
        page = party.send(client_id="web", post_logout_redirect_uri=BYE)
        assert asks(page)
        assert BYE not in page.text
        fields = {**dict(page.form.submit_fields()), "post_logout_redirect_uri": BYE}
        assert says_signed_out(party.send("post", **fields))
        assert party.is_over()

    def test_a_hint_of_the_stranger_s_own_session_leads_nowhere_either(self, party: Party):
        party.flow.server.service.clients.edit("web", source="registered")
        stranger = Flow(party.flow.server).log_in("alice")
        hint = stranger.tokens(scope="openid")["id_token"]
        page = party.send(id_token_hint=hint, post_logout_redirect_uri=BYE)
        assert asks(page)
        assert BYE not in page.text
        assert says_signed_out(party.press(page))

    def test_nothing_is_said_to_be_ended(self, party: Party):
        party.flow.log_out()
        assert says_signed_out(party.send())
        assert party.events == []


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


def browser_cookie(party: Party) -> str:
    (value,) = (each.value for each in party.flow.browser.cookiejar if "browser" in each.name)
    return str(value)


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
