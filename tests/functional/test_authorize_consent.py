"""The user's decision: who may make it, what it allows, and when the user is not asked again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from pyramid_oauth2.protocol.http import MAX_FIELDS
from pyramid_oauth2.protocol.records import Reservation

from .flow import AUTHORIZE, BACK, Flow, answer_in
from .server import Clock, bearer


def assert_no_grant(flow: Flow, answer, status: int) -> None:
    assert answer.status_int == status, answer.location
    assert "code=" not in answer.headers.get("Location", "")
    assert "Location" not in answer.headers or status == 303
    assert {type(record).__name__ for record in flow.server.records()} <= {"Token"}
    assert not [r for r in flow.server.records() if r.kind != "interaction"]


class TestDecision:
    def test_deny(self, flow: Flow):
        """RFC 6749 section 4.1.2.1."""
        answer = flow.decide(flow.page(), "deny")
        assert_no_grant(flow, answer, 303)
        members = answer_in(answer.location)
        members.pop("error_description")
        assert members == {"error": "access_denied", "state": "xyz", "iss": "http://localhost"}
        assert flow.ask().status_int == 200, "nothing is remembered"

    @pytest.mark.parametrize("decision", [None, "", "maybe", "ALLOW"])
    def test_neither_allow_nor_deny(self, flow: Flow, decision: str | None):
        page = flow.page()
        form = dict(page.form.submit_fields()) | ({"decision": decision} if decision else {})
        assert_no_grant(flow, flow.browser.post(AUTHORIZE, form, status="*"), 400)
        assert flow.decide(page).status_int == 303, "the page still works"

    def test_two_decisions_at_once(self, flow: Flow):
        page = flow.page()
        form = [*page.form.submit_fields(), ("decision", "allow"), ("decision", "deny")]
        assert_no_grant(flow, flow.browser.post(AUTHORIZE, form, status="*"), 400)

    def test_a_get_decides_nothing(self, flow: Flow):
        """RFC 6749 section 10.12: a link with all that the form has."""
        fields = urlencode(flow.page().form.submit_fields("decision", submit_value="allow"))
        assert_no_grant(flow, flow.get(fields), 200)
        approve = urlencode({**flow.parameters(), "decision": "allow"})
        assert_no_grant(flow, flow.get(approve), 200)

    def test_what_was_kept_is_granted_whatever_the_form_says(self, flow: Flow):
        answer = flow.decide(
            flow.page(),
            redirect_uri="https://evil.example/",
            client_id="app",
            scope="read write",
            code_challenge="x" * 43,
            state="other",
        )
        assert answer.location.startswith(f"{BACK}?")
        members = answer_in(answer.location)
        assert members["state"] == "xyz"
        assert flow.redeem(members["code"]).json["scope"] == "read"

    def test_once(self, flow: Flow):
        page = flow.page()
        assert flow.decide(page).status_int == 303
        again = flow.decide(page, "deny")
        assert (again.status_int, "Location" in again.headers) == (400, False)
        assert flow.get({"interaction": page.form["interaction"].value}).status_int == 400

    def test_not_after_a_deny(self, flow: Flow):
        page = flow.page()
        flow.decide(page, "deny")
        assert_no_grant(flow, flow.decide(page), 400)

    @pytest.mark.parametrize(("seconds", "status"), [(599, 303), (600, 400)])
    def test_in_time(self, flow: Flow, seconds: int, status: int):
        clock = Clock(flow.server)
        page = flow.page()
        clock.now += seconds
        assert flow.decide(page).status_int == status

    @pytest.mark.parametrize(
        "handle",
        ["x", "oin_" + "0" * 65, "oac_" + "0" * 65, "\u20ac", "' OR 1=1", "oin_" + "x" * 4000],
    )
    def test_a_handle_that_nobody_made(self, flow: Flow, handle: str):
        page = flow.page()
        assert_no_grant(flow, flow.get({"interaction": handle}), 400)
        assert_no_grant(flow, flow.decide(page, interaction=handle), 400)

    def test_another_token_is_no_handle(self, flow: Flow):
        tokens, code = flow.tokens(), flow.code(prompt="consent")
        for value in (tokens["refresh_token"], tokens["access_token"], code):
            assert flow.get({"interaction": value}).status_int == 400

    def test_the_client_was_disabled_meanwhile(self, flow: Flow):
        page = flow.page()
        flow.server.service.server.clients.raise_epoch("web", 0, disabled_at=1)
        assert_no_grant(flow, flow.decide(page), 400)

    def test_the_redirect_uri_was_taken_back_meanwhile(self, flow: Flow):
        page = flow.page()
        flow.edit(redirect_uris=("https://client.example/new",))
        assert_no_grant(flow, flow.decide(page), 400)


class TestWhose:
    """A form works only in its browser and for its user (RFC 6749 section 10.12)."""

    FIELD = "oauth2_browser_token"

    @pytest.mark.parametrize("token", [None, "", "x", "\u20ac", "0" * 32])
    def test_without_the_anti_forgery_token(self, flow: Flow, token: str | None):
        page = flow.page()
        form = dict(page.form.submit_fields("decision", submit_value="allow"))
        form = {k: v for k, v in {**form, self.FIELD: token}.items() if v is not None}
        headers = {"Origin": "https://evil.example"}
        answer = flow.browser.post(AUTHORIZE, form, headers=headers, status="*")
        assert_no_grant(flow, answer, 403)
        assert flow.decide(page).status_int == 303

    def test_with_the_token_twice(self, flow: Flow):
        fields = flow.page().form.submit_fields("decision", submit_value="allow")
        token = dict(fields)[self.FIELD]
        answer = flow.browser.post(AUTHORIZE, [*fields, (self.FIELD, token)], status="*")
        assert_no_grant(flow, answer, 400)

    def test_with_the_token_of_another_browser(self, flow: Flow):
        page = flow.page()
        other = Flow(flow.server).log_in().page()
        token = other.form[self.FIELD].value
        assert_no_grant(flow, flow.decide(page, **{self.FIELD: token}), 403)

    def test_in_another_browser(self, flow: Flow):
        """Of the same user, with that browser's own token."""
        page = flow.page()
        other = Flow(flow.server).log_in()
        handle = page.form["interaction"].value
        assert_no_grant(other, other.decide(other.page(), interaction=handle), 403)
        assert_no_grant(other, other.get({"interaction": handle}), 403)
        assert flow.decide(page).status_int == 303

    def test_without_any_cookie(self, flow: Flow):
        page = flow.page()
        stranger = Flow(flow.server)
        assert_no_grant(flow, stranger.decide(page), 403)
        assert_no_grant(flow, stranger.get({"interaction": page.form["interaction"].value}), 403)

    def test_another_user_in_mid_flow(self, flow: Flow):
        """The browser gets a new secret, which invalidates open pages."""
        page, tab = flow.page(), flow.page()
        flow.log_in("alice")
        answer = flow.decide(page)
        assert_no_grant(flow, answer, 403)
        assert "oauth2_browser=" in answer.headers["Set-Cookie"]
        assert "bob" not in answer.text
        flow.log_in("bob")
        assert_no_grant(flow, flow.decide(tab), 403)
        assert flow.decide(flow.page()).status_int == 303

    def test_nobody_any_more(self, flow: Flow):
        page = flow.page()
        flow.log_out()
        answer = flow.decide(page)
        assert_no_grant(flow, answer, 303)
        # Through the page itself, so that the URL has the way back.
        login = flow.browser.get(answer.location)
        assert login.location.startswith("http://localhost/login?next=")
        assert flow.log_in().decide(page).status_int == 303

    def test_a_bearer_token_is_no_login(self, flow: Flow):
        """Whether or not it is combined with the cookie."""
        token = flow.tokens(scope="read write")["access_token"]
        query = urlencode(flow.parameters(prompt="none"))
        answer = flow.browser.get(f"{AUTHORIZE}?{query}", headers=bearer(token), status=303)
        assert answer_in(answer.location)["error"] == "login_required"

    def test_two_tabs(self, flow: Flow):
        first, second = flow.page(state="1"), flow.page(state="2", scope="write")
        for page, state, scope in ((second, "2", "write"), (first, "1", "read")):
            members = answer_in(flow.decide(page).location)
            assert members["state"] == state
            assert flow.redeem(members["code"]).json["scope"] == scope


class TestOptionalScopes:
    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow]) -> Flow:
        flow = start_flow()
        flow.edit(optional_scope=frozenset({"write"}))
        return flow

    def scope(self, flow: Flow, *ticked: str) -> str:
        page = flow.page(scope="read write", prompt="consent")
        hidden = [f for f in page.form.submit_fields() if f[0] != "scope"]
        form = [*hidden, *(("scope", name) for name in ticked), ("decision", "allow")]
        location = flow.browser.post(AUTHORIZE, form, status=303).location
        return str(flow.redeem(answer_in(location)["code"]).json["scope"])

    def test_what_is_ticked_and_what_must_be(self, flow: Flow):
        assert self.scope(flow, "write") == "read write"
        assert self.scope(flow) == "read"
        assert self.scope(flow, "admin", "openid") == "read"

    def test_more_than_a_client_may_send_parameters(self, start_flow: Callable[..., Flow]):
        many = [f"scope-{number}" for number in range(MAX_FIELDS + 1)]
        scopes = "\n".join(f"{name} = Do {name}" for name in ["read", "write", *many])
        flow = start_flow(scopes=scopes)
        flow.edit(scope=frozenset(many), optional_scope=frozenset(many))
        form = flow.page(scope=" ".join(many)).form
        answer = answer_in(form.submit("decision", value="allow", status=303).location)
        assert set(flow.redeem(answer["code"]).json["scope"].split()) == set(many)

    def test_the_form_cannot_widen(self, flow: Flow):
        answer = flow.decide(flow.page(scope="read"), scope="write")
        assert flow.redeem(answer_in(answer.location)["code"]).json["scope"] == "read"

    def test_nothing_left(self, flow: Flow):
        page = flow.page(scope="write")
        assert_no_grant(flow, flow.decide(page, scope="read"), 400)
        assert flow.decide(page).status_int == 303, "the page still works"


class TestRemembered:
    """A user is not asked again for what was allowed once, as far as that is safe."""

    def asked_again(self, flow: Flow, **changes: str | None) -> bool:
        answer = flow.ask(**changes)
        if answer.status_int == 200:
            return True
        if answer.location.startswith("http://localhost/"):
            return flow.browser.get(answer.location).status_int == 200
        assert "code" in answer_in(answer.location)
        return False

    def test_the_same(self, flow: Flow):
        flow.allow(scope="read write")
        assert not self.asked_again(flow, scope="read write")
        assert not self.asked_again(flow, scope="read")

    def test_silently_means_a_code_that_works(self, flow: Flow):
        flow.allow()
        code = answer_in(flow.ask().location)["code"]
        assert flow.redeem(code).json["scope"] == "read"

    def test_more_is_asked_and_united(self, flow: Flow):
        flow.allow(scope="read")
        assert self.asked_again(flow, scope="write")
        flow.allow(scope="write")
        assert not self.asked_again(flow, scope="read write")

    def test_another_redirect_uri(self, flow: Flow):
        """CVE-2023-34246."""
        other = "https://client.example/other"
        flow.edit(redirect_uris=(BACK, other))
        flow.allow()
        assert self.asked_again(flow, redirect_uri=other)
        flow.allow(redirect_uri=other)
        assert not self.asked_again(flow, redirect_uri=other)
        assert self.asked_again(flow), "the second replaces the first"
        assert answer_in(flow.ask(prompt="none").location)["error"] == "consent_required"

    def test_another_user(self, flow: Flow):
        flow.allow()
        assert self.asked_again(flow.log_in("alice"))

    def test_another_client(self, flow: Flow):
        flow.allow()
        assert self.asked_again(Flow(flow.server, "app", flow.browser))

    def test_what_was_unticked_is_remembered_as_declined(self, flow: Flow):
        flow.edit(optional_scope=frozenset({"write"}))
        flow.decide(flow.page(scope="read write"), scope="read")
        for prompt in (None, "none"):
            answer = answer_in(flow.ask(scope="read write", prompt=prompt).location)
            # RFC 6749 section 3.3: the response says the scope if it is not the requested one.
            assert flow.redeem(answer["code"]).json["scope"] == "read"
        assert self.asked_again(flow, scope="read write", prompt="consent")
        assert self.asked_again(flow, scope="write")

    def test_a_client_that_was_disabled_meanwhile(self, flow: Flow):
        flow.allow()
        flow.server.service.clients.disable("web")
        flow.server.service.clients.enable("web")
        assert self.asked_again(flow)
        flow.allow()
        assert not self.asked_again(flow)

    def test_after_its_end(self, flow: Flow):
        flow.allow()
        now = flow.server.service.server.clock()
        for seconds, again in ((365 * 86400 - 10, False), (365 * 86400 + 10, True)):
            flow.server.set_clock(lambda seconds=seconds: now + seconds)
            assert self.asked_again(flow) is again

    def test_prompt_consent_asks(self, flow: Flow):
        flow.allow()
        assert self.asked_again(flow, prompt="consent")

    def test_a_client_that_is_always_asked_for(self, flow: Flow):
        flow.edit(consent="ask")
        flow.allow()
        assert self.asked_again(flow)

    def test_a_client_that_is_never_asked_for(self, flow: Flow):
        flow.edit(consent="skip")
        assert not self.asked_again(flow)
        assert self.asked_again(flow, prompt="consent")

    @pytest.mark.parametrize(
        ("uri", "again"),
        [
            ("https://app.example/back", False),
            ("http://127.0.0.1/back", True),
            ("http://127.0.0.1:5000/back", True),
            ("com.example.app:/back", True),
        ],
    )
    @pytest.mark.parametrize("consent", ["remember", "skip"])
    def test_a_public_client_that_any_app_can_pass_for(
        self, start_flow: Callable[..., Flow], uri: str, again: bool, consent: str
    ):
        """RFC 6749 section 10.2, RFC 8252 section 8.6."""
        flow = start_flow(client_id="app")
        flow.allow(redirect_uri=uri)
        flow.edit(consent=consent)
        assert self.asked_again(flow, redirect_uri=uri) is again


class TestPromptNone:
    """OpenID Connect Core section 3.1.2.1: no page in any case."""

    def error(self, flow: Flow, **changes: str) -> str:
        answer = flow.ask(prompt="none", **changes)
        members = answer_in(answer.location)
        assert (members["state"], members["iss"]) == ("xyz", "http://localhost")
        return members.get("error", "no error")

    def test_nobody_is_signed_in(self, flow: Flow):
        assert self.error(Flow(flow.server)) == "login_required"

    def test_the_user_must_be_asked(self, flow: Flow):
        assert self.error(flow) == "consent_required"
        flow.allow()
        assert self.error(flow, scope="read write") == "consent_required"

    def test_nothing_need_be_asked(self, flow: Flow):
        flow.allow()
        assert self.error(flow) == "no error"


def test_a_grant_ends_with_its_code(flow: Flow):
    """So an abandoned flow leaves nothing behind; redeeming the code extends the grant."""
    flow.code()
    records = [r for r in flow.server.records() if not isinstance(r, Reservation)]
    code, grant, _ = sorted(records, key=lambda r: getattr(r, "kind", "g"))
    assert code.expires_at == grant.expires_at == code.issued_at + 60


def test_two_tabs_allow_at_once(flow: Flow):
    """Of two tabs that allow at once, neither's scopes are lost."""
    server = flow.server.service.server

    class Interrupted:
        """A consent store in which another tab writes just before the first."""

        def __init__(self, store) -> None:
            self.store, self.interruptions = store, ["write"]

        def __getattr__(self, name: str):
            return getattr(self.store, name)

        def put(self, consent, version):
            if self.interruptions:
                scopes = frozenset({self.interruptions.pop()})
                assert self.store.put(replace(consent, scope=scopes), version)
            return self.store.put(consent, version)

    from pyramid_oauth2.interfaces import IService

    changed = replace(server, consents=Interrupted(server.consents))
    flow.server.registry.registerUtility(replace(flow.server.service, server=changed), IService)
    flow.allow(scope="read")
    assert server.consents.get("bob", "web").scope == {"read", "write"}
