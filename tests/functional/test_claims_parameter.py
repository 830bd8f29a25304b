"""Claims that a client asks for by name: on the consent page, at userinfo, in the ID token."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from .flow import LONG, Flow, answer_in
from .openid_provider import PROVIDER, give_scopes, parts, provider
from .test_userinfo import ask

StartFlow = Callable[..., Flow]
EMAIL = {"email": {"essential": True}}


@pytest.fixture
def flow(start_flow: StartFlow) -> Flow:
    return give_scopes(start_flow(provider, **PROVIDER))


def claims(**members: Any) -> dict[str, str]:
    """The parameter, in a request of OpenID Connect."""
    return {"scope": "openid", "claims": json.dumps(members)}


def in_id_token(flow: Flow, **request: str) -> Any:
    return parts(flow.tokens(**request)["id_token"])[1]


def block_of(flow: Flow, **request: str) -> list[str]:
    """The lines about the user on the consent page."""
    page = flow.page(**request)
    (heading,) = [
        tag for tag in page.html.find_all(["h2", "h3"]) if tag.text == "It learns about you"
    ]
    return [item.text for item in heading.find_next("ul").find_all("li")]


class TestConsent:
    def test_it_names_the_data_in_words(self, flow: Flow):
        further = {"https://example.org/department": None}
        request = claims(userinfo={**EMAIL, **further}, id_token={"nickname": None})
        lines = ["Your nickname", "Your e-mail address", "Where you work <b>now</b>"]
        assert block_of(flow, **request) == lines

    def test_a_client_writes_no_words_on_the_page(self, flow: Flow):
        """Section 5.5: what is not understood is ignored."""
        text = "Nothing: this only confirms your address. Press Allow \u202e"
        unknown = {text: None, f"name#{text}": None}
        page = flow.page(**claims(userinfo=unknown, id_token=unknown))
        assert "Press Allow" not in page.text
        issued = flow.tokens(**claims(userinfo={text: None}))
        assert ask(flow, issued["access_token"]).json == {"sub": "bob"}

    def test_without_the_page_a_client_gets_no_more_than_by_scopes(self, flow: Flow):
        """The operator has allowed the scopes of the client, and no user allows more."""
        give_scopes(flow, consent="skip", scope=frozenset({"openid", "phone"}))
        further = "https://example.org/department"
        asked = {**EMAIL, "name#de": None, "phone_number": None, further: None}
        code = answer_in(flow.ask(**claims(id_token=asked, userinfo=asked)).location)["code"]
        issued = flow.redeem(code).json
        expected = {"phone_number": "+49 228 0", further: "Roofs"}
        said = parts(issued["id_token"])[1]
        assert {name: said[name] for name in {*asked, "name"} & said.keys()} == expected
        assert ask(flow, issued["access_token"]).json == {"sub": "bob", **expected}

    def test_with_the_page_the_user_decides(self, flow: Flow):
        give_scopes(flow, scope=frozenset({"openid"}))
        assert in_id_token(flow, **claims(id_token=EMAIL))["email"] == "bob@example.org"

    def test_in_the_language_of_the_page(self, flow: Flow):
        flow.browser.extra_environ["HTTP_ACCEPT_LANGUAGE"] = "de"
        page = flow.page(**claims(userinfo=EMAIL))
        assert "Die Anwendung erfährt über Sie" in page.text
        assert "Ihre E-Mail-Adresse" in page.text

    def test_the_words_of_scopes_are_enough(self, flow: Flow):
        page = flow.page(**{**claims(userinfo=EMAIL), "scope": "openid email"})
        assert "See your e-mail address" in page.text
        assert "It learns about you" not in page.text

    def test_the_same_or_fewer_are_not_asked_again(self, flow: Flow):
        flow.code(**claims(userinfo={**EMAIL, "name": None}))
        for request in (claims(userinfo=EMAIL), claims(id_token={"name": None}), claims()):
            assert "code=" in flow.ask(**request).location

    def test_more_are_asked(self, flow: Flow):
        flow.code(**claims(userinfo=EMAIL))
        assert "Your name" in block_of(flow, **claims(userinfo={**EMAIL, "name": None}))

    def test_a_consent_without_claims_covers_none(self, flow: Flow):
        flow.code(scope="openid")
        assert block_of(flow, **claims(userinfo=EMAIL)) == ["Your e-mail address"]

    def test_a_stored_request_keeps_them(self, flow: Flow):
        """One that is too long for a URL."""
        flow.log_out()
        stored = flow.ask(**claims(userinfo=EMAIL), state=LONG).location
        login = flow.browser.get(stored, status=303)
        page = flow.log_in().browser.get(answer_in(login.location)["next"], status=200)
        assert "Your e-mail address" in page.text


class TestUserinfo:
    def test_has_what_was_asked_for(self, flow: Flow):
        request = claims(userinfo={**EMAIL, "https://example.org/department": None, "x": None})
        issued = flow.tokens(**request)
        said = {"sub": "bob", "email": "bob@example.org", "https://example.org/department": "Roofs"}
        assert ask(flow, issued["access_token"]).json == said
        again = flow.refresh(issued["refresh_token"]).json
        assert ask(flow, again["access_token"]).json == said

    def test_not_what_the_id_token_was_asked_for(self, flow: Flow):
        issued = flow.tokens(**claims(id_token=EMAIL))
        assert ask(flow, issued["access_token"]).json == {"sub": "bob"}

    def test_a_claim_of_a_scope_goes_with_the_scope(self, flow: Flow):
        """The user unticks the scope; the parameter does not bring it back."""
        give_scopes(flow, optional_scope=frozenset({"email"}))
        page = flow.page(**{**claims(userinfo=EMAIL, id_token=EMAIL), "scope": "openid email"})
        form = dict(page.form.submit_fields("decision", submit_value="allow"))
        form.pop("scope", None)
        answer = flow.browser.post("/oauth2/authorize", form)
        issued = flow.redeem(answer_in(answer.location)["code"]).json
        assert ask(flow, issued["access_token"]).json == {"sub": "bob"}
        assert "email" not in parts(issued["id_token"])[1]


class TestIDToken:
    def test_has_what_was_asked_for(self, flow: Flow):
        said = in_id_token(flow, **claims(id_token=EMAIL, userinfo={"name": None}))
        assert said["email"] == "bob@example.org"
        assert "name" not in said

    def test_also_a_claim_of_a_scope(self, flow: Flow):
        request = {**claims(id_token=EMAIL), "scope": "openid email"}
        said = in_id_token(flow, **request)
        assert said["email"] == "bob@example.org"
        assert "email_verified" not in said

    def test_a_refresh_has_it_no_more(self, flow: Flow):
        """It was asked for in the ID token of this request."""
        issued = flow.tokens(**claims(id_token=EMAIL))
        again = flow.refresh(issued["refresh_token"]).json
        assert "email" not in parts(again["id_token"])[1]

    def test_nothing_replaces_what_the_server_says(self, flow: Flow):
        said = in_id_token(flow, **claims(id_token={"iss": {"value": "x"}, "exp": None}))
        assert said["iss"] == "http://localhost"


class TestDemands:
    """Core section 5.5.1: the response is about that user, authenticated like that, or an error."""

    def test_another_sub(self, flow: Flow):
        request = {**claims(id_token={"sub": {"value": "alice"}}), "prompt": "none"}
        assert answer_in(flow.ask(**request).location)["error"] == "login_required"

    def test_the_same_sub(self, flow: Flow):
        assert in_id_token(flow, **claims(id_token={"sub": {"value": "bob"}}))["sub"] == "bob"

    def test_an_essential_acr_that_is_met(self, flow: Flow):
        request = claims(id_token={"acr": {"essential": True, "values": ["silver", "gold"]}})
        assert in_id_token(flow, **request)["acr"] == "gold"

    def test_one_that_is_not(self, flow: Flow):
        """OpenID Connect Core Error Code unmet_authentication_requirements."""
        request = claims(id_token={"acr": {"essential": True, "value": "platinum"}})
        answer = flow.ask(**request, prompt="none")
        assert answer_in(answer.location)["error"] == "unmet_authentication_requirements"

    @pytest.mark.parametrize("essential", [True, False])
    def test_the_login_page_gets_its_values_in_their_order(self, flow: Flow, essential: bool):
        """Section 5.5.1: they are in order of preference."""
        acr = {"essential": essential, "values": ["zinc", "aluminium"]}
        answer = flow.log_out().ask(**claims(id_token={"acr": acr}))
        assert answer_in(answer.location)["acr_values"] == "zinc aluminium"

    def test_a_voluntary_one(self, flow: Flow):
        request = claims(id_token={"acr": {"value": "platinum"}})
        assert in_id_token(flow, **request)["acr"] == "gold"


class TestRefused:
    @pytest.mark.parametrize("text", ["", "{", "[]", '{"userinfo": 1}'])
    def test_another_form(self, flow: Flow, text: str):
        answer = flow.ask(scope="openid", claims=text)
        if not text:  # RFC 6749 section 3.1: a parameter without a value is none.
            assert answer.status_int in (200, 303)
            return
        assert answer_in(answer.location)["error"] == "invalid_request"

    def test_one_that_is_too_long(self, flow: Flow):
        page = flow.ask(**claims(userinfo={"x" * 200 + str(n): None for n in range(50)}))
        assert page.status_int == 400
        assert "8192" in page.text

    def test_without_openid_it_has_no_effect(self, flow: Flow):
        issued = flow.tokens(scope="read", claims="{")
        assert issued["scope"] == "read"
