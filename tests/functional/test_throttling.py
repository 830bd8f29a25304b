"""Too many attempts from one source: 429 with Retry-After; other sources are not affected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from configparser import ConfigParser
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from waitress.proxy_headers import proxy_headers_middleware
from webtest import TestApp, TestResponse

from pyramid_oauth2.attempt_storage import AttemptCounter
from pyramid_oauth2.events import AttemptsThrottled, TokenRefused
from pyramid_oauth2.protocol import throttling

from . import host
from .errors import assert_error
from .server import TOKEN, Server, basic

pytestmark = pytest.mark.usefixtures("cheap_secrets")

FORM = {"grant_type": "client_credentials"}
EVIL, CLEAN = "192.0.2.66", "198.51.100.1"
CURE = "trusted_proxy_headers = x-forwarded-for x-forwarded-proto"
PRODUCTION_INI = Path(__file__).parents[2] / "production.ini"


class Time:
    """The throttle's time, set by the test."""

    def __init__(self, server: Server) -> None:
        self.now = 1_800_000_000.0
        counter = AttemptCounter(None, monotonic=lambda: self.now)
        server.change(throttle=replace(server.service.server.throttle, counter=counter))


def post(
    server: Server,
    form: dict[str, str],
    headers: dict[str, str] | None = None,
    address: str = EVIL,
    **environ: str,
) -> TestResponse:
    browser = server.fresh_browser(REMOTE_ADDR=address, **environ)
    return browser.post(TOKEN, form, headers=headers or {}, status="*")


def statuses(number: int, ask: Callable[[], TestResponse]) -> dict[int, int]:
    return dict(Counter(ask().status_int for _ in range(number)))


class TestClients:
    def test_the_answer(self, server: Server):
        Time(server)
        for _ in range(10):
            assert_error(post(server, FORM, basic("robot", "wrong")), 401, "invalid_client")
        answer = post(server, FORM, basic("robot", "wrong"))
        assert_error(answer, 429, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "60"
        assert "wait 60 seconds" in answer.json["error_description"]

    def test_sixty_guesses_by_the_defaults(self, server: Server):
        """RFC 6749 section 2.3.1; RFC 6819 section 5.1.4.2.3."""
        guess = lambda: post(server, FORM, basic("robot", "wrong"))  # noqa: E731
        assert statuses(60, guess) == {401: 10, 429: 50}
        assert post(server, FORM, server.login(), CLEAN).status_int == 200
        assert len(server.records()) == 1

    @pytest.mark.parametrize("client_id", ["robot", "nobody"])
    def test_an_empty_secret_is_a_failure_as_well(self, server: Server, client_id: str):
        guess = lambda: post(server, FORM, basic(client_id, ""))  # noqa: E731
        assert statuses(12, guess) == {401: 10, 429: 2}

    def test_a_public_client_that_sends_an_empty_secret(self, server: Server):
        """As one that sends its client_id in the body: there is nothing to guess."""
        server.register("app", grant_types=("password",), token_endpoint_auth_method="none")
        form = {"grant_type": "password", "username": "bob", "password": "bob's password"}
        for _ in range(11):
            post(server, FORM, basic("robot", "wrong"))
        assert post(server, form, basic("app", "")).status_int == 200

    def test_unknown_and_known_clients_look_the_same(self, server: Server):
        Time(server)
        known, unknown = (
            [post(server, FORM, basic(client_id, "wrong")) for _ in range(12)]
            for client_id in ("robot", "nobody")
        )
        assert [answer.status for answer in known] == [answer.status for answer in unknown]
        assert (known[-1].body, known[-1].headerlist) == (unknown[-1].body, unknown[-1].headerlist)

    def test_right_again_within_a_minute(self, server: Server):
        server.register("chosen", "a secret that a person chose")
        time, login = Time(server), server.login("chosen")
        assert statuses(60, lambda: post(server, FORM, basic("chosen", "wrong")))[429] == 50
        assert post(server, FORM, login).status_int == 429
        time.now += 60
        assert post(server, FORM, login).status_int == 200

    def test_a_public_client_is_not_shut_out_by_guesses(self, server: Server):
        """It has no secret to guess (RFC 6749 section 2.1)."""
        Time(server)
        public = {"token_endpoint_auth_method": "none", "grant_types": ("password",)}
        server.register("app", **public)
        for _ in range(200):
            post(server, FORM, basic("app", "wrong"))
        form = {"grant_type": "password", "username": "bob", "password": "bob's password"}
        assert post(server, {**form, "client_id": "app"}).status_int == 200

    def test_by_every_method(self, server: Server):
        """A guess in the body counts together with those in the header."""
        for _ in range(5):
            post(server, FORM, basic("robot", "wrong"))
            post(server, {**FORM, "client_id": "robot", "client_secret": "wrong"})
        assert post(server, {**FORM, "client_id": "robot"}).status_int == 429

    def test_pages_of_other_origins_can_read_it(self, server: Server):
        statuses(11, lambda: post(server, FORM, basic("robot", "wrong")))
        origin = {"Origin": "https://app.example", **basic("robot", "wrong")}
        answer = post(server, FORM, origin)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]

    def test_another_limit(self, build: Callable[..., Server]):
        server = build(changes={"oauth2.throttle.clients": "3/hour"})
        assert statuses(10, lambda: post(server, FORM, basic("robot", "wrong"))) == {401: 3, 429: 7}

    def test_off(self, build: Callable[..., Server]):
        server = build(changes={"oauth2.throttle": "false"})
        assert statuses(60, lambda: post(server, FORM, basic("robot", "wrong"))) == {401: 60}
        assert post(server, FORM, server.login()).status_int == 200


class TestPasswords:
    """RFC 6749 section 4.3.2."""

    @pytest.fixture
    def server(self, server: Server) -> Server:
        Time(server)
        server.register("app", token_endpoint_auth_method="none", grant_types=("password",))
        server.register("other", token_endpoint_auth_method="none", grant_types=("password",))
        return server

    def log_in(
        self,
        server: Server,
        username: str = "bob",
        password: str = "wrong",
        client_id: str = "app",
        address: str = EVIL,
    ) -> TestResponse:
        form = {"grant_type": "password", "username": username, "password": password}
        if server.secrets[client_id]:
            return post(server, form, server.login(client_id), address)
        return post(server, {**form, "client_id": client_id}, address=address)

    @pytest.mark.parametrize("client_id", ["app", "robot"])
    def test_the_answer(self, server: Server, client_id: str):
        for _ in range(10):
            assert_error(self.log_in(server, client_id=client_id), 400, "invalid_grant")
        answer = self.log_in(server, client_id=client_id)
        assert_error(answer, 429, "temporarily_unavailable")
        assert answer.headers["Retry-After"] == "60"
        right = self.log_in(server, password="bob's password", client_id=client_id)
        assert_error(right, 429, "temporarily_unavailable")

    def test_the_user_comes_in_from_a_clean_source(self, server: Server):
        statuses(30, lambda: self.log_in(server))
        right = {"password": "bob's password"}
        assert self.log_in(server, address=CLEAN, **right).status_int == 200
        assert self.log_in(server, client_id="robot", **right).status_int == 200

    def test_another_user_comes_in_from_the_same_address(self, server: Server):
        statuses(30, lambda: self.log_in(server))
        assert self.log_in(server, "alice", "alice's password").status_int == 200

    def test_another_public_client_is_no_other_source(self, server: Server):
        """The attacker chooses which client a guess names."""
        statuses(10, lambda: self.log_in(server))
        assert self.log_in(server, client_id="other").status_int == 429

    def test_another_spelling_is_no_other_user(self, server: Server):
        for name in ("bob", "BOB", " bob", "Bob ") * 3:
            answer = self.log_in(server, name)
        assert answer.status_int == 429

    def test_many_users_from_one_address(self, server: Server):
        for number in range(100):
            assert self.log_in(server, f"user-{number}").status_int == 400
        assert self.log_in(server, "user-100").status_int == 429

    def test_a_confidential_client_is_one_source_wherever_it_is(self, server: Server):
        """Many users use it, all from the address of its server."""
        for number in range(110):
            answer = self.log_in(server, f"user-{number}", client_id="robot")
            assert answer.status_int == 400
        for number in range(11):
            answer = self.log_in(server, client_id="robot", address=f"192.0.2.{number}")
        assert answer.status_int == 429

    def test_guesses_through_a_confidential_client_refuse_the_user_there_alone(
        self, server: Server
    ):
        """Not at another client, not for what the user has there, and for one window."""
        time = Time(server)
        server.register("second", grant_types=("password",))
        right = {"password": "bob's password"}
        token = self.log_in(server, client_id="robot", **right).json["access_token"]
        statuses(1000, lambda: self.log_in(server, client_id="robot"))
        assert self.log_in(server, client_id="robot", **right).status_int == 429
        for client_id in ("second", "app"):
            assert self.log_in(server, client_id=client_id, **right).status_int == 200
        assert server.get("/read", {"Authorization": f"Bearer {token}"}).text == "bob"
        assert self.log_in(server, "alice", "alice's password", "robot").status_int == 200
        time.now += 60
        assert self.log_in(server, client_id="robot", **right).status_int == 200

    def test_right_ones_are_not_counted(self, server: Server):
        right = lambda: self.log_in(server, password="bob's password")  # noqa: E731
        assert statuses(15, right) == {200: 15}


def test_subscribers_are_told_once(build: Callable[..., Server]):
    heard: list[Any] = []
    listen = lambda config: config.add_subscriber(heard.append, AttemptsThrottled)  # noqa: E731
    server = build(host.pages, listen)
    statuses(30, lambda: post(server, FORM, basic("robot", "wrong")))
    (event,) = heard
    assert (event.limit, event.client_id, event.remote_addr) == ("clients", "robot", EVIL)
    assert event.request is not None


def test_a_refused_password_is_a_token_refused(build: Callable[..., Server]):
    heard: list[Any] = []
    listen = lambda config: config.add_subscriber(heard.append, TokenRefused)  # noqa: E731
    server = build(listen)
    form = {"grant_type": "password", "username": "bob", "password": "wrong"}
    statuses(12, lambda: post(server, form, server.login()))
    assert [event.error for event in heard[-3:]] == [
        "invalid_grant",
        *["temporarily_unavailable"] * 2,
    ]


def behind_proxy(server: Server, address: str, secret: str, **waitress: str) -> TestResponse:
    """A request that waitress gets from a proxy on its own machine, as in production.ini."""
    ini = ConfigParser(interpolation=None)
    ini.read(PRODUCTION_INI)
    options = {**ini["server:main"], **waitress}
    app = proxy_headers_middleware(
        server.app,
        trusted_proxy=options["trusted_proxy"],
        trusted_proxy_headers=set(options["trusted_proxy_headers"].split()),
        clear_untrusted=options["clear_untrusted_proxy_headers"] == "true",
    )
    environ = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": address}
    browser = TestApp(app, extra_environ={**environ, "HTTP_X_FORWARDED_PROTO": "https"})
    return browser.post(TOKEN, FORM, headers=basic("robot", secret), status="*")


def test_behind_a_proxy_each_address_counts(server: Server):
    for _ in range(11):
        answer = behind_proxy(server, EVIL, "wrong")
    assert_error(answer, 429, "temporarily_unavailable")
    assert "proxy" not in answer.json["error_description"]
    assert behind_proxy(server, CLEAN, server.secrets["robot"]).status_int == 200


def test_waitress_that_hears_of_https_only_hides_addresses(server: Server):
    for _ in range(11):
        answer = behind_proxy(server, EVIL, "wrong", trusted_proxy_headers="x-forwarded-proto")
    assert_error(answer, 429, "temporarily_unavailable")
    assert CURE in answer.json["error_description"]


@pytest.mark.parametrize(
    ("hidden", "environ"),
    [
        (True, {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}),
        (False, {"HTTP_X_FORWARDED_FOR": EVIL}),
        (False, {}),
    ],
)
def test_a_proxy_that_hides_addresses(server: Server, hidden: bool, environ: dict[str, str]):
    """The response says how to correct it, so that the operator sees why all are throttled."""
    guess = lambda: post(server, FORM, basic("robot", "wrong"), **environ)  # noqa: E731
    statuses(11, guess)
    text = guess().json["error_description"]
    assert (CURE in text) is hidden


def test_of_a_proxy_nothing_is_logged_where_nothing_is_counted(
    build: Callable[..., Server], caplog: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(throttling, "_warned", set())
    server = build(changes={"oauth2.throttle": "false"})
    hidden = {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}
    assert post(server, FORM, basic("robot", "wrong"), **hidden).status_int == 401
    assert "A proxy seems to hide" not in caplog.text
