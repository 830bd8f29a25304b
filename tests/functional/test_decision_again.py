"""The same decision sent again: a double click, or a phone that repeats the form."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlencode

import pytest
from webtest import TestResponse

from pyramid_oauth2.events import ConsentGiven
from pyramid_oauth2.protocol.authorization.interaction import WINDOW
from pyramid_oauth2.protocol.authorization.repetition import MOST
from pyramid_oauth2.protocol.records import AUTHORIZATION_CODE as CODE
from pyramid_oauth2.protocol.records import INTERACTION, Grant, StoreUnavailable
from pyramid_oauth2.protocol.users import Users
from pyramid_oauth2.scripts.exported import kind_of

from .flow import AUTHORIZE, LONG, Flow, answer_in
from .server import Clock, bearer
from .test_login import way_back


def grants(flow: Flow) -> list[Grant]:
    return [record for record in flow.server.records() if isinstance(record, Grant)]


def code_of(answer: TestResponse) -> str:
    assert answer.status_int == 303, answer.text
    return answer_in(answer.location)["code"]


def test_allow_gives_another_code_of_the_same_grant(flow: Flow):
    page = flow.page()
    first, second = (code_of(flow.decide(page)) for _ in "12")
    assert first != second
    assert len(grants(flow)) == 1
    for code in (first, second):
        tokens = flow.redeem(code).json
        assert flow.server.get("/read", bearer(tokens["access_token"])).text == "bob"
    assert grants(flow)[0].revoked_at is None


def test_neither_is_in_the_store(flow: Flow):
    page = flow.page()
    codes = [code_of(flow.decide(page)) for _ in "12"]
    assert not [code for code in codes if code in repr(flow.server.records())]


def test_one_that_is_redeemed_twice_still_ends_the_grant(flow: Flow):
    page = flow.page()
    first, second = (code_of(flow.decide(page)) for _ in "12")
    tokens = flow.redeem(second).json
    assert flow.redeem(second).status_int == 400
    assert flow.redeem(first).status_int == 400
    assert flow.server.get("/read", bearer(tokens["access_token"])).status_int == 401


def test_so_often_and_no_more(flow: Flow):
    page = flow.page()
    codes = {code_of(flow.decide(page)) for _ in range(1 + MOST)}
    assert len(codes) == 1 + MOST
    assert flow.decide(page).status_int == 400
    assert len(grants(flow)) == 1


def test_a_code_ends_with_its_grant(flow: Flow):
    clock = Clock(flow.server)
    page = flow.page()
    flow.decide(page)
    clock.now += WINDOW - 1
    code = code_of(flow.decide(page))
    clock.now = grants(flow)[0].expires_at
    assert flow.redeem(code).status_int == 400


@pytest.mark.parametrize("answer", ["allow", "deny"])
def test_a_decision_of_the_last_second_is_repeated_too(flow: Flow, answer: str):
    """The interaction has ended then; the response is not kept for longer than that."""
    clock = Clock(flow.server)
    page = flow.page()
    server = flow.server.service.server
    clock.now += server.lifetimes.interaction - 1
    first = flow.decide(page, answer)
    clock.now += WINDOW - 1
    server.grants.purge(clock.now)
    second = flow.decide(page, answer)
    assert first.status_int == second.status_int == 303
    assert (first.location == second.location) is (answer == "deny")
    clock.now += 1
    server.grants.purge(clock.now)
    assert flow.decide(page, answer).status_int == 400
    (spent,) = (record for record in flow.server.records() if kind_of(record) == INTERACTION)
    assert spent.sealed_answer is None


def test_one_of_the_last_second_does_not_replace_a_newer_consent(flow: Flow):
    flow.edit(optional_scope=frozenset({"write"}), consent="remember")
    server, clock = flow.server.service.server, Clock(flow.server)
    heard: list[ConsentGiven] = []
    flow.server.hear(heard.append, ConsentGiven)
    page = flow.page(scope="read write")
    clock.now += server.lifetimes.interaction - 1
    code_of(flow.decide(page))
    narrower = flow.page(scope="read write", prompt="consent")
    clock.now += WINDOW // 3
    code_of(flow.decide(narrower, scope=[]))
    consent = server.consents.get("bob", "web")
    code_of(flow.decide(page))
    assert server.consents.get("bob", "web") == consent
    assert [event.scope for event in heard] == [{"read", "write"}, {"read"}]


def test_deny_is_repeated_as_it_was(flow: Flow):
    page = flow.page()
    first, second = (flow.decide(page, "deny") for _ in "12")
    assert answer_in(first.location)["error"] == "access_denied"
    assert first.location == second.location
    assert grants(flow) == []


def test_an_implicit_token_is_repeated_as_it_was(start_flow: Callable[..., Flow]):
    flow = start_flow(response_types="code token")
    flow.edit(grant_types=("authorization_code", "implicit"), response_types=("code", "token"))
    page = flow.page(response_type="token", code_challenge=None, code_challenge_method=None)
    first, second = (flow.decide(page) for _ in "12")
    assert "access_token" in answer_in(first.location, "fragment")
    assert first.location == second.location
    assert len(grants(flow)) == 1


def test_by_form_post(flow: Flow):
    page = flow.page(response_mode="form_post")
    first, second = (flow.decide(page) for _ in "12")
    codes = {answer.form["code"].value for answer in (first, second)}
    assert len(codes) == 2
    assert all(flow.redeem(code).status_int == 200 for code in codes)


@pytest.mark.parametrize("rounds", [5])
def test_of_several_at_once_each_gets_a_response(flow: Flow, rounds: int):
    for _ in range(rounds):
        page = flow.page(prompt="consent")
        form = dict(page.form.submit_fields("decision", submit_value="allow"))
        cookies = "; ".join(f"{c.name}={c.value}" for c in flow.browser.cookiejar)

        def send(form: dict[str, str] = form, cookies: str = cookies) -> TestResponse:
            browser = flow.server.fresh_browser()
            return browser.post(AUTHORIZE, form, headers={"Cookie": cookies}, status="*")

        with ThreadPoolExecutor(3) as pool:
            answers = [future.result() for future in [pool.submit(send) for _ in "123"]]
        assert len({code_of(answer) for answer in answers}) == 3
    assert len(grants(flow)) == rounds


def test_of_several_returns_from_a_login_at_once_each_gets_a_code(flow: Flow):
    """If no page is shown: the mark in the URL gives one grant."""
    flow.allow()
    for _ in range(3):
        back = way_back(flow.press(flow.ask(prompt="login")))
        flow.log_in()
        cookies = "; ".join(f"{c.name}={c.value}" for c in flow.browser.cookiejar)

        def send(back: str = back, cookies: str = cookies) -> TestResponse:
            return flow.server.fresh_browser().get(back, headers={"Cookie": cookies}, status="*")

        before = len(grants(flow))
        with ThreadPoolExecutor(3) as pool:
            answers = [future.result() for future in [pool.submit(send) for _ in "123"]]
        assert len({code_of(answer) for answer in answers}) == 3
        assert len(grants(flow)) == before + 1


class TestWithoutAPrompt:
    """The user returns twice from the login, with a request that they allowed before."""

    @pytest.fixture(params=["stored", "marked"])
    def kind(self, request: pytest.FixtureRequest) -> str:
        return str(request.param)

    @pytest.fixture(params=["remember", "skip"])
    def opened(self, flow: Flow, kind: str, request: pytest.FixtureRequest) -> str:
        """The URL at which the signed-in user returns from the login."""
        flow.edit(consent=request.param)
        if request.param == "remember":
            flow.allow()
        else:
            flow.ask(prompt="consent")
        flow.log_out()
        if kind == "stored":
            at_login = flow.browser.get(flow.ask(state=LONG).location)
        else:
            at_login = flow.ask(prompt="login")
        back = way_back(at_login)
        flow.log_in()
        return str(back)

    def test_another_code_of_the_same_grant(self, flow: Flow, opened: str):
        heard: list[ConsentGiven] = []
        flow.server.hear(heard.append, ConsentGiven)
        before = len(grants(flow))
        first, second = (code_of(flow.browser.get(opened, status="*")) for _ in "12")
        assert first != second
        assert len(grants(flow)) == before + 1
        assert [flow.redeem(code).status_int for code in (first, second)] == [200, 200]
        assert heard == []

    def test_of_several_at_once_each_gets_a_response(self, flow: Flow, opened: str):
        cookies = "; ".join(f"{c.name}={c.value}" for c in flow.browser.cookiejar)

        def send() -> TestResponse:
            headers = {"Cookie": cookies}
            return flow.server.fresh_browser().get(opened, headers=headers, status="*")

        before = len(grants(flow))
        with ThreadPoolExecutor(3) as pool:
            answers = [future.result() for future in [pool.submit(send) for _ in "123"]]
        assert len({code_of(answer) for answer in answers}) == 3
        assert len(grants(flow)) == before + 1

    def test_not_after_the_window(self, flow: Flow, opened: str):
        clock = Clock(flow.server)
        flow.browser.get(opened, status=303)
        clock.now += WINDOW
        assert "code=" not in flow.browser.get(opened, status="*").headers.get("Location", "")

    def test_not_for_another_user(self, flow: Flow, opened: str):
        flow.browser.get(opened, status=303)
        flow.log_in("alice")
        assert "code=" not in flow.browser.get(opened, status="*").headers.get("Location", "")

    def test_not_for_another_browser(self, flow: Flow, opened: str):
        flow.browser.get(opened, status=303)
        other = Flow(flow.server).log_in()
        other.page(prompt="consent")
        assert "code=" not in other.browser.get(opened, status="*").headers.get("Location", "")

    def test_not_after_the_consent_was_withdrawn(self, flow: Flow, opened: str):
        flow.browser.get(opened, status=303)
        flow.server.service.users.revoke("bob")
        assert "code=" not in flow.browser.get(opened, status="*").headers.get("Location", "")


class TestTheFirstPageTwice:
    """A new browser loads two pages at once: each sets a cookie, and the later one stays."""

    def pages(self, flow: Flow, **first: str) -> tuple[TestResponse, TestResponse, str]:
        """Two consent pages, and the cookies that the browser has then."""
        login = next(f"{c.name}={c.value}" for c in flow.browser.cookiejar if c.name == "auth_tkt")
        url = f"{AUTHORIZE}?{urlencode(flow.parameters(prompt='consent'))}"
        one, two = (
            flow.server.fresh_browser().get(url, headers={"Cookie": cookies})
            for cookies in ("; ".join([login, *first.values()]), login)
        )
        ours = two.headers["Set-Cookie"].partition(";")[0]
        return one, two, f"{login}; {ours}"

    def send(self, flow: Flow, page: TestResponse, cookies: str, **headers: str) -> TestResponse:
        form = dict(page.form.submit_fields("decision", submit_value="allow"))
        return flow.server.fresh_browser().post(
            AUTHORIZE, form, headers={"Cookie": cookies, **headers}, status="*"
        )

    def test_both_forms_work(self, flow: Flow):
        one, two, cookies = self.pages(flow)
        for page in (one, two):
            assert code_of(self.send(flow, page, cookies, Origin="http://localhost"))

    def test_where_the_settings_name_the_default_port(self, start_flow: Callable[..., Flow]):
        flow = start_flow(issuer="http://localhost:80").log_in()
        one, _, cookies = self.pages(flow)
        assert code_of(self.send(flow, one, cookies, Origin="http://localhost"))

    @pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://localhost:1"])
    def test_not_from_another_site(self, flow: Flow, origin: str | None):
        one, _, cookies = self.pages(flow)
        headers = {} if origin is None else {"Origin": origin}
        assert self.send(flow, one, cookies, **headers).status_int == 403
        assert grants(flow) == []

    def test_not_from_a_browser_that_stores_no_cookies(self, flow: Flow):
        one, _, cookies = self.pages(flow)
        login = cookies.partition(";")[0]
        assert self.send(flow, one, login, Origin="http://localhost").status_int == 403

    def test_not_of_another_user(self, flow: Flow):
        one, _, _ = self.pages(flow)
        _, _, cookies = self.pages(flow.log_in("alice"))
        assert self.send(flow, one, cookies, Origin="http://localhost").status_int == 403
        assert grants(flow) == []

    def test_not_a_page_that_began_with_a_cookie(self, flow: Flow):
        """It gets a new one when another user has signed in, and must not be valid then."""
        one, _, cookies = self.pages(flow, ours=f"oauth2_browser={'a' * 32}")
        assert self.send(flow, one, cookies, Origin="http://localhost").status_int == 403
        assert grants(flow) == []

    @pytest.mark.parametrize("token", ["", "x", "a" * 32])
    def test_not_with_another_token(self, flow: Flow, token: str):
        one, _, cookies = self.pages(flow)
        one.form["oauth2_browser_token"] = token
        assert self.send(flow, one, cookies, Origin="http://localhost").status_int == 403


def test_a_denial_is_not_sent_to_a_redirect_uri_that_was_removed(flow: Flow):
    page = flow.page()
    flow.decide(page, "deny")
    flow.edit(redirect_uris=("https://client.example/new",))
    answer = flow.decide(page, "deny")
    assert (answer.status_int, "Location" in answer.headers) == (400, False)


def test_what_a_first_attempt_did_not_do_is_done(flow: Flow, monkeypatch: pytest.MonkeyPatch):
    """The store's answer was lost, so the user sends the form again."""
    grants = flow.server.service.server.grants
    redeem, heard = type(grants).redeem, []
    flow.server.hear(heard.append, ConsentGiven)

    def lost(self: Any, *arguments: Any, **more: Any) -> Any:
        redeem(self, *arguments, **more)
        raise StoreUnavailable("its answer is lost")

    page = flow.page()
    with monkeypatch.context() as patch:
        patch.setattr(type(grants), "redeem", lost)
        assert flow.decide(page).status_int == 503
    assert heard == []
    for _ in "12":
        code_of(flow.decide(page))
    assert [event.client_id for event in heard] == ["web"]
    assert "code" in answer_in(flow.ask().location), "the consent is remembered"


def test_what_has_happened_is_an_event_also_if_the_store_fails_then(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
):
    """The first attempt's answer was lost; the repetition concludes it, and gets no code."""
    grants = flow.server.service.server.grants
    redeem, heard = type(grants).redeem, []
    flow.server.hear(heard.append, ConsentGiven)

    def lost(self: Any, *arguments: Any, **more: Any) -> Any:
        redeem(self, *arguments, **more)
        raise StoreUnavailable("its answer is lost")

    def failing(self: Any, *arguments: Any, **more: Any) -> Any:
        raise StoreUnavailable("it cannot write")

    page = flow.page()
    with monkeypatch.context() as patch:
        patch.setattr(type(grants), "redeem", lost)
        assert flow.decide(page).status_int == 503
    with monkeypatch.context() as patch:
        patch.setattr(type(grants), "add", failing)
        assert flow.decide(page).status_int == 503
    assert [event.client_id for event in heard] == ["web"]


def test_a_withdrawal_at_the_same_moment_counts(flow: Flow, monkeypatch: pytest.MonkeyPatch):
    """It sees neither the consent nor, for the second look, what was stored after it."""
    server = flow.server.service.server
    put = type(server.consents).put

    def withdrawn_first(self: Any, consent: Any, version: int | None) -> bool:
        Users(server).revoke("bob", "web")
        return put(self, consent, version)

    page = flow.page()
    with monkeypatch.context() as patch:
        patch.setattr(type(server.consents), "put", withdrawn_first)
        flow.decide(page)
    assert server.consents.get("bob", "web") is None
    assert flow.ask().status_int == 200, "the user is asked again"


class TestNotTheSame:
    """Each gets the page that says that the form was used already."""

    @pytest.fixture
    def page(self, flow: Flow) -> TestResponse:
        flow.edit(optional_scope=frozenset({"write"}))
        page = flow.page(scope="read write")
        assert flow.decide(page, scope="write").status_int == 303
        return page

    def refused(self, flow: Flow, page: TestResponse, decision: str = "allow", **form: Any) -> None:
        answer = flow.decide(page, decision, **{"scope": "write"} | form)
        assert answer.status_int in (400, 403)
        assert "Location" not in answer.headers
        codes = [r for r in flow.server.records() if getattr(r, "kind", "") == "authorization_code"]
        assert len(codes) == 1

    def test_another_decision(self, flow: Flow, page: TestResponse):
        self.refused(flow, page, "deny")

    def test_another_scope(self, flow: Flow, page: TestResponse):
        self.refused(flow, page, scope="")

    def test_another_user(self, flow: Flow, page: TestResponse):
        flow.log_in("alice")
        self.refused(flow, page)

    def test_no_user(self, flow: Flow, page: TestResponse):
        flow.log_out()
        self.refused(flow, page)

    def test_another_browser(self, flow: Flow, page: TestResponse):
        other = Flow(flow.server).log_in()
        token = other.page(prompt="consent").form["oauth2_browser_token"].value
        self.refused(other, page, oauth2_browser_token=token)

    def test_after_the_window(self, flow: Flow, page: TestResponse):
        clock = Clock(flow.server)
        clock.now += WINDOW
        self.refused(flow, page)

    def test_after_the_grant_was_revoked(self, flow: Flow, page: TestResponse):
        server = flow.server.service.server
        server.grants.revoke_subject("bob", server.clock(), "by the test")
        self.refused(flow, page)

    def test_after_the_clients_rights_were_withdrawn(self, flow: Flow, page: TestResponse):
        flow.server.service.clients.withdraw("web")
        self.refused(flow, page)

    def test_of_a_user_who_is_deactivated(self, flow: Flow, page: TestResponse):
        service = flow.server.service
        object.__setattr__(service.server, "is_active", lambda subject: False)
        self.refused(flow, page)

    def test_after_the_client_may_not_make_the_request_any_more(
        self, flow: Flow, page: TestResponse
    ):
        flow.edit(scope=frozenset({"read"}), optional_scope=frozenset())
        self.refused(flow, page)

    def test_after_the_code_was_revoked(self, flow: Flow, page: TestResponse):
        grants = flow.server.service.server.grants
        (code,) = [r for r in flow.server.records() if getattr(r, "kind", "") == CODE]
        grants.revoke_token(code.ref, flow.server.service.server.clock())
        self.refused(flow, page)

    def test_nothing_ticked(self, flow: Flow):
        """Also where nothing is left then: the form is used, with any scope."""
        flow.edit(optional_scope=frozenset({"read", "write"}))
        page = flow.page(scope="read write", prompt="consent")
        flow.decide(page, scope="write")
        answer = flow.decide(page, scope="")
        assert "used already" in answer
        assert answer.status_int == 400

    def test_after_the_client_has_another_redirect_uri(self, flow: Flow, page: TestResponse):
        flow.edit(redirect_uris=("https://client.example/new",))
        self.refused(flow, page)
