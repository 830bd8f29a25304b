"""``oauth2.metrics = true``: how whole flows are counted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from prometheus_client import REGISTRY
from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError

from pyramid_oauth2 import TokenIssued
from pyramid_oauth2.backends.memory.grants import MemoryGrantStore
from pyramid_oauth2.monitoring.measured_grants import MeasuredGrants
from pyramid_oauth2.protocol.records import StoreUnavailable
from pyramid_oauth2.testing import memory_backend

from . import host
from .flow import Flow
from .server import Clock, Server, basic
from .test_transactions import FailsOnce

ON = {"oauth2.metrics": "true"}
STRANGER = "a-word-of-a-stranger"


class Counted:
    """How much each of our metrics has grown since the last call."""

    def __init__(self) -> None:
        self.before = self._now()

    def __call__(self, *names: str) -> dict[tuple[str, ...], float]:
        """The growth of the named metrics, without ``oauth2_``, by name and label values."""
        now = self._now()
        grown = {key: value - self.before.get(key, 0) for key, value in now.items()}
        self.before = now
        return {key: by for key, by in grown.items() if by and key[0] in names}

    @staticmethod
    def _now() -> dict[tuple[str, ...], float]:
        return {
            (sample.name.removeprefix("oauth2_"), *sample.labels.values()): sample.value
            for metric in REGISTRY.collect()
            if metric.name.startswith("oauth2_")
            for sample in metric.samples
            if not sample.name.endswith(("_created", "_bucket", "_sum"))
        }


@pytest.fixture
def flow(start_flow: Callable[..., Flow]) -> Flow:
    return start_flow(metrics="true")


@pytest.fixture
def server(build: Callable[..., Server]) -> Server:
    return build(host.pages, changes=ON)


class TestWhatHappened:
    def test_the_code_flow(self, flow: Flow):
        counted = Counted()
        flow.tokens()
        assert counted("tokens_issued_total", "redemptions_total", "grants_revoked_total") == {
            ("tokens_issued_total", "authorization_code"): 1,
            ("redemptions_total", "interaction", "won"): 1,
            ("redemptions_total", "authorization_code", "won"): 1,
        }

    def test_a_source_that_has_to_wait(self, server: Server):
        counted = Counted()
        for _ in range(15):
            server.post({"grant_type": "client_credentials"}, basic("robot", "wrong"))
        assert counted("attempts_throttled_total") == {("attempts_throttled_total", "clients"): 1}

    def test_a_refresh_its_repeat_and_its_reuse(self, flow: Flow):
        clock = Clock(flow.server)
        spent = flow.tokens()["refresh_token"]
        counted = Counted()
        names = (
            "tokens_issued_total",
            "redemptions_total",
            "refresh_repeats_total",
            "grants_revoked_total",
            "token_requests_refused_total",
        )
        flow.refresh(spent)
        assert counted(*names) == {
            ("tokens_issued_total", "refresh_token"): 1,
            ("redemptions_total", "refresh_token", "won"): 1,
        }
        flow.refresh(spent)
        assert counted(*names) == {
            ("refresh_repeats_total",): 1,
            ("redemptions_total", "refresh_token", "consumed"): 1,
        }
        clock.now += 30
        flow.refresh(spent)
        assert counted(*names) == {
            ("grants_revoked_total", "refresh token reused"): 1,
            ("redemptions_total", "refresh_token", "consumed"): 1,
            ("token_requests_refused_total", "invalid_grant"): 1,
        }

    def test_a_code_that_is_replayed(self, flow: Flow):
        code = flow.code()
        flow.redeem(code)
        counted = Counted()
        flow.redeem(code)
        flow.redeem(code)
        assert counted("redemptions_total", "grants_revoked_total") == {
            ("redemptions_total", "authorization_code", "consumed"): 1,
            ("redemptions_total", "authorization_code", "dead"): 1,
            ("grants_revoked_total", "code replayed"): 1,
        }

    def test_a_wrong_secret(self, server: Server):
        counted = Counted()
        server.post({"grant_type": "client_credentials"}, basic("robot", "wrong"))
        server.post({"grant_type": "client_credentials"}, basic(STRANGER, "wrong"))
        assert counted("client_authentication_failures_total", "token_requests_refused_total") == {
            ("client_authentication_failures_total",): 2,
            ("token_requests_refused_total", "invalid_client"): 2,
        }

    @pytest.mark.parametrize("endpoint", ["introspect", "revoke"])
    def test_a_wrong_secret_at_another_endpoint_is_no_token_request(
        self, server: Server, endpoint: str
    ):
        counted = Counted()
        server.post({"token": "x"}, basic("robot", "wrong"), f"/oauth2/{endpoint}")
        assert counted("client_authentication_failures_total", "token_requests_refused_total") == {
            ("client_authentication_failures_total",): 1
        }


class TestSeconds:
    def test_of_our_endpoints(self, server: Server):
        counted = Counted()
        server.ask()
        server.ask(scope="admin")
        server.post({"grant_type": "client_credentials"}, server.login(), "/oauth2/access_token/")
        server.get("/oauth2/token")
        server.get("/oauth2/authorize")
        server.get("/.well-known/oauth-authorization-server")
        assert counted("request_seconds_count") == {
            ("request_seconds_count", "token", "200"): 1,
            ("request_seconds_count", "token", "400"): 1,
            ("request_seconds_count", "access_token", "200"): 1,
            ("request_seconds_count", "token", "405"): 1,
            ("request_seconds_count", "authorize", "400"): 1,
            ("request_seconds_count", "metadata", "200"): 1,
        }

    def test_of_nothing_else(self, server: Server):
        counted = Counted()
        for path in ("/whoami", "/nowhere", "/oauth2/static/pages.css", "/oauth2/%ff"):
            server.get(path)
        assert counted("request_seconds_count") == {}

    def test_of_a_request_that_an_exception_ended(self, build: Callable[..., Server]):
        def fail(event: Any) -> None:
            raise KeyboardInterrupt

        def configure(config: Any) -> None:
            config.add_subscriber(fail, TokenIssued)

        server = build(configure, changes=ON)
        counted = Counted()
        with pytest.raises(KeyboardInterrupt):
            server.ask()
        assert counted("request_seconds_count") == {("request_seconds_count", "token", "500"): 1}

    def test_of_the_store(self, server: Server):
        counted = Counted()
        server.ask()
        assert counted("store_seconds_count") == {("store_seconds_count", "open"): 1}

    def test_of_a_store_that_is_down(self):
        class Down(MemoryGrantStore):
            def open(self, *args: Any) -> bool:
                raise StoreUnavailable("down")

        counted = Counted()
        with pytest.raises(StoreUnavailable):
            MeasuredGrants(Down()).open(None, [], 0)
        assert counted("store_seconds_count") == {("store_seconds_count", "open"): 1}


def test_no_label_is_what_a_stranger_wrote(flow: Flow):
    """Each new value would be stored for ever."""
    server, word = flow.server, STRANGER
    server.post({"grant_type": word, "client_id": word}, basic(word, word))
    server.post({"grant_type": "password", "username": word, "password": word}, server.login())
    server.ask(scope=word)
    server.get(f"/oauth2/{word}")
    server.get(f"/oauth2/authorize?client_id={word}&response_type={word}&scope={word}")
    flow.ask(scope=word, state=word, response_type=word)
    flow.redeem(word)
    flow.refresh(word)
    browser = server.fresh_browser(REMOTE_ADDR=word, HTTP_USER_AGENT=word)
    browser.put("/oauth2/token", headers={"Origin": word}, status=405)
    labels = {
        label
        for metric in REGISTRY.collect()
        if metric.name.startswith("oauth2_")
        for sample in metric.samples
        for label in sample.labels.values()
    }
    assert "token" in labels
    assert not [label for label in labels if word in label.lower()]
    assert not labels & {"web", "app", "robot", "bob"}, "nor what would grow with the clients"


def test_a_request_that_is_run_again_is_counted_once(build: Callable[..., Server]):
    attempts: list[str] = []

    def join(event: Any) -> None:
        event.request.tm.get().join(FailsOnce(event.request.tm, attempts))

    def configure(config: Any) -> None:
        config.include("pyramid_tm")
        config.include("pyramid_retry")
        config.add_subscriber(join, TokenIssued)

    server = build(configure, changes=ON)
    counted = Counted()
    assert server.ask().status_int == 200
    assert attempts == ["vote", "vote", "committed"]
    assert counted("tokens_issued_total", "request_seconds_count") == {
        ("tokens_issued_total", "client_credentials"): 1,
        ("request_seconds_count", "token", "500"): 1,
        ("request_seconds_count", "token", "200"): 1,
    }


def test_two_applications_in_a_process_count_together(build: Callable[..., Server]):
    first, second = build(changes=ON), build(changes=ON | memory_backend())
    counted = Counted()
    first.ask()
    second.ask()
    assert counted("tokens_issued_total") == {("tokens_issued_total", "client_credentials"): 2}


class TestOff:
    def test_nothing_is_measured(self, build: Callable[..., Server]):
        server = build()
        counted = Counted()
        server.ask()
        assert counted("tokens_issued_total", "request_seconds_count", "store_seconds_count") == {}
        assert not isinstance(server.service.server.grants, MeasuredGrants)

    @pytest.mark.usefixtures("anew")
    def test_prometheus_client_is_not_needed(
        self, build: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setitem(sys.modules, "prometheus_client", None)
        assert build().ask().status_int == 200


def test_on_without_the_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    monkeypatch.delitem(sys.modules, "pyramid_oauth2.monitoring.metrics", raising=False)
    monkeypatch.delattr("pyramid_oauth2.monitoring.metrics", raising=False)
    settings = {"oauth2.issuer": "http://localhost", **memory_backend(), **ON}
    config = Configurator(settings=settings)
    with pytest.raises(ConfigurationError, match="pip install prometheus-client"):
        config.include("pyramid_oauth2")


def test_a_value_that_is_neither_true_nor_false():
    settings = {"oauth2.issuer": "http://localhost", **memory_backend(), "oauth2.metrics": "prom"}
    config = Configurator(settings=settings)
    config.include("pyramid_oauth2")
    with pytest.raises(ConfigurationError, match=r"oauth2\.metrics = 'prom': write true or false"):
        config.make_wsgi_app()
