"""A grant that is refreshed too often, and requests that the store would have to hold."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from webtest import TestResponse

from pyramid_oauth2.events import AttemptsThrottled, GrantRevoked

from .errors import assert_error
from .flow import AUTHORIZE, LONG, Flow, authorization_request
from .server import Server, bearer
from .test_throttling import CLEAN, EVIL, Time


class TestRotations:
    @pytest.fixture(params=["web", "app"])
    def flow(self, request: pytest.FixtureRequest, start_flow: Callable[..., Flow]) -> Flow:
        """A client that may refresh three times per minute."""
        flow = start_flow(client_id=request.param, **{"throttle.rotations": "3/minute"})
        self.time = Time(flow.server)
        return flow

    def rotated(self, flow: Flow, times: int = 3) -> list[dict[str, str]]:
        """The tokens of a flow, and of that many refreshes."""
        tokens = [flow.tokens(prompt="consent")]
        for _ in range(times):
            tokens.append(flow.refresh(tokens[-1]["refresh_token"]).json)
        return tokens

    def test_one_too_many(self, flow: Flow):
        *_, last = self.rotated(flow)
        answer = flow.refresh(last["refresh_token"])
        assert_error(answer, 429, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "60"
        assert flow.server.get("/read", bearer(last["access_token"])).status_int == 200

    def test_nothing_is_spent_by_a_refusal(self, flow: Flow):
        *_, last = self.rotated(flow)
        flow.refresh(last["refresh_token"])
        self.time.now += 60
        assert flow.refresh(last["refresh_token"]).status_int == 200

    def test_another_grant_of_the_same_client(self, flow: Flow):
        self.rotated(flow)
        self.rotated(flow, 2)

    def test_a_repeat_is_no_rotation(self, flow: Flow):
        first, second = self.rotated(flow, 1)
        for _ in range(5):
            assert flow.refresh(first["refresh_token"]).json == second

    def test_a_lost_answer_can_be_had_again_by_who_has_to_wait(self, flow: Flow):
        *_, before, last = self.rotated(flow)
        assert flow.refresh(before["refresh_token"]).json == last

    def test_a_stolen_token_is_noticed_while_the_client_has_to_wait(self, flow: Flow):
        heard: list[GrantRevoked] = []
        flow.server.hear(heard.append, GrantRevoked)
        first, *_ = self.rotated(flow)
        assert_error(flow.refresh(first["refresh_token"]), 400, "invalid_grant")
        assert len(heard) == 1

    def test_subscribers_are_told(self, flow: Flow):
        heard: list[AttemptsThrottled] = []
        flow.server.hear(heard.append, AttemptsThrottled)
        *_, last = self.rotated(flow)
        flow.refresh(last["refresh_token"])
        assert [(event.limit, event.client_id) for event in heard] == [
            ("rotations", flow.client_id)
        ]

    def test_sixty_by_the_defaults(self, start_flow: Callable[..., Flow]):
        flow = start_flow()
        Time(flow.server)
        *_, last = self.rotated(flow, 60)
        assert flow.refresh(last["refresh_token"]).status_int == 429


class TestInteractions:
    @pytest.fixture
    def flow(self, start_flow: Callable[..., Flow]) -> Flow:
        """Five requests per minute may be stored for an address."""
        flow = start_flow(**{"throttle.interactions": "5/minute"})
        self.time = Time(flow.server)
        return flow

    def ask(self, server: Server, address: str = EVIL) -> TestResponse:
        browser = server.fresh_browser(REMOTE_ADDR=address)
        return browser.get(AUTHORIZE, authorization_request("web", state=LONG), status="*")

    def test_one_too_many(self, flow: Flow):
        answers = [self.ask(flow.server) for _ in range(7)]
        assert [answer.status_int for answer in answers] == [303] * 5 + [429] * 2
        page = answers[-1]
        assert page.headers["Retry-After"] == "60"
        assert page.content_type == "text/html"
        assert "Too many requests" in page
        assert "Wait a minute" in page
        assert len(flow.server.records()) == 5

    def test_others_are_not_disturbed(self, flow: Flow):
        for _ in range(7):
            self.ask(flow.server)
        assert self.ask(flow.server, CLEAN).status_int == 303
        flow.browser.extra_environ["REMOTE_ADDR"] = EVIL
        assert flow.code()

    def test_again_after_a_minute(self, flow: Flow):
        for _ in range(7):
            self.ask(flow.server)
        self.time.now += 60
        assert self.ask(flow.server).status_int == 303

    def test_who_is_signed_in_is_not_counted(self, flow: Flow):
        for _ in range(20):
            assert flow.ask().status_int == 200

    def test_what_is_not_kept_is_not_counted(self, flow: Flow):
        flow.log_out()
        for _ in range(20):
            assert "login_required" in flow.ask(prompt="none").location
            assert "invalid_scope" in flow.ask(scope="no such scope").location
            assert flow.ask().location.startswith("http://localhost/login?")
        assert flow.server.records() == []
        assert flow.ask(state=LONG).status_int == 303

    def test_a_form_counts_too(self, flow: Flow):
        browser = flow.server.fresh_browser(REMOTE_ADDR=EVIL)
        for _ in range(6):
            answer = browser.post(AUTHORIZE, authorization_request("web", state=LONG), status="*")
        assert answer.status_int == 429

    def test_in_the_users_language(self, start_flow: Callable[..., Flow]):
        german = lambda config: config.set_locale_negotiator(lambda request: "de")  # noqa: E731
        server = start_flow(german, **{"throttle.interactions": "1/minute"}).server
        self.ask(server)
        assert "Zu viele Anfragen" in self.ask(server)

    def test_subscribers_are_told(self, flow: Flow):
        heard: list[AttemptsThrottled] = []
        flow.server.hear(heard.append, AttemptsThrottled)
        for _ in range(9):
            self.ask(flow.server)
        assert [(event.limit, event.client_id, event.remote_addr) for event in heard] == [
            ("interactions", "web", EVIL)
        ]

    def test_a_hundred_by_the_defaults(self, start_flow: Callable[..., Flow]):
        server = start_flow().server
        Time(server)
        statuses = [self.ask(server).status_int for _ in range(101)]
        assert statuses == [303] * 100 + [429]
